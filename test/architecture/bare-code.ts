// Source text without what only looks like code: comments, and what stands in strings, templates and regular expressions. Everything
// keeps its place, so that line numbers and indentation still mean something.

/** A `/` begins a regular expression where no value stands before it. */
const REGEXP = /(?<=(?:[=(,:!&|?[{};+]|\breturn)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//
const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/
const TEMPLATE = /`(?:\\.|[^`\\])*`/

const PIECES = new RegExp([COMMENT, STRING, TEMPLATE, REGEXP].map((piece) => `(${piece.source})`).join('|'), 'g')

/** Only the comments are gone. */
export function withoutComments(text: string): string {
  return text.replace(PIECES, (piece, comment?: string) => (comment === undefined ? piece : blank(piece)))
}

/** Strings are left as empty quotes; of templates the expressions inside remain. */
export function bareCode(text: string): string {
  return text.replace(PIECES, (piece, _comment?: string, string?: string, template?: string) => {
    if (template !== undefined) return `\`${bareTemplate(piece.slice(1, -1))}\``
    return string === undefined ? blank(piece) : `'${blank(piece.slice(1, -1))}'`
  })
}

function bareTemplate(inside: string): string {
  return inside.replace(/\$\{([^}]*)\}|[^\n]/g, (_, expression?: string) =>
    expression === undefined ? ' ' : `  ${expression} `,
  )
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}

// Random documents that come with the tree which they must be read to. The tree does not come from a parser: it is kept while the
// text is written.

import fc from 'fast-check'
import type { XmlElement } from '../../src/config/source.ts'

export interface Written {
  readonly text: string
  readonly root: XmlElement
}

/** Pieces of a document; each becomes text and says what the tree must show of it. */
type Piece =
  | { readonly kind: 'raw'; readonly text: string; readonly shows: string }
  | {
      readonly kind: 'element'
      readonly name: string
      readonly head: string
      readonly attributes: Map<string, string>
      readonly inner: readonly Piece[]
      readonly isEmptyTag: boolean
    }

/** Documents together with their tree; places are counted while the text is put together, character by character. */
export function writtenDocuments(): fc.Arbitrary<Written> {
  const raw = fc.constantFrom(
    ...[
      ['', ''],
      [' ', ' '],
      ['\n', '\n'],
      ['\r\n', '\n'],
      ['\t', '\t'],
      ['x', 'x'],
      ['é🦊', 'é🦊'],
      ['&lt;b>', '<b>'],
      ['&#x26;', '&'],
      ['"\'', '"\''],
      ['>', '>'],
      ['/', '/'],
      ['<!-- <c a="> -->', ''],
      ['<!---->', ''],
      ['<![CDATA[<c>&lt;]]]>', '<c>&lt;]'],
      ['<![CDATA[]]>', ''],
      ['#text', '#text'],
    ].map(([text, shows]) => ({ kind: 'raw' as const, text: text!, shows: shows! })),
  )
  const space = fc.constantFrom(' ', '\n', '\t ', '\r\n')
  const name = fc.constantFrom('a', 'b', 'b-1', 'port', 'constructor', '__proto__', 'toString', 'é', 'x:y')
  const attribute = fc.tuple(
    name,
    fc.constantFrom('=', ' = ', '=\n'),
    fc.constantFrom('"', "'"),
    fc.constantFrom('', '1', '>', '/', '/>', 'a=', '&lt;', 'é 🦊', '&#60;'),
  )
  const { element } = fc.letrec<{ element: Piece }>((tie) => ({
    element: fc
      .record({
        name,
        attributes: fc.uniqueArray(attribute, { maxLength: 3, selector: ([key]) => key }),
        space,
        tail: fc.constantFrom('', ' ', '\n'),
        inner: fc.array(fc.oneof({ maxDepth: 4 }, raw, tie('element')), { maxLength: 5 }),
        isEmptyTag: fc.boolean(),
      })
      .map(
        ({ name: tag, attributes, space: between, tail, inner, isEmptyTag }): Piece => ({
          kind: 'element',
          name: tag,
          head:
            attributes.map(([key, equals, mark, value]) => `${between}${key}${equals}${mark}${value}${mark}`).join('') +
            tail,
          attributes: new Map(
            attributes.map(([key, , , value]) => [key, value.replace('&lt;', '<').replace('&#60;', '<')]),
          ),
          inner: isEmptyTag ? [] : inner,
          isEmptyTag,
        }),
      ),
  }))
  const prologue = fc.constantFrom(
    '',
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<?xml version="1.0"?>\r\n',
    '<!-- é -->\n\n ',
    '\ufeff\n',
  )
  return fc.tuple(prologue, element, fc.constantFrom('', '\n', '<!-- e -->')).map(([start, root, end]) => {
    const pen = { text: start }
    const [written] = elementsOf([root], pen)
    return { text: pen.text + end, root: written! }
  })
}

function elementsOf(pieces: readonly Piece[], pen: { text: string }): XmlElement[] {
  const elements: XmlElement[] = []
  for (const piece of pieces) {
    if (piece.kind === 'raw') {
      pen.text += piece.text
      continue
    }
    const lines = pen.text.replace('\ufeff', '').split(/\r\n|\n|\r/)
    pen.text += `<${piece.name}${piece.head}${piece.isEmptyTag ? '/>' : '>'}`
    const children = elementsOf(piece.inner, pen)
    if (!piece.isEmptyTag) pen.text += `</${piece.name}>`
    elements.push({
      name: piece.name,
      text: piece.inner
        .map((inner) => (inner.kind === 'raw' ? inner.shows : ''))
        .join('')
        .trim(),
      attributes: piece.attributes,
      children,
      line: lines.length,
      column: lines.at(-1)!.length + 1,
    })
  }
  return elements
}

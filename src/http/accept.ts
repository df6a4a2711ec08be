// Which of two forms of an answer a client would rather have (RFC 9110 §12.5.1).

/** Nobody asks for more in earnest; anybody can ask for it. */
const MOST_ACCEPT_CHARACTERS = 1_024
/** RFC 9110 §12.4.2. */
const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/**
 * True: `text/html` is named and liked no less than `application/json`. To "anything" a program gets what programs read: browsers name
 * HTML, and what says only that it takes everything is a script.
 */
export function prefersHtml(accept: string | undefined): boolean {
  const weights = weightsOf(accept ?? '*/*')
  const html = weights.get('text/html') ?? weights.get('text/*') ?? 0
  const json = weights.get('application/json') ?? weights.get('application/*') ?? weights.get('*/*') ?? 0
  return html > 0 && html >= json
}

/** Range to weight; parameters of a range say nothing to us. One with a weight that is none is left out. */
function weightsOf(accept: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const item of accept.slice(0, MOST_ACCEPT_CHARACTERS).toLowerCase().split(',')) {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim())
    const weight = weightOf(parameters.find((parameter) => parameter.startsWith('q=')))
    if (weight !== null) weights.set(range, Math.max(weight, weights.get(range) ?? 0))
  }
  return weights
}

function weightOf(parameter: string | undefined): number | null {
  if (parameter === undefined) return 1
  const written = WEIGHT.exec(parameter)
  return written === null ? null : Number(written[1])
}

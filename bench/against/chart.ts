// Bars in SVG: one for each tunnel, as long as its median, with a thin line from the least to the most of its rounds.

export interface ChartBar {
  readonly name: string
  readonly median: number
  readonly least: number
  readonly most: number
  readonly kind: BarKind
}

/** Whose it is, and whether what it carries is encrypted. */
export type BarKind = 'ours' | 'encrypted' | 'clear' | 'plain'

export interface Chart {
  readonly title: string
  readonly unit: string
  readonly digits: number
  readonly bars: readonly ChartBar[]
}

/** Readable on white and for people who do not tell red from green. */
const COLOURS: Readonly<Record<BarKind, string>> = {
  ours: '#0b6fb8',
  encrypted: '#5f6b76',
  clear: '#a9b2bb',
  plain: '#dde1e5',
}
const LEGEND: Readonly<Record<BarKind, string>> = {
  ours: 'edgerq, always sealed',
  encrypted: 'encrypted',
  clear: 'in the clear',
  plain: 'no tunnel',
}

const [WIDTH, NAMES_WIDTH, VALUES_WIDTH] = [860, 230, 130] // px
const [HEAD, ROW, FOOT] = [44, 24, 34] // px
const SPAN = WIDTH - NAMES_WIDTH - VALUES_WIDTH

export function drawChart({ title, unit, digits, bars }: Chart): string {
  const most = Math.max(0, ...bars.map((bar) => bar.most))
  const scale = most === 0 ? 0 : SPAN / most
  const height = HEAD + bars.length * ROW + FOOT
  const rows = bars.map((bar, index) => row(bar, { top: HEAD + index * ROW, scale, digits }))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="26" font-size="15" font-weight="bold">${escaped(`${title} (${unit})`)}</text>
${rows.join('\n')}
${legend(bars, height - FOOT / 2 + 5)}
</svg>
`
}

interface Row {
  readonly top: number
  /** px for each unit. */
  readonly scale: number
  readonly digits: number
}

function row({ name, median, least, most, kind }: ChartBar, { top, scale, digits }: Row): string {
  const [middle, baseline] = [top + ROW / 2, top + ROW / 2 + 4.5]
  const [length, from, to] = [median, least, most].map((value) => Math.max(value, 0) * scale) as [
    number,
    number,
    number,
  ]
  const x = (along: number): string => (NAMES_WIDTH + along).toFixed(1)
  const text = median.toFixed(digits)
  return [
    `<text x="${NAMES_WIDTH - 10}" y="${baseline}" text-anchor="end">${escaped(name)}</text>`,
    `<rect x="${NAMES_WIDTH}" y="${top + 4}" width="${length.toFixed(1)}" height="${ROW - 8}" fill="${COLOURS[kind]}"/>`,
    `<path d="M${x(from)} ${middle}H${x(to)}" stroke="#111"/>`,
    `<text x="${x(Math.max(length, to) + 8)}" y="${baseline}">${text}</text>`,
  ].join('')
}

/** Of the kinds that there are. */
function legend(bars: readonly ChartBar[], baseline: number): string {
  const kinds = (Object.keys(LEGEND) as BarKind[]).filter((kind) => bars.some((bar) => bar.kind === kind))
  const entries = kinds.map((kind, index) => {
    const x = NAMES_WIDTH + index * 160
    const box = `<rect x="${x}" y="${baseline - 10}" width="11" height="11" fill="${COLOURS[kind]}"/>`
    return `${box}<text x="${x + 17}" y="${baseline}" font-size="12">${LEGEND[kind]}</text>`
  })
  return entries.join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

// The report as text: what it is worth, the bars, and for each ground its charts and its tables.

import { type Figure, spreadOf } from '../samples.ts'
import { type HeldBar, holdBars } from './bars.ts'
import { BAR_GROUNDS, groundName } from './ground-name.ts'
import type { Part } from './part.ts'
import { comparability, provenance } from './provenance.ts'
import { DEFAULT_CONTROLLER } from './tunnels/edgerq.ts'

/** A chart and the file in which it is. */
export interface PlacedChart {
  readonly ground: string
  readonly title: string
  readonly file: string
}

export function reportMarkdown(parts: readonly Part[], charts: readonly PlacedChart[]): string {
  return [
    '# edgerq and other tunnels',
    `Written by \`npm run bench\`; bench/README.md says how. On each ground all tunnels carry the same load to the same web server on the same
machine, in turn, in one run; medians of its rounds, with the least and the most. Ratios and bars are of one ground alone.`,
    [comparability(parts), ...missingGrounds(parts)].join(' '),
    section('Bars', barsTable(parts)),
    ...parts.map((part) => partText(part, charts)),
  ].join('\n\n')
}

function missingGrounds(parts: readonly Part[]): readonly string[] {
  const missing = BAR_GROUNDS.map(groundName).filter((name) => !parts.some(({ ground }) => ground === name))
  return missing.length === 0 ? [] : [`Not measured yet: ${missing.join(', ')}.`]
}

function section(heading: string, text: string): string {
  return `## ${heading}\n\n${text}`
}

function barsTable(parts: readonly Part[]): string {
  const rows = parts.flatMap((part) => holdBars(part).map((held) => [part.ground, ...barCells(held, part)]))
  return table(['where', 'what', 'of', 'must be', 'is', ''], [...rows, IDLE_SESSIONS])
}

/** The one bar that is not of this comparison. */
const IDLE_SESSIONS = ['loopback', 'idle session on the consumer', 'edgerq', '≤ 12 kB', 'not of this run', '']

function barCells({ bar, judged }: HeldBar, part: Part): readonly string[] {
  const { figure, route, dividedBy, bound, limit } = bar
  const what = dividedBy === null ? `${figure.name} (${figure.unit})` : `${figure.name}, ${dividedBy.title}`
  const digits = dividedBy === null ? figure.digits : 3
  const is = judged === null ? missingText(part, figure, route) : judged.value.toFixed(digits)
  return [what, route, `${bound} ${limit}`, is, judged === null ? '' : judged.isMet ? 'met' : '**missed**']
}

function missingText(part: Part, figure: Figure, route: string): string {
  return failuresOf(part, figure, route).length > 0 ? 'did not finish' : 'not measured'
}

function partText(part: Part, charts: readonly PlacedChart[]): string {
  const { ground, title, samples, left } = part
  const own = charts.filter((chart) => chart.ground === ground)
  const images = own.map((chart) => `![${chart.title}](${chart.file})`).join('\n')
  const missing = left.length === 0 ? '' : `Left out:\n\n${left.map((sentence) => `- ${sentence}`).join('\n')}`
  const tables = samples.figures.map((figure) => figureTable(part, figure))
  const texts = [provenance(part), missing, images, ...tables].filter((text) => text !== '')
  return section(`${ground}: ${title}`, texts.join('\n\n'))
}

function figureTable(part: Part, figure: Figure): string {
  const { samples, contenders } = part
  const ours = nameOfOurs(contenders)
  const rows = contenders.flatMap(({ name }) => {
    const summary = samples.summary(figure, name)
    const failures = failuresOf(part, figure, name)
    if (summary === null) return failures.length === 0 ? [] : [[name, `did not finish: ${failures[0]}`, '', '', '']]
    const number = (value: number): string => value.toFixed(figure.digits)
    const spread = `${number(summary.least)} – ${number(summary.most)}`
    const note = failures.length === 0 ? '' : `${failures.length} did not finish: ${failures[0]}`
    return [[name, number(summary.median), spread, ratioText(part, figure, [ours, name]), note]]
  })
  return table([`${figure.name} (${figure.unit})`, 'median', 'least – most', `${ours} ÷ it`, ''], rows)
}

/** The first tunnel of ours, as it is by default, is what the others are compared with. */
function nameOfOurs(contenders: Part['contenders']): string {
  const all = contenders.filter(({ whose }) => whose === 'ours')
  const byDefault = all.find(({ controller }) => controller === null || controller === DEFAULT_CONTROLLER)
  return (byDefault ?? all[0])?.name ?? ''
}

/** Of two medians, with the least and the most of the rounds. */
function ratioText({ samples }: Part, figure: Figure, [ours, other]: readonly [string, string]): string {
  const ratio = samples.ratio(figure, ours, other)
  if (ratio === null || ours === other) return ''
  const spread = spreadOf(samples.values(figure, ours), samples.values(figure, other))
  const text = ratio.toFixed(2)
  return spread === null ? text : `${text} (${spread[0].toFixed(2)} – ${spread[1].toFixed(2)})`
}

function failuresOf({ failures }: Part, figure: Figure, route: string): readonly string[] {
  return failures
    .filter((failure) => failure.route === route && failure.figures.includes(figure.name))
    .map(({ reason }) => reason)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')
}

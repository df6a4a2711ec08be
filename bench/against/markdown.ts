// The report as text: what was measured on, bars, and for each scene its charts and its table.

import { type Figure, spreadOf } from '../samples.ts'
import { type HeldBar, holdBars } from './bars.ts'
import { groundName } from './options.ts'
import type { Against } from './report.ts'
import type { Scene } from './scenes.ts'

/** A chart and the file in which it is. */
export interface PlacedChart {
  readonly scene: Scene
  readonly title: string
  readonly file: string
}

export function reportMarkdown(
  against: Against,
  machine: Readonly<Record<string, unknown>>,
  charts: readonly PlacedChart[],
): string {
  const { options, scenes, left } = against
  return [
    '# edgerq and other tunnels, measured in one run',
    `Written by \`npm run bench\`; bench/README.md says how. Medians of ${options.rounds}, with the least and the most. All tunnels carry the same
load to the same web server on the same machine, in turn.${options.isQuick ? ' **Short runs, for a first look only.**' : ''}`,
    section('Measured on', machineTable(against, machine)),
    ...(left.length === 0 ? [] : [section('Left out', left.map((sentence) => `- ${sentence}`).join('\n'))]),
    section('Bars', barsTable(scenes)),
    ...scenes.map((scene) => sceneText(scene, charts)),
  ].join('\n\n')
}

function section(heading: string, text: string): string {
  return `## ${heading}\n\n${text}`
}

function machineTable({ versions }: Against, machine: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(machine).map(([name, value]) => [name, String(value)])
  return table(['', ''], [...rows, ['other programs', versions.join(', ') || 'none']])
}

function barsTable(scenes: readonly Scene[]): string {
  const rows = scenes.flatMap((scene) =>
    holdBars(scene).map((held) => [groundName(scene.ground), ...barCells(held, scene)]),
  )
  return table(['where', 'what', 'of', 'must be', 'is', ''], [...rows, IDLE_SESSIONS])
}

/** The one bar that is not of this comparison. */
const IDLE_SESSIONS = ['loopback', 'idle session on the consumer', 'edgerq', '≤ 12 kB', 'not of this run', '']

function barCells({ bar, judged }: HeldBar, scene: Scene): readonly string[] {
  const { figure, route, dividedBy, bound, limit } = bar
  const what = dividedBy === null ? `${figure.name} (${figure.unit})` : `${figure.name}, ${dividedBy.title}`
  const digits = dividedBy === null ? figure.digits : 3
  const is = judged === null ? missingText(scene, bar.figure, route) : judged.value.toFixed(digits)
  return [what, route, `${bound} ${limit}`, is, judged === null ? '' : judged.isMet ? 'met' : '**missed**']
}

function missingText(scene: Scene, figure: Figure, route: string): string {
  return failuresOf(scene, figure, route).length > 0 ? 'did not finish' : 'not measured'
}

function sceneText(scene: Scene, charts: readonly PlacedChart[]): string {
  const own = charts.filter((chart) => chart.scene === scene)
  const images = own.map(({ title, file }) => `![${title}](${file})`).join('\n')
  const tables = scene.samples.figures.map((figure) => figureTable(scene, figure)).join('\n\n')
  return section(
    `${groundName(scene.ground)}: ${scene.title}`,
    [images, tables].filter((text) => text !== '').join('\n\n'),
  )
}

/** The first tunnel of ours is what the others are compared with. */
function figureTable(scene: Scene, figure: Figure): string {
  const { samples, contenders } = scene
  const ours = contenders.find(({ tunnel }) => tunnel.whose === 'ours')?.name ?? ''
  const rows = contenders.flatMap(({ name }) => {
    const summary = samples.summary(figure, name)
    const failures = failuresOf(scene, figure, name)
    if (summary === null) return failures.length === 0 ? [] : [[name, `did not finish: ${failures[0]}`, '', '', '']]
    const number = (value: number): string => value.toFixed(figure.digits)
    const spread = `${number(summary.least)} – ${number(summary.most)}`
    const note = failures.length === 0 ? '' : `${failures.length} did not finish: ${failures[0]}`
    return [[name, number(summary.median), spread, ratioText(scene, figure, [ours, name]), note]]
  })
  return table([`${figure.name} (${figure.unit})`, 'median', 'least – most', `${ours} ÷ it`, ''], rows)
}

/** Of two medians, with the least and the most of the rounds. */
function ratioText({ samples }: Scene, figure: Figure, [ours, other]: readonly [string, string]): string {
  const ratio = samples.ratio(figure, ours, other)
  if (ratio === null || ours === other) return ''
  const spread = spreadOf(samples.values(figure, ours), samples.values(figure, other))
  const text = ratio.toFixed(2)
  return spread === null ? text : `${text} (${spread[0].toFixed(2)} – ${spread[1].toFixed(2)})`
}

function failuresOf({ failures }: Scene, figure: Figure, route: string): readonly string[] {
  return failures
    .filter((failure) => failure.route === route && failure.figures.includes(figure))
    .map(({ reason }) => reason)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')
}

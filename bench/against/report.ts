// Writes what came out to bench/results: the report, its charts, and every single value as JSON. A whole run takes the place of the one that
// is committed; any other goes to a folder of its own, which git does not see.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../../stresstest/rig/places.ts'
import { describeMachine } from '../machine.ts'
import type { Figure } from '../samples.ts'
import { holdBars } from './bars.ts'
import { type BarKind, type ChartBar, drawChart } from './chart.ts'
import type { Contender } from './contender.ts'
import { LINK_CROWDS, LOOPBACK_CROWDS, linkTransfer, shareBeside, transfer } from './figures.ts'
import { type PlacedChart, reportMarkdown } from './markdown.ts'
import { type AgainstOptions, groundName, isWholeRun } from './options.ts'
import type { Scene } from './scenes.ts'

export interface Against {
  readonly options: AgainstOptions
  readonly scenes: readonly Scene[]
  /** Of the programs of others. */
  readonly versions: readonly string[]
  /** As sentences. */
  readonly left: readonly string[]
}

/** Worth a picture. */
const CHARTED: ReadonlySet<Figure> = new Set([
  ...LOOPBACK_CROWDS.flatMap(({ rate, cpu }) => [rate, ...(cpu === null ? [] : [cpu])]),
  transfer.speed,
  transfer.cpu,
  LINK_CROWDS.at(-1)!.p99,
  linkTransfer.speed,
  shareBeside,
])

/** Also prints the report. Returns the name of its file. */
export function writeReport(against: Against): string {
  const folder = folderFor(against)
  const charts = drawCharts(against.scenes, folder)
  const machine = { at: new Date().toISOString(), ...describeMachine() }
  const text = reportMarkdown(against, machine, charts)
  console.log(text)
  writeFileSync(join(folder, 'figures.json'), `${JSON.stringify(rawFigures(against, machine), null, 1)}\n`)
  const file = join(folder, 'README.md')
  writeFileSync(file, `${text}\n`)
  return file
}

function folderFor({ options, left }: Against): string {
  const isWhole = isWholeRun(options) && left.length === 0
  const name = isWhole ? 'against' : `against-${new Date().toISOString().replaceAll(':', '-')}`
  const folder = join(projectFolder, 'bench/results', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

function drawCharts(scenes: readonly Scene[], folder: string): PlacedChart[] {
  return scenes.flatMap((scene) =>
    scene.samples.figures
      .filter((figure) => CHARTED.has(figure))
      .map((figure) => {
        const title = `${figure.name} · ${groundName(scene.ground)}`
        const file = `${title.replaceAll(/[^\w.]+/g, '-')}.svg`
        writeFileSync(join(folder, file), drawChart({ ...figure, title, bars: barsOf(scene, figure) }))
        return { scene, title, file }
      }),
  )
}

function barsOf({ contenders, samples }: Scene, figure: Figure): ChartBar[] {
  return contenders.flatMap((contender) => {
    const summary = samples.summary(figure, contender.name)
    return summary === null ? [] : { name: contender.name, kind: kindOf(contender), ...summary }
  })
}

function kindOf({ tunnel }: Contender): BarKind {
  if (tunnel.whose === 'ours') return 'ours'
  if (tunnel.whose === 'nobody') return 'plain'
  return tunnel.isEncrypted ? 'encrypted' : 'clear'
}

function rawFigures({ options, scenes, versions, left }: Against, machine: object): object {
  return { machine, versions, left, options, scenes: scenes.map(rawScene) }
}

function rawScene(scene: Scene): object {
  const { samples, failures, title } = scene
  return {
    title,
    figures: samples.figures.flatMap((figure) =>
      samples.routes(figure).map((route) => {
        return { figure: figure.name, unit: figure.unit, route, values: samples.values(figure, route) }
      }),
    ),
    failures: failures.map(({ figures, ...failure }) => ({ ...failure, figures: figures.map(({ name }) => name) })),
    bars: holdBars(scene).map(({ bar, judged }) => ({
      figure: bar.figure.name,
      route: bar.route,
      dividedBy: bar.dividedBy?.route,
      bound: bar.bound,
      limit: bar.limit,
      value: judged?.value,
      isMet: judged?.isMet,
    })),
  }
}

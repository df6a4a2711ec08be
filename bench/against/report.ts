// The report of a folder: drawn from all parts that are in it, those just measured and those from before.

import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Figure } from '../samples.ts'
import { type BarKind, type ChartBar, drawChart } from './chart.ts'
import { LINK_CROWDS, LOOPBACK_CROWDS, linkTransfer, shareBeside, transfer } from './figures.ts'
import { type PlacedChart, reportMarkdown } from './markdown.ts'
import type { Part, PartContender } from './part.ts'
import { readParts } from './part-files.ts'

export interface Report {
  readonly file: string
  readonly text: string
}

/** Worth a picture; by name, as parts know their figures. */
const CHARTED = {
  loopback: names([...LOOPBACK_CROWDS.flatMap(({ rate, cpu }) => [rate, cpu]), transfer.speed, transfer.cpu]),
  links: names([LINK_CROWDS.at(-1)!.p99, linkTransfer.speed, shareBeside]),
} as const

/** Throws with a sentence when there is no part in `folder`, or a broken one. */
export function writeReport(folder: string): Report {
  const parts = readParts(folder)
  if (parts.length === 0) throw new Error(`there is no part of a report in ${join(folder, 'parts')}`)
  removeCharts(folder)
  const charts = parts.flatMap((part) => writeCharts(part, folder))
  const text = reportMarkdown(parts, charts)
  const file = join(folder, 'README.md')
  writeFileSync(file, `${text}\n`)
  return { file, text }
}

/** Of parts that may be gone, or have other figures now. */
function removeCharts(folder: string): void {
  for (const name of readdirSync(folder)) if (name.endsWith('.svg')) rmSync(join(folder, name))
}

function writeCharts(part: Part, folder: string): PlacedChart[] {
  const charted = part.ground === 'loopback' ? CHARTED.loopback : CHARTED.links
  const figures = part.samples.figures.filter(({ name }) => charted.has(name))
  return figures.map((figure) => {
    const title = `${figure.name} · ${part.ground}`
    const file = `${title.replaceAll(/[^\w.]+/g, '-')}.svg`
    writeFileSync(join(folder, file), drawChart({ ...figure, title, bars: barsOf(part, figure) }))
    return { ground: part.ground, title, file }
  })
}

function barsOf({ contenders, samples }: Part, figure: Figure): ChartBar[] {
  return contenders.flatMap((contender) => {
    const summary = samples.summary(figure, contender.name)
    return summary === null ? [] : { name: contender.name, kind: kindOf(contender), ...summary }
  })
}

function kindOf({ whose, isEncrypted }: PartContender): BarKind {
  if (whose === 'ours') return 'ours'
  if (whose === 'nobody') return 'plain'
  return isEncrypted ? 'encrypted' : 'clear'
}

function names(figures: readonly (Figure | null)[]): ReadonlySet<string> {
  return new Set(figures.flatMap((figure) => figure?.name ?? []))
}

// Shows what was measured as a table for people and as JSON for comparisons.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../stresstest/rig/places.ts'
import { judgeBars } from './bars.ts'
import { describeMachine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { DIRECT, TWO_PIPES } from './routes.ts'
import type { Figure, Samples } from './samples.ts'

export interface Memory {
  readonly route: string
  readonly program: string
  readonly idleBytes: number
  /** When the last run was over. */
  readonly afterBytes: number
}

export interface Report {
  readonly options: BenchOptions
  readonly tools: { readonly load: string; readonly origin: string }
  readonly samples: Samples
  readonly memory: readonly Memory[]
}

/** Widths of the table's columns. */
const COLUMNS = [34, 17, 9, 22, 9, 12]

export function printTable(report: Report): void {
  const { samples } = report
  console.log(
    `\nLoad by ${report.tools.load}, origin ${report.tools.origin}; median of ${report.options.rounds} (least – most).\n`,
  )
  printRow('', 'way', 'median', 'least – most', '÷ direct', '÷ two pipes')
  for (const figure of samples.figures) {
    for (const route of samples.routes(figure)) printFigure(samples, figure, route)
    console.log()
  }
  printBars(report)
  printMemory(report)
}

/** Writes the report to bench/results/ and returns the file's name. */
export function writeJson(report: Report): string {
  const folder = join(projectFolder, 'bench/results')
  mkdirSync(folder, { recursive: true })
  const at = new Date().toISOString()
  const file = join(folder, `end-to-end-${at.replaceAll(':', '-')}.json`)
  const { measurements, ways } = report.options
  const options = { ...report.options, measurements: [...measurements], ways: [...ways] }
  const bars = judgeBars(report.samples, report.options.maxDatagramBytes).map(({ figure, ...bar }) => ({
    figure: figure.name,
    ...bar,
  }))
  const figures = report.samples.figures.flatMap((figure) => figureJson(report.samples, figure))
  const content = { at, machine: describeMachine(), tools: report.tools, options, figures, bars, memory: report.memory }
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
  return file
}

function printFigure(samples: Samples, figure: Figure, route: string): void {
  const summary = samples.summary(figure, route)
  if (summary === null) return
  const number = (value: number): string => value.toFixed(figure.digits)
  const ratio = (to: string): string => samples.ratio(figure, route, to)?.toFixed(2) ?? ''
  const spread = `${number(summary.least)} – ${number(summary.most)}`
  const name = `${figure.name} (${figure.unit})`
  printRow(name, route, number(summary.median), spread, ratio(DIRECT), ratio(TWO_PIPES))
}

function printBars({ samples, options }: Report): void {
  const bars = judgeBars(samples, options.maxDatagramBytes)
  if (bars.length === 0) return
  printRow('bars', 'way', 'median', 'must be', '', '')
  for (const { figure, route, of, bound, limit, value, isMet } of bars) {
    const [unit, digits] = of === 'ratio' ? ['÷ pipes', 2] : [figure.unit, figure.digits]
    const name = `${figure.name} (${unit})`
    printRow(name, route, value.toFixed(digits), `${bound} ${limit}`, isMet ? 'met' : 'missed', '')
  }
  console.log()
}

function printMemory({ memory }: Report): void {
  if (memory.length === 0) return // the direct way alone has no program in between
  printRow('memory (RSS)', 'way', 'program', 'idle → after all runs', '', '')
  for (const { route, program, idleBytes, afterBytes } of memory) {
    printRow('', route, program, `${megabytes(idleBytes)} → ${megabytes(afterBytes)} MB`, '', '')
  }
}

function figureJson(samples: Samples, figure: Figure): object[] {
  return samples.routes(figure).map((route) => ({
    figure: figure.name,
    unit: figure.unit,
    route,
    ...samples.summary(figure, route),
    toDirect: samples.ratio(figure, route, DIRECT),
    toTwoPipes: samples.ratio(figure, route, TWO_PIPES),
    values: samples.values(figure, route),
  }))
}

function printRow(...cells: readonly string[]): void {
  const [name, way, ...numbers] = cells.map((cell, index) => {
    const width = COLUMNS[index] ?? 0
    return index < 2 ? cell.padEnd(width) : cell.padStart(width)
  })
  console.log([name, way, ...numbers].join('  ').trimEnd())
}

/** NaN where the system does not tell. */
function megabytes(bytes: number): string {
  return Number.isNaN(bytes) ? '–' : (bytes / 1e6).toFixed(0)
}

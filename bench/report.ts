// Shows what was measured as a table for people and as JSON for comparisons.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../stresstest/rig/places.ts'
import { type Bar, type Base, judgeBars } from './bars.ts'
import { describeMachine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import type { Figure, Samples } from './samples.ts'

export interface Memory {
  readonly route: string
  readonly program: string
  readonly idleBytes: number
  /** When the last run was over. */
  readonly afterBytes: number
}

export interface Report {
  /** Of the file. */
  readonly name: string
  /** What stands over the table, as a sentence without its full stop. */
  readonly title: string
  readonly options: BenchOptions
  readonly samples: Samples
  /** What each figure is divided by; two at most. */
  readonly bases: readonly Base[]
  readonly bars: readonly Bar[]
  readonly memory?: readonly Memory[]
}

/** Widths of the table's columns. */
const COLUMNS = [34, 17, 9, 22, 12, 12]

/** Prints the table, writes the JSON to bench/results/ and says where it is. */
export function printBench(report: Report): void {
  const { samples, bases } = report
  console.log(`\n${report.title}; median of ${report.options.rounds} (least – most).\n`)
  printRow('', 'way', 'median', 'least – most', ...bases.map(({ title }) => title))
  for (const figure of samples.figures) {
    for (const route of samples.routes(figure)) printFigure(report, figure, route)
    console.log()
  }
  printBars(report)
  printMemory(report)
  console.log(`\n${writeJson(report)}`)
}

/** Returns the file's name. */
function writeJson(report: Report): string {
  const { name, title, samples } = report
  const folder = join(projectFolder, 'bench/results')
  mkdirSync(folder, { recursive: true })
  const at = new Date().toISOString()
  const file = join(folder, `${name}-${at.replaceAll(':', '-')}.json`)
  const { measurements, ways } = report.options
  const options = { ...report.options, measurements: [...measurements], ways: [...ways] }
  const bars = judgeBars(report.bars, samples).map(({ figure, dividedBy, ...bar }) => ({
    figure: figure.name,
    dividedBy: dividedBy?.route,
    ...bar,
  }))
  const figures = samples.figures.flatMap((figure) => figureJson(report, figure))
  const content = { at, title, machine: describeMachine(), options, figures, bars, memory: report.memory }
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
  return file
}

function printFigure({ samples, bases }: Report, figure: Figure, route: string): void {
  const summary = samples.summary(figure, route)
  if (summary === null) return
  const number = (value: number): string => value.toFixed(figure.digits)
  const ratios = bases.map((base) => samples.ratio(figure, route, base.route)?.toFixed(2) ?? '')
  const spread = `${number(summary.least)} – ${number(summary.most)}`
  printRow(`${figure.name} (${figure.unit})`, route, number(summary.median), spread, ...ratios)
}

function printBars({ samples, bars }: Report): void {
  const judged = judgeBars(bars, samples)
  if (judged.length === 0) return
  printRow('bars', 'way', 'median', 'must be')
  for (const { figure, route, dividedBy, bound, limit, value, isMet } of judged) {
    const [unit, digits] = dividedBy === null ? [figure.unit, figure.digits] : [dividedBy.title, 2]
    const name = `${figure.name} (${unit})`
    printRow(name, route, value.toFixed(digits), `${bound} ${limit}`, isMet ? 'met' : 'missed')
  }
  console.log()
}

function printMemory({ memory = [] }: Report): void {
  if (memory.length === 0) return // the direct way alone has no program in between
  printRow('memory (RSS)', 'way', 'program', 'idle → after all runs')
  for (const { route, program, idleBytes, afterBytes } of memory) {
    printRow('', route, program, `${megabytes(idleBytes)} → ${megabytes(afterBytes)} MB`)
  }
}

function figureJson({ samples, bases }: Report, figure: Figure): object[] {
  return samples.routes(figure).map((route) => ({
    figure: figure.name,
    unit: figure.unit,
    route,
    ...samples.summary(figure, route),
    ratios: Object.fromEntries(bases.map((base) => [base.title, samples.ratio(figure, route, base.route)])),
    values: samples.values(figure, route),
  }))
}

function printRow(...cells: readonly string[]): void {
  const padded = cells.map((cell, index) => {
    const width = COLUMNS[index] ?? 0
    return index < 2 ? cell.padEnd(width) : cell.padStart(width)
  })
  console.log(padded.join('  ').trimEnd())
}

/** NaN where the system does not tell. */
function megabytes(bytes: number): string {
  return Number.isNaN(bytes) ? '–' : (bytes / 1e6).toFixed(0)
}

// How something grows with its number, as a table with a curve beside it: a figure that must not grow shows as a straight edge.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../stresstest/rig/places.ts'
import { describeMachine } from './machine.ts'

/** One figure of all steps. */
export interface GrowthFigure {
  readonly name: string
  readonly unit: string
  readonly digits: number
  readonly values: readonly number[]
  /** What the project has set itself for the last step; left out: nothing. */
  readonly atMost?: number
}

export interface Growth {
  /** Of the file. */
  readonly name: string
  /** What stands over the table, as a sentence without its full stop. */
  readonly title: string
  /** What is counted, and how many of it there were in each step. */
  readonly counted: string
  readonly counts: readonly number[]
  readonly figures: readonly GrowthFigure[]
}

const NAME_COLUMN = 58
const COLUMN = 11
const BAR = 24

/** Prints the table, writes the JSON to bench/results/ and says where it is. */
export function printGrowth(growth: Growth): void {
  console.log(`\n${growthText(growth)}`)
  console.log(`\n${writeGrowth(growth)}`)
}

/** The table, and behind it a curve of each figure that has a bar. */
export function growthText({ title, counted, counts, figures }: Growth): string {
  const rows = figures.map((figure) => `${row(nameOf(figure), cellsOf(figure))}  ${verdictOn(figure)}`.trimEnd())
  const curves = figures.filter(({ atMost }) => atMost !== undefined).flatMap((figure) => curveOf(counts, figure))
  return [`${title}.`, '', row(counted, counts.map(String)), ...rows, ...curves].join('\n')
}

function curveOf(counts: readonly number[], figure: GrowthFigure): string[] {
  const most = Math.max(...figure.values, figure.atMost ?? 0)
  const lines = figure.values.map((value, step) => {
    // Memory may be less than before the first step: what the start had taken is given back meanwhile.
    const bar = '█'.repeat(Math.max(0, Math.round((value / most) * BAR))).padEnd(BAR)
    return `${String(counts[step]).padStart(8)} ${bar} ${value.toFixed(figure.digits)}`
  })
  return ['', nameOf(figure), ...lines]
}

function nameOf({ name, unit }: GrowthFigure): string {
  return `${name} (${unit})`
}

function cellsOf({ values, digits }: GrowthFigure): string[] {
  return values.map((value) => (Number.isNaN(value) ? '–' : value.toFixed(digits)))
}

function verdictOn({ values, atMost }: GrowthFigure): string {
  if (atMost === undefined) return ''
  return `≤ ${atMost}: ${values.at(-1)! <= atMost ? 'met' : 'missed'}`
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(NAME_COLUMN) + cells.map((cell) => cell.padStart(COLUMN)).join('')
}

/** Returns the file's name. */
function writeGrowth(growth: Growth): string {
  const folder = join(projectFolder, 'bench/results')
  mkdirSync(folder, { recursive: true })
  const at = new Date().toISOString()
  const file = join(folder, `${growth.name}-${at.replaceAll(':', '-')}.json`)
  writeFileSync(file, `${JSON.stringify({ at, machine: describeMachine(), ...growth }, null, 2)}\n`)
  return file
}

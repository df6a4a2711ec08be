// What can be asked of `npm run bench -- --against`, read from the command line.

import { parseArgs } from 'node:util'
import { BAR_GROUNDS, type GroundName, groundName, groundNamed, wide } from './ground-name.ts'

export const PROGRAMS = ['frp', 'rathole', 'chisel', 'wstunnel'] as const
export type ProgramName = (typeof PROGRAMS)[number]

export interface AgainstOptions {
  readonly against: readonly ProgramName[]
  readonly grounds: readonly GroundName[]
  /** Every configuration on links, too, not one of each program. */
  readonly isEveryConfiguration: boolean
  readonly rounds: number
  /** Length of one run of requests. */
  readonly seconds: number
  readonly transferBytes: number
  /** Then a download over a link is given up. */
  readonly withinSeconds: number
  /** Warm-up and all bodies are short: nobody is told these figures. */
  readonly isQuick: boolean
}

/** In the project; the report there is the one that is committed. */
export const COMMITTED_RESULTS = 'bench/results/against'

const MIB = 1024 * 1024
const DEFAULT_ROUNDS = 5
const DELAYS_MS = [0, 20, 40, 75]
const LOSSES_PERCENT = [0, 0.1, 1, 5]

export const AGAINST_USAGE = `npm run bench -- --against ${PROGRAMS.join(',')} [options]
  --links NAME,…        where: loopback, narrow (10 Mbit/s, 15 ms, a queue of 25 packets), DELAY/LOSS (200 Mbit/s, ms one way, % each
                        way); default ${BAR_GROUNDS.map(groundName).join(',')}
  --link-matrix         loopback, narrow and each of ${DELAYS_MS.join(', ')} ms with each of ${LOSSES_PERCENT.join(', ')} %
  --every-configuration on links, too, where one of each program is measured otherwise
  --within SECONDS      for a download over a link, which is given up then (default 30)
  --rounds N            rounds, of which the median is taken (default ${DEFAULT_ROUNDS})
  --quick               shorter runs: for a first look, not for figures that anybody is told
  Each of --links is a part of the report that is kept as soon as it is over, and only then: a run that is interrupted loses the one under way.

npm run bench -- --against-report [FOLDER]
  draws a report anew from the parts in its folder, and measures nothing (default ${COMMITTED_RESULTS})`

const FLAGS = {
  against: { type: 'string' },
  links: { type: 'string' },
  'link-matrix': { type: 'boolean', default: false },
  'every-configuration': { type: 'boolean', default: false },
  within: { type: 'string' },
  rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
  quick: { type: 'boolean', default: false },
} as const

/** Throws with a sentence for the user when something does not make sense. */
export function readAgainstOptions(args: readonly string[]): AgainstOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  const isQuick = values.quick
  return {
    against: programsOf(values.against ?? ''),
    grounds: values['link-matrix'] ? matrix() : groundsOf(values.links),
    isEveryConfiguration: values['every-configuration'],
    rounds: count('rounds', values.rounds),
    seconds: isQuick ? 2 : 5,
    transferBytes: (isQuick ? 64 : 256) * MIB,
    withinSeconds: count('within', values.within ?? (isQuick ? '8' : '30')),
    isQuick,
  }
}

/** Whether its parts are for the committed report, provided that all it asks for is there. */
export function isThorough({ against, rounds, isQuick }: AgainstOptions): boolean {
  return against.length === PROGRAMS.length && rounds >= DEFAULT_ROUNDS && !isQuick
}

/** The folder whose parts are to be drawn. Throws as above. */
export function readReportFolder(args: readonly string[]): string {
  const options = { 'against-report': { type: 'boolean' } } as const
  const { positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  if (positionals.length > 1) throw new Error('--against-report draws one folder at a time')
  return positionals[0] ?? COMMITTED_RESULTS
}

function matrix(): readonly GroundName[] {
  const links = DELAYS_MS.flatMap((delayMs) => LOSSES_PERCENT.map((lossPercent) => wide(delayMs, lossPercent)))
  return ['loopback', ...links, 'narrow']
}

function programsOf(text: string): readonly ProgramName[] {
  const names = text.split(',')
  const unknown = names.find((name) => !(PROGRAMS as readonly string[]).includes(name))
  if (unknown !== undefined) throw new Error(`--against knows ${PROGRAMS.join(', ')}, not "${unknown}"`)
  return PROGRAMS.filter((name) => names.includes(name))
}

function groundsOf(text: string | undefined): readonly GroundName[] {
  return text?.split(',').map(groundOf) ?? BAR_GROUNDS
}

function groundOf(text: string): GroundName {
  const ground = groundNamed(text)
  if (ground === null) throw new Error(`--links knows loopback, narrow and DELAY/LOSS as 40/1, not "${text}"`)
  return ground
}

function count(name: string, text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new Error(`--${name} must be 1 to 9999, not "${text}"`)
}

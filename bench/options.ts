// What can be asked of `npm run bench`, read from the command line.

import { parseArgs } from 'node:util'

export interface BenchOptions {
  readonly rounds: number
  readonly quick: boolean
  /** Length of one run of requests. */
  readonly seconds: number
  readonly transferBytes: number
  /** Of each body that is moved before anything counts. */
  readonly warmUpBytes: number
  /** One tunnel of each protocol is measured for each. */
  readonly maxDatagramBytes: readonly number[]
  readonly measurements: ReadonlySet<Measurement>
  readonly ways: ReadonlySet<Way>
}

export type Measurement = (typeof MEASUREMENTS)[number]
export type Way = (typeof WAYS)[number]

const MEASUREMENTS = [
  'requests',
  'transfers',
  'carriers',
  'sealing',
  'handshakes',
  'scale',
  'sessions',
  'streams',
  'services',
] as const
/** The others are of one part alone, and only measured by name. */
const BY_DEFAULT: readonly Measurement[] = ['requests', 'transfers']
const WAYS = ['direct', 'pipes', 'tcp', 'http'] as const
const MIB = 1024 * 1024

export const USAGE = `npm run bench -- [options]
  --quick               shorter runs: for a first look, not for figures that anybody is told
  --rounds N            rounds, of which the median is taken (default 3)
  --max-datagram N,…    bytes of UDP payload; a tunnel of each protocol for each (default 1200,16000)
  --only NAME,…         measurements (${MEASUREMENTS.join(', ')}) and ways (${WAYS.join(', ')});
                        ${BY_DEFAULT.join(' and ')} if no measurement is named, and all ways if none is`

/** Throws with a sentence for the user when something does not make sense. */
export function readOptions(args: readonly string[]): BenchOptions {
  const text = { type: 'string' } as const
  const options = { quick: { type: 'boolean' }, rounds: text, 'max-datagram': text, only: text } as const
  const { values } = parseArgs({ args: [...args], options })
  const named = names(values.only)
  return {
    rounds: numbers('rounds', values.rounds ?? '3', 1, 1000)[0]!,
    quick: values.quick ?? false,
    seconds: values.quick ? 1 : 3,
    transferBytes: values.quick ? 64 * MIB : 256 * MIB,
    maxDatagramBytes: numbers('max-datagram', values['max-datagram'] ?? '1200,16000', 1200, 65_507),
    warmUpBytes: 64 * MIB,
    measurements: namedOr(BY_DEFAULT, MEASUREMENTS, named),
    ways: namedOr(WAYS, WAYS, named),
  }
}

function numbers(name: string, text: string, least: number, most: number): number[] {
  return text.split(',').map((part) => {
    const value = Number(part)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new Error(`--${name} must be ${least} to ${most}, not "${part}"`)
  })
}

function names(text: string | undefined): readonly string[] {
  const known: readonly string[] = [...MEASUREMENTS, ...WAYS]
  const asked = text?.split(',') ?? []
  const unknown = asked.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`--only knows ${known.join(', ')}, not "${unknown}"`)
  return asked
}

function namedOr<Name extends string>(
  otherwise: readonly Name[],
  all: readonly Name[],
  named: readonly string[],
): ReadonlySet<Name> {
  const some = all.filter((name) => named.includes(name))
  return new Set(some.length === 0 ? otherwise : some)
}

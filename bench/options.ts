// What can be asked of `npm run bench`, read from the command line.

import { parseArgs } from 'node:util'

export interface BenchOptions {
  readonly rounds: number
  /** Length of one run of requests. */
  readonly seconds: number
  readonly transferBytes: number
  /** One tunnel is measured for each. */
  readonly maxDatagramBytes: readonly number[]
  readonly only: ReadonlySet<Group>
}

export type Group = (typeof GROUPS)[number]

const GROUPS = ['requests', 'transfers'] as const
const MIB = 1024 * 1024

export const USAGE = `npm run bench -- [options]
  --quick               shorter runs: for a first look, not for figures that anybody is told
  --rounds N            rounds, of which the median is taken (default 3)
  --max-datagram N,…    bytes of UDP payload; one tunnel for each (default 1200,16000)
  --only GROUP,…        ${GROUPS.join(', ')} (default: all)`

/** Throws with a sentence for the user when something does not make sense. */
export function readOptions(args: readonly string[]): BenchOptions {
  const text = { type: 'string' } as const
  const options = { quick: { type: 'boolean' }, rounds: text, 'max-datagram': text, only: text } as const
  const { values } = parseArgs({ args: [...args], options })
  return {
    rounds: numbers('rounds', values.rounds ?? '3', 1, 1000)[0]!,
    seconds: values.quick ? 1 : 4,
    transferBytes: values.quick ? 64 * MIB : 256 * MIB,
    maxDatagramBytes: numbers('max-datagram', values['max-datagram'] ?? '1200,16000', 1200, 65_507),
    only: groups(values.only),
  }
}

function numbers(name: string, text: string, least: number, most: number): number[] {
  return text.split(',').map((part) => {
    const value = Number(part)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new Error(`--${name} must be ${least} to ${most}, not "${part}"`)
  })
}

function groups(text: string | undefined): ReadonlySet<Group> {
  const asked = text?.split(',') ?? GROUPS
  const unknown = asked.find((name) => !GROUPS.includes(name as Group))
  if (unknown !== undefined) throw new Error(`--only knows ${GROUPS.join(', ')}, not "${unknown}"`)
  return new Set(asked as Group[])
}

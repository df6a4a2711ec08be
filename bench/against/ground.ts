// The two places that a tunnel joins: outside, where clients are, and inside, where the web server is.

import { ChildProgram, type ProgramOptions } from '../../stresstest/rig/child-program.ts'

export interface Place {
  /** What the command of a program there begins with; empty on this machine's own network. */
  readonly entry: readonly string[]
  /** How the other place reaches it. */
  readonly host: string
}

export interface Ground {
  readonly outside: Place
  readonly inside: Place
}

const HERE: Place = { entry: [], host: '127.0.0.1' }

export const LOOPBACK: Ground = { outside: HERE, inside: HERE }

/** For hops that begin and end inside. */
export function insideOf({ inside }: Ground): Ground {
  const place = { ...inside, host: '127.0.0.1' }
  return { outside: place, inside: place }
}

export function startAt(place: Place, options: ProgramOptions): ChildProgram {
  return new ChildProgram({ ...options, command: [...place.entry, ...options.command] })
}

// Runs a load in a process of its own and reads what came out: wrk for many connections, if it is there, else bench/load.ts.

import { ChildProgram } from '../stresstest/rig/child-program.ts'
import { builtProgram } from '../stresstest/rig/places.ts'
import type { RequestsResult, TransferResult } from './load.ts'

/** Where a load goes, and where it comes from. */
export interface LoadTarget {
  readonly port: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** What the command of the load begins with, as `ip netns exec NAME`. */
  readonly entry?: readonly string[]
}

export interface Body {
  readonly way: 'download' | 'upload'
  readonly bytes: number
  /** A download that takes longer is given up. */
  readonly withinSeconds?: number
}

export interface Crowd {
  readonly connections: number
  readonly seconds: number
  /** Default `SPARE_MS`. */
  readonly spareMs?: number
}

/** On top of what it is to take, for the start and for answers that are late: whoever takes longer hangs. */
const SPARE_MS = 60_000

/** For bodies that nobody gives up. */
const LONGEST_TRANSFER_SECONDS = 240

/** By our own load: every answer counts, however late it is. */
export function runRequests(
  target: LoadTarget,
  { connections, seconds, spareMs = SPARE_MS }: Crowd,
): Promise<RequestsResult> {
  const args = ['--connections', String(connections), '--seconds', String(seconds)]
  return runLoad<RequestsResult>(target, ['requests', ...args], seconds * 1000 + spareMs)
}

export function moveBody(target: LoadTarget, { way, bytes, withinSeconds }: Body): Promise<TransferResult> {
  const bound = withinSeconds === undefined ? [] : ['--within', String(withinSeconds)]
  const args = [way, '--bytes', String(bytes), ...bound]
  return runLoad<TransferResult>(target, args, (withinSeconds ?? LONGEST_TRANSFER_SECONDS) * 1000 + SPARE_MS)
}

/** By wrk, whose latencies are those of the answers that came. */
export async function runWrk(target: LoadTarget, { connections, seconds }: Crowd): Promise<RequestsResult> {
  const url = `http://${target.host ?? '127.0.0.1'}:${target.port}/`
  // An answer that comes after wrk's own timeout would be left out of the latencies.
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', `${seconds + 2}s`]
  const output = await outputOf('wrk', [...(target.entry ?? []), 'wrk', ...args, url], seconds * 1000 + SPARE_MS)
  return readWrk(output.join('\n'))
}

/** Throws when wrk tells of errors. */
export function readWrk(text: string): RequestsResult {
  const errors = text.match(/Socket errors.*|Non-2xx.*/)?.[0]
  if (errors !== undefined) throw new Error(`wrk met errors: ${errors}`)
  const number = (pattern: RegExp): number => Number(text.match(pattern)?.[1] ?? Number.NaN)
  return {
    requests: number(/(\d+) requests in/),
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Us: micros(text.match(/^\s*50%\s+([\d.]+)(us|ms|s|m)/m)),
    p99Us: micros(text.match(/^\s*99%\s+([\d.]+)(us|ms|s|m)/m)),
  }
}

const MICROS = { us: 1, ms: 1e3, s: 1e6, m: 60e6 } as const

function micros(match: RegExpMatchArray | null): number {
  return Number(match?.[1] ?? Number.NaN) * MICROS[(match?.[2] ?? 'us') as keyof typeof MICROS]
}

async function runLoad<Result>(target: LoadTarget, args: readonly string[], deadlineMs: number): Promise<Result> {
  const where = ['--host', target.host ?? '127.0.0.1', '--port', String(target.port)]
  const command = [...(target.entry ?? []), ...builtProgram('bench/load', ...args, ...where)]
  return JSON.parse((await outputOf('load', command, deadlineMs)).join('')) as Result
}

async function outputOf(name: string, command: readonly string[], deadlineMs: number): Promise<readonly string[]> {
  const program = new ChildProgram({ name, command })
  try {
    const status = await program.ended(deadlineMs)
    if (status.code === 0) return program.stdout
  } finally {
    if (program.status === null) await program.kill()
  }
  const reason = program.stderr.find((line) => line.includes('Error: '))?.replace(/^.*?Error: /, '') ?? 'it failed'
  throw new Error(`${name}: ${reason}\n${program.logs()}`)
}

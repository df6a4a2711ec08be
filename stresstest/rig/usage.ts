// What a running process costs, as the kernel counts it. Linux only: elsewhere every answer is NaN, and a table shows a dash.

import { readFileSync } from 'node:fs'

const CLOCK_TICKS_PER_SECOND = 100 // USER_HZ, the same on every Linux that Node runs on

/** Resident memory. */
export function residentBytes(pid: number): number {
  const kilobytes = read(`/proc/${pid}/status`).match(/^VmRSS:\s+(\d+) kB/m)?.[1]
  return Number(kilobytes ?? Number.NaN) * 1024
}

/** CPU time so far, in user and kernel. */
export function cpuSeconds(pid: number): number {
  // The name in parentheses may hold blanks; fields are counted from behind it: utime is the 12th, stime the 13th.
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN)) / CLOCK_TICKS_PER_SECOND
}

/** How long it wanted a processor and others had all of them; of its main thread. */
export function waitedSeconds(pid: number): number {
  return Number(read(`/proc/${pid}/schedstat`).split(' ')[1] ?? Number.NaN) / 1e9
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

// How the load generator speaks to people: one live line while it runs, one table at the end.

import { isSample } from './errand.ts'
import { BODY_WRONG } from './failures.ts'
import type { LatencyMs, LoadResult } from './result.ts'
import type { LoadRun } from './run.ts'

const LABEL_COLUMNS = 12

/** The line of one moment: the rate since the last one and its quantiles, and all failures so far. */
export function liveLine(run: LoadRun, rightPerSecond: number): string {
  const { recent, failed } = run.tally
  const at = (fraction: number): string => milliseconds(recent.quantile(fraction) / 1000)
  const quantiles = recent.count === 0 ? 'no right answer' : `p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}`
  const seconds = `${Math.round(run.elapsedMs / 1000)} s`
  return `${seconds}  ${count(rightPerSecond)} requests/s  ${count(failed)} failed  ${quantiles}`
}

/** The whole result. */
export function table(result: LoadResult): string {
  const { requests, seconds } = result
  const rows: [string, string][] = [
    ['requests', `${count(requests.right)} right, ${count(requests.failed)} failed${leftOver(result)}`],
    ['rate', `${count(result.requestsPerSecond)} right answers/s in ${seconds.toFixed(2)} s${asked(result)}`],
    ['sent', volume(result.sentBytes, seconds)],
    ['received', volume(result.receivedBytes, seconds)],
    ['connections', `${count(result.connections)} at once, ${count(result.opened)} opened`],
    ['latency', result.latencyMs === null ? 'no right answer' : latency(result.latencyMs)],
    ...Object.entries(result.errors).map(([kind, times], index): [string, string] => [
      index === 0 ? 'failures' : '',
      `${count(times)} × ${kind}`,
    ]),
  ]
  const lines = rows.map(([label, text]) => `  ${label.padEnd(LABEL_COLUMNS)} ${text}\n`)
  return `${result.method} ${result.url}  (seed ${result.seed})\n${lines.join('')}`
}

/** What somebody should know who sees this result for the first time; empty when there is nothing. */
export function hint({ errors, method, url }: LoadResult): string {
  if (errors[BODY_WRONG] === undefined || method !== 'GET' || isSample(new URL(url))) return ''
  return '\nA page that is another one each time fails the comparison with its first answer; --no-verify leaves that out.\n'
}

function leftOver({ requests }: LoadResult): string {
  const parts = [
    requests.unfinished > 0 ? `, ${count(requests.unfinished)} under way when it was stopped` : '',
    requests.unsent > 0 ? `, ${count(requests.unsent)} due but never sent: no connection was free` : '',
  ]
  return parts.join('')
}

function asked({ rate }: LoadResult): string {
  return rate === null ? '' : `; ${count(rate)}/s were asked for`
}

function latency(ms: LatencyMs): string {
  const { p50, p90, p99, p999, max } = ms
  const columns = Object.entries({ p50, p90, p99, 'p99.9': p999, max })
  return columns.map(([name, value]) => `${name} ${milliseconds(value)}`).join('   ')
}

function milliseconds(value: number): string {
  return value < 1000 ? `${value.toPrecision(3)} ms` : `${(value / 1000).toPrecision(3)} s`
}

function volume(bytes: number, seconds: number): string {
  const megabytes = bytes / 1e6
  return `${megabytes.toFixed(2)} MB (${seconds === 0 ? '0' : (megabytes / seconds).toFixed(2)} MB/s)`
}

function count(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}

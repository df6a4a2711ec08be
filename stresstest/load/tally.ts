// What has happened so far, counted.

import { Histogram } from './histogram.ts'

/** How one request ended. */
export interface Outcome {
  /** The name that its failure is counted under; null when the answer was right. */
  readonly failure: string | null
  /** 0 when there was no answer. */
  readonly status: number
  readonly sentBytes: number
  readonly receivedBytes: number
}

export class Tally {
  right = 0
  failed = 0
  sentBytes = 0
  receivedBytes = 0
  readonly statuses = new Map<number, number>()
  readonly failures = new Map<string, number>()
  /** Of the right answers. */
  readonly latencies = new Histogram()
  /** The same, for the one who clears it now and then. */
  readonly recent = new Histogram()

  count(outcome: Outcome, latencyUs: number): void {
    this.sentBytes += outcome.sentBytes
    this.receivedBytes += outcome.receivedBytes
    if (outcome.status !== 0) increment(this.statuses, outcome.status)
    if (outcome.failure !== null) {
      this.failed++
      increment(this.failures, outcome.failure)
      return
    }
    this.right++
    this.latencies.add(latencyUs)
    this.recent.add(latencyUs)
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

// Decides when each request starts. Without a rate, a connection that is free takes the next one at once. With a rate, request n is
// due n/rate after the start, whether or not a connection is free then, and its latency counts from when it was due: a server that
// stands still for a second makes every request late that was due in this second, not only those it was holding.

import type { Clock } from './clock.ts'
import type { LoadPlan } from './plan.ts'
import { type Outcome, Tally } from './tally.ts'

/** Timers sleep in whole milliseconds: what is late by this much because of the timer is not the server's doing. */
const TIMER_GRAIN_MS = 2

/** Sends the request of this number, counted from 0, and tells once how it ended; never before it returns. */
export type Send = (number: number, settled: (outcome: Outcome) => void) => void

export type Pace = Pick<LoadPlan, 'connections' | 'ratePerSecond' | 'durationMs' | 'requests'>

export class LoadRun {
  readonly tally = new Tally()
  readonly #pace: Pace
  readonly #send: Send
  readonly #clock: Clock
  readonly #startedAtMs: number
  #begun = 0
  #underWay = 0
  #endedAtMs: number | null = null
  #callOffWake = (): void => {}
  #finish = (): void => {}

  constructor(pace: Pace, send: Send, clock: Clock) {
    this.#pace = pace
    this.#send = send
    this.#clock = clock
    this.#startedAtMs = clock.nowMs()
  }

  /** Resolves when the last answer is here, or at `stop`. */
  run(): Promise<void> {
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve
    })
    this.#startDue(Number.POSITIVE_INFINITY)
    return finished
  }

  /** Ends it now: what is under way is counted as unfinished. */
  stop(): void {
    this.#endedAtMs ??= this.#clock.nowMs()
    this.#callOffWake()
    this.#finish()
  }

  get elapsedMs(): number {
    return (this.#endedAtMs ?? this.#clock.nowMs()) - this.#startedAtMs
  }

  get begun(): number {
    return this.#begun
  }

  get unfinished(): number {
    return this.#underWay
  }

  /** Requests that were due and did not start, since no connection was free before the end. */
  get unsent(): number {
    const { ratePerSecond, durationMs, requests } = this.#pace
    if (ratePerSecond === null) return 0
    const due = Math.ceil((Math.min(this.elapsedMs, durationMs) * ratePerSecond) / 1000)
    return Math.max(0, Math.min(due, requests) - this.#begun)
  }

  /** Starts what is due, as far as connections are free; what was not due before `sleptUntilMs` is late only by our own timer. */
  #startDue(sleptUntilMs: number): void {
    const nowMs = this.#clock.nowMs()
    while (this.#underWay < this.#pace.connections && !this.#isOver(nowMs)) {
      const dueMs = this.#dueMs(nowMs)
      if (dueMs > nowMs) return void this.#sleepUntil(dueMs)
      this.#start(dueMs >= sleptUntilMs ? nowMs : dueMs)
    }
    if (this.#underWay === 0) this.stop()
  }

  #dueMs(nowMs: number): number {
    const { ratePerSecond } = this.#pace
    return ratePerSecond === null ? nowMs : this.#startedAtMs + (this.#begun * 1000) / ratePerSecond
  }

  #isOver(nowMs: number): boolean {
    const { requests, durationMs } = this.#pace
    return this.#endedAtMs !== null || this.#begun >= requests || nowMs >= this.#startedAtMs + durationMs
  }

  #sleepUntil(dueMs: number): void {
    const wakeMs = Math.min(dueMs, this.#startedAtMs + this.#pace.durationMs)
    this.#callOffWake()
    this.#callOffWake = this.#clock.wake(wakeMs, () => {
      const isPunctual = this.#clock.nowMs() - wakeMs <= TIMER_GRAIN_MS
      this.#startDue(isPunctual ? wakeMs : Number.POSITIVE_INFINITY)
    })
  }

  #start(countedFromMs: number): void {
    this.#underWay++
    this.#send(this.#begun++, (outcome) => {
      if (this.#endedAtMs !== null) return
      this.#underWay--
      this.tally.count(outcome, (this.#clock.nowMs() - countedFromMs) * 1000)
      this.#startDue(Number.POSITIVE_INFINITY)
    })
  }
}

// hot
// HyStart++ (RFC 9406): ends the first slow start when the round-trip time begins to rise, before the queue overflows.
//
//   slow start ──(a round is slower than the one before)──▶ conservative ──(five rounds)──▶ over
//        ▲                                                       │
//        └──────────(a round is faster again: a false alarm)─────┘

import { MILLISECOND, type Micros } from '../units.ts'

/** Fewer samples say too little about a round's fastest packet (N_RTT_SAMPLE, RFC 9406 §4.3). */
const SAMPLES_PER_ROUND = 8
/** A rise counts from an eighth of the round trip on, but jitter below 4 ms never and 16 ms always (RFC 9406 §4.3). */
const RISE_DIVISOR = 8
const SMALLEST_RISE: Micros = 4 * MILLISECOND
const LARGEST_RISE: Micros = 16 * MILLISECOND
/** How much slower the window grows while the alarm is being checked (CSS_GROWTH_DIVISOR). */
const CONSERVATIVE_GROWTH_DIVISOR = 4
/** How long it is checked (CSS_ROUNDS); the round in which the alarm was raised is the first of them. */
const CONSERVATIVE_ROUNDS = 5

const Phase = { slowStart: 0, conservative: 1, over: 2 } as const
type Phase = (typeof Phase)[keyof typeof Phase]

/** Watches round trips during one slow start; the owner of the window does what it says. */
export class HyStart {
  #phase: Phase = Phase.slowStart
  /** The first ACK of a packet sent at this time or later ends the round. */
  #roundStartedAt: Micros = 0
  #samples = 0
  #fastest: Micros = Infinity
  #fastestOfLastRound: Micros = Infinity
  /** The fastest packet of the round that raised the alarm. */
  #alarmRtt: Micros = Infinity
  #roundsSinceAlarm = 0

  /** The window grows by the acknowledged bytes divided by this. */
  get growthDivisor(): number {
    return this.#phase === Phase.conservative ? CONSERVATIVE_GROWTH_DIVISOR : 1
  }

  /** The rise was no false alarm: slow start ends at the window of now. */
  get isOver(): boolean {
    return this.#phase === Phase.over
  }

  /** `latestRtt` is 0 if the ACK gave no sample. */
  onAcked(newestSentAt: Micros, latestRtt: Micros, now: Micros): void {
    if (newestSentAt >= this.#roundStartedAt) this.#beginRound(now)
    if (latestRtt === 0) return
    this.#samples++
    this.#fastest = Math.min(this.#fastest, latestRtt)
    if (this.#samples >= SAMPLES_PER_ROUND) this.#judge()
  }

  #beginRound(now: Micros): void {
    this.#roundStartedAt = now
    this.#samples = 0
    this.#fastestOfLastRound = this.#fastest
    this.#fastest = Infinity
    if (this.#phase !== Phase.conservative) return
    this.#roundsSinceAlarm++
    if (this.#roundsSinceAlarm === CONSERVATIVE_ROUNDS) this.#phase = Phase.over
  }

  #judge(): void {
    if (this.#phase === Phase.slowStart && this.#hasRisen()) {
      this.#phase = Phase.conservative
      this.#alarmRtt = this.#fastest
      this.#roundsSinceAlarm = 0
    } else if (this.#phase === Phase.conservative && this.#fastest < this.#alarmRtt) {
      this.#phase = Phase.slowStart
    }
  }

  /** False as well while there is no round to compare with: nothing exceeds Infinity. */
  #hasRisen(): boolean {
    const rise = Math.min(this.#fastestOfLastRound / RISE_DIVISOR, LARGEST_RISE)
    return this.#fastest >= this.#fastestOfLastRound + Math.max(rise, SMALLEST_RISE)
  }
}

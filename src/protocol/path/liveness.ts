// Is the peer still there? Keep-alive, suspicion and death of one session; owns no timer, decides from times alone.
//
//   heard ──────── 13–16 s (dialler) or 17 s (listener) ────────▶ ping
//   asked ──── <askAfterQuiet> without a word, streams open ─────▶ ping, once
//   heard ── three probe timeouts in a row and 500 ms (a reliable line: 2 s) ──▶ suspect ── answered ──▶ recovered
//   heard ──────────────── <survive> ────────────────────────────────────────▶ dead

import { rulesOf } from '../line.ts'
import type { Random } from '../ports.ts'
import { type Micros, SECOND } from '../units.ts'

/** The dialler sits behind the NAT whose mapping must not expire: 30 s is the shortest that is common, half of it is safe. */
const DIALLER_PING_LEAST: Micros = 13 * SECOND
/** Spread, so that a thousand providers that started together do not ping together. */
const DIALLER_PING_SPREAD: Micros = 3 * SECOND
/** The listener pings only if the dialler's ping is overdue. */
const LISTENER_PING: Micros = 17 * SECOND
/** Probe timeouts in a row that make a path suspect. */
export const SUSPECT_TIMEOUTS = 3

/** What `step` asks for. */
export const LivenessVerdict = { fine: 0, ping: 1, suspect: 2, dead: 3 } as const
export type LivenessVerdict = (typeof LivenessVerdict)[keyof typeof LivenessVerdict]

export interface LivenessRules {
  readonly isDialler: boolean
  readonly survive: Micros
  /** `EndpointSettings.askAfterQuiet`. */
  readonly askAfterQuiet: Micros
  /** While some are open somebody waits for what the peer says next. */
  readonly streams: { readonly openStreams: number }
}

export class Liveness {
  isSuspect = false
  /** Silence that ends the session: the smaller value of both sides. */
  survive: Micros
  /** Silence there must be, beside those timeouts, before the session is suspect. */
  suspectSilence: Micros = rulesOf().suspectSilence

  readonly #random: Random
  readonly #isDialler: boolean
  readonly #askAfterQuiet: Micros
  readonly #streams: LivenessRules['streams']
  #heardAt: Micros
  #pingAt: Micros
  /** When a peer that was busy with us has been quiet for too long; `Infinity`: it has said nothing since we asked. */
  #askAt: Micros = Number.POSITIVE_INFINITY
  /** Silence before the next ping; drawn anew for each, not for each packet that puts it off. */
  #pause: Micros

  constructor({ isDialler, survive, askAfterQuiet, streams }: LivenessRules, random: Random, now: Micros) {
    this.#isDialler = isDialler
    this.survive = survive
    this.#askAfterQuiet = askAfterQuiet
    this.#streams = streams
    this.#random = random
    this.#heardAt = now
    this.#pause = this.#drawPause()
    this.#pingAt = now + this.#pause
  }

  /** An authenticated packet came. */
  onHeard(now: Micros): void {
    this.#heardAt = now
    if (!this.#isDialler) this.#pingAt = now + this.#pause
    if (this.#askAt !== Number.POSITIVE_INFINITY) this.#askAt = now + this.#askAfterQuiet
  }

  /**
   * What came has been read, and `timeouts` are left. True: the session was suspect and is no longer. To hear the peer is not enough: where a
   * path works one way only, what we send would go nowhere, and the session would be suspect and well again twice a second.
   */
  recovers(timeouts: number): boolean {
    if (!this.isSuspect || timeouts >= SUSPECT_TIMEOUTS) return false
    this.isSuspect = false
    return true
  }

  /**
   * What was heard asks for an ACK. Plain ACKs do not count: the answer to a ping would be a reason for the next one, for as long as a
   * stream is open.
   */
  onAsked(now: Micros): void {
    this.#askAt = now + this.#askAfterQuiet
  }

  /** A packet that the peer must answer has left. */
  onSent(now: Micros): void {
    if (this.#isDialler) this.#pingAt = now + this.#pause
  }

  /** The process was stopped or the machine slept: silence meanwhile says nothing. The peer is asked instead. */
  onPause(now: Micros): void {
    this.#heardAt = now
    this.#pingAt = now
  }

  deadline(timeouts: number): Micros {
    const deadAt = this.#heardAt + this.survive
    const suspectAt = this.#mayBecomeSuspect(timeouts) ? this.#heardAt + this.suspectSilence : Number.POSITIVE_INFINITY
    return Math.min(deadAt, suspectAt, this.#pingAt, this.#askAt)
  }

  /** `timeouts`: probe timeouts in a row so far. */
  step(timeouts: number, now: Micros): LivenessVerdict {
    if (now >= this.#heardAt + this.survive) return LivenessVerdict.dead
    if (this.#mayBecomeSuspect(timeouts) && now >= this.#heardAt + this.suspectSilence) {
      this.isSuspect = true
      return LivenessVerdict.suspect
    }
    const asks = this.#stepAsk(now)
    if (!asks && now < this.#pingAt) return LivenessVerdict.fine
    this.#pause = this.#drawPause()
    this.#pingAt = now + this.#pause
    return LivenessVerdict.ping
  }

  /** A peer that only sends to us is not missed by loss detection: nothing that we sent waits for its ACK. */
  #stepAsk(now: Micros): boolean {
    if (now < this.#askAt) return false
    this.#askAt = Number.POSITIVE_INFINITY
    return this.#streams.openStreams > 0
  }

  #mayBecomeSuspect(timeouts: number): boolean {
    return !this.isSuspect && timeouts >= SUSPECT_TIMEOUTS
  }

  #drawPause(): Micros {
    return this.#isDialler ? DIALLER_PING_LEAST + this.#random.fraction() * DIALLER_PING_SPREAD : LISTENER_PING
  }
}

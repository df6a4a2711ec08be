// Which of a pipe's carriers is dialled, used and left. They are the rungs of a ladder, 0 the best. Pure: it is told what has happened and
// when, and answers with wishes.
//
//             ┌────────────── all have failed: full jitter ──────────────┐
//             ▼                                                          │
//   start ▸ searching: 0, then 1 beside it, then 2 … ── one opens ──▶ carrying: the best that is open; worse ones are retired,
//             ▲                                                     │      better ones are tried every <probe>
//             └────────────── it falls silent, or is lost ──────────┘
//
// A session that has fallen silent stays: if it answers again, it is one that is open. A session that was retired is none of ours any more:
// its streams go on until they end, beside whatever is dialled on its rung meanwhile.

import { backoffMs, wasHealthy } from './backoff.ts'

export interface LadderSettings {
  readonly rungs: number
  /** A dial may be without an answer for so long until the next rung is dialled beside it. */
  readonly fallbackAfterMs: number
  /** How often the better rungs are tried while a worse one carries. */
  readonly probeMs: number
  /** In [0, 1), for the jitter of the backoff. */
  readonly fraction: () => number
}

/** What is the matter with the rung that was used before; `none`: nothing, there is a better one. */
export type Trouble = 'none' | 'noAnswer' | 'failed' | 'silent' | 'lost'

export type Wish =
  | { readonly kind: 'dial'; readonly rung: number }
  /** Nobody waits for this dial any more. */
  | { readonly kind: 'cancel'; readonly rung: number }
  /** New streams are to come here, and no longer where they came until now. */
  | { readonly kind: 'use'; readonly rung: number; readonly from: number; readonly why: Trouble }
  /** No new streams are to come over this session; it ends when it has none left. */
  | { readonly kind: 'retire'; readonly rung: number }

/** `path`: nobody was to be heard. `peer`: the consumer itself has ended it, so it can be reached. `shutOut`: it did, and will do so again. */
export type Loss = 'path' | 'peer' | 'shutOut'

type RungState = 'idle' | 'dialling' | 'open' | 'suspect'

type Phase =
  | { readonly kind: 'stopped' }
  /** Everything has failed. */
  | { readonly kind: 'waiting'; readonly nextAt: number }
  /** No rung is open; those that are `left` are dialled one after the other. */
  | { readonly kind: 'searching'; readonly left: readonly number[]; readonly nextAt: number }
  /** One is; a better one may be `probed`, and others be `left` for this time. */
  | { readonly kind: 'carrying'; readonly probed: number; readonly left: readonly number[]; readonly nextAt: number }

const NONE = -1
const NEVER = Number.POSITIVE_INFINITY

/** Times are in ms, on any clock that does not step. */
export class Ladder {
  readonly #settings: LadderSettings
  readonly #states: RungState[]
  readonly #troubles: Trouble[]
  readonly #openedAt: number[]
  #phase: Phase = { kind: 'stopped' }
  #attempt = 0
  /** Where new streams went last; at first where they should go. */
  #used = 0
  #wishes: Wish[] = []

  constructor(settings: LadderSettings) {
    this.#settings = settings
    this.#states = Array.from({ length: settings.rungs }, () => 'idle')
    this.#troubles = Array.from({ length: settings.rungs }, () => 'none')
    this.#openedAt = Array.from({ length: settings.rungs }, () => 0)
  }

  /** When `onDeadline` is to be called. */
  get deadline(): number {
    return this.#phase.kind === 'stopped' ? NEVER : this.#phase.nextAt
  }

  /** Some rung is open and not suspect: what befalls the others is no news. */
  get isCarrying(): boolean {
    return this.#phase.kind === 'carrying'
  }

  start(now: number): readonly Wish[] {
    this.#search(now)
    return this.#taken()
  }

  /** Nothing is dialled any more; what is open stays. */
  stop(): readonly Wish[] {
    this.#phase = { kind: 'stopped' }
    for (const rung of this.#rungsThatAre('dialling')) this.#cancel(rung)
    return this.#taken()
  }

  onDeadline(now: number): readonly Wish[] {
    const phase = this.#phase
    if (now >= this.deadline) {
      if (phase.kind === 'waiting') this.#search(now)
      else if (phase.kind === 'searching') this.#dialNext(phase.left, now)
      else if (phase.kind === 'carrying') this.#probe(phase, now)
    }
    return this.#taken()
  }

  onOpened(rung: number, now: number): readonly Wish[] {
    if (this.#states[rung] !== 'dialling') return []
    this.#openedAt[rung] = now
    this.#carry(rung, now)
    return this.#taken()
  }

  /** A dial came to nothing. */
  onFailed(rung: number, now: number): readonly Wish[] {
    if (this.#states[rung] !== 'dialling') return []
    this.#states[rung] = 'idle'
    this.#troubles[rung] = 'failed'
    const phase = this.#phase
    if (phase.kind === 'searching') this.#dialNext(phase.left, now)
    else if (phase.kind === 'carrying' && phase.probed === rung) this.#probe(phase, now)
    return this.#taken()
  }

  onSuspect(rung: number, now: number): readonly Wish[] {
    if (this.#isStopped || this.#states[rung] !== 'open') return []
    this.#states[rung] = 'suspect'
    this.#troubles[rung] = 'silent'
    this.#search(now)
    return this.#taken()
  }

  onRecovered(rung: number, now: number): readonly Wish[] {
    if (this.#isStopped || this.#states[rung] !== 'suspect') return []
    this.#carry(rung, now)
    return this.#taken()
  }

  /** A session has ended, on its own or before it was open for good. */
  onLost(rung: number, how: Loss, now: number): readonly Wish[] {
    if (this.#isStopped) return []
    const state = this.#states[rung]
    const wasGood = state !== 'dialling' && wasHealthy(now - this.#openedAt[rung]!)
    if (how === 'peer' || (how === 'path' && wasGood)) this.#attempt = 0
    if (state === 'dialling') return this.onFailed(rung, now)
    this.#states[rung] = 'idle'
    this.#troubles[rung] = 'lost'
    if (!this.#states.includes('open')) this.#onNothingOpen(rung, how, now)
    return this.#taken()
  }

  /** Whoever can be reached is called again after a moment, best rung first; a path that is dead is a reason to try the others at once. */
  #onNothingOpen(lost: number, how: Loss, now: number): void {
    if (how !== 'path') this.#wait(now)
    else if (this.#phase.kind === 'carrying') this.#search(now, lost)
    else if (this.deadline === NEVER) this.#wait(now)
  }

  /** `but`: it has just failed, and would only keep the others waiting. */
  #search(now: number, but = NONE): void {
    this.#dialNext(
      this.#rungsThatAre('idle').filter((rung) => rung !== but),
      now,
    )
  }

  #dialNext([rung, ...left]: readonly number[], now: number): void {
    if (rung !== undefined) {
      this.#dial(rung)
      this.#phase = { kind: 'searching', left, nextAt: now + this.#settings.fallbackAfterMs }
    } else if (this.#states.includes('idle')) {
      this.#wait(now)
    } else {
      this.#phase = { kind: 'searching', left: [], nextAt: NEVER }
    }
  }

  #wait(now: number): void {
    const waitMs = backoffMs(this.#attempt, this.#settings.fraction())
    this.#attempt++
    this.#phase = { kind: 'waiting', nextAt: now + waitMs }
  }

  /** This rung is open. Dials of better ones go on: whichever of them opens takes over. */
  #carry(opened: number, now: number): void {
    this.#states[opened] = 'open'
    const rung = this.#states.indexOf('open')
    for (let worse = rung + 1; worse < this.#states.length; worse++) this.#leave(worse)
    if (rung !== this.#used) {
      const why = rung < this.#used ? 'none' : this.#troubles[this.#used]!
      this.#wishes.push({ kind: 'use', rung, from: this.#used, why })
    }
    this.#used = rung
    this.#phase = { kind: 'carrying', probed: NONE, left: [], nextAt: this.#nextProbeAt(now) }
  }

  #leave(rung: number): void {
    if (this.#states[rung] === 'dialling') this.#cancel(rung)
    else if (this.#states[rung] !== 'idle') this.#wishes.push({ kind: 'retire', rung })
    this.#states[rung] = 'idle'
  }

  /**
   * One after the other, so that the best that answers is the one that is used. A dial from before is begun anew: its listener may have
   * answered a later one of ours, and takes the earlier for a replay (H-25).
   */
  #probe(phase: Extract<Phase, { kind: 'carrying' }>, now: number): void {
    for (const rung of this.#rungsThatAre('dialling')) this.#cancel(rung)
    const due = phase.probed === NONE ? this.#rungsThatAre('idle').filter((rung) => rung < this.#used) : phase.left
    const [rung, ...left] = due
    if (rung === undefined) {
      this.#phase = { kind: 'carrying', probed: NONE, left, nextAt: this.#nextProbeAt(now) }
      return
    }
    this.#dial(rung)
    this.#phase = { kind: 'carrying', probed: rung, left, nextAt: now + this.#settings.fallbackAfterMs }
  }

  #nextProbeAt(now: number): number {
    return this.#used === 0 ? NEVER : now + this.#settings.probeMs
  }

  #dial(rung: number): void {
    this.#states[rung] = 'dialling'
    this.#troubles[rung] = 'noAnswer'
    this.#wishes.push({ kind: 'dial', rung })
  }

  #cancel(rung: number): void {
    this.#states[rung] = 'idle'
    this.#wishes.push({ kind: 'cancel', rung })
  }

  get #isStopped(): boolean {
    return this.#phase.kind === 'stopped'
  }

  /** The best first. */
  #rungsThatAre(state: RungState): number[] {
    return this.#states.flatMap((each, rung) => (each === state ? [rung] : []))
  }

  #taken(): readonly Wish[] {
    const wishes = this.#wishes
    this.#wishes = []
    return wishes
  }
}

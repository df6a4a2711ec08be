// hot
// What congestion has taught: how much in flight was too much when the path was probed, and what is safe until it is probed again
// (draft-ietf-ccwg-bbr §5.5.10). `Infinity`: no bound is known.

/** What is left of a short-term bound by a congested round, unless more was delivered (Beta). */
const REMAINDER = 0.7
/** Part of the long-term bound that is left free for others between probes (Headroom). */
const HEADROOM = 0.15
/** Doublings after which the bound grows by every acknowledged byte anyway. */
const MOST_DOUBLINGS = 30

export class Bounds {
  /** Bytes in flight that were too much once, or are not known to be. */
  longBytes = Infinity
  /** Since the last probe: bytes in flight, and bytes per µs. */
  shortBytes = Infinity
  shortRate = Infinity

  // Probing upwards: after each round the long-term bound grows twice as fast.
  #doublings = 0
  #ackedBytes = 0
  #ackedPerDatagram = Infinity

  // Before the first loss of the last lossy round.
  #longBefore = Infinity
  #shortBefore = Infinity
  #rateBefore = Infinity

  /** Leaves room in the queue, or on the link, for others to find. */
  get withHeadroom(): number {
    return this.longBytes * (1 - HEADROOM)
  }

  /** A round was congested. It was entered with `rate` and `window` and delivered `latestRate` and `latestBytes`. */
  tighten(rate: number, window: number, latestRate: number, latestBytes: number): void {
    this.shortRate = Math.max(latestRate, REMAINDER * Math.min(this.shortRate, rate))
    this.shortBytes = Math.max(latestBytes, REMAINDER * Math.min(this.shortBytes, window))
  }

  /** Before a probe: what was learnt since the last one may be over. */
  forgetShort(): void {
    this.shortRate = Infinity
    this.shortBytes = Infinity
  }

  /** `inFlight` bytes were too much, but not less than the usual part of `target`. */
  limit(inFlight: number, target: number): void {
    this.longBytes = Math.max(inFlight, REMAINDER * target)
  }

  /** `inFlight` bytes did no harm. */
  allow(inFlight: number): void {
    if (this.longBytes !== Infinity) this.longBytes = Math.max(this.longBytes, inFlight)
  }

  startGrowth(): void {
    this.#doublings = 0
    this.#ackedBytes = 0
  }

  stopGrowth(): void {
    this.#ackedPerDatagram = Infinity
  }

  /** Twice as fast from here on: a window's worth of ACKs brings one datagram, two, four. */
  steepen(window: number, datagramBytes: number): void {
    this.#ackedPerDatagram = Math.max(window / 2 ** this.#doublings, datagramBytes)
    this.#doublings = Math.min(this.#doublings + 1, MOST_DOUBLINGS)
  }

  /** The window was full up to the bound and did no harm. */
  grow(ackedBytes: number, datagramBytes: number): void {
    this.#ackedBytes += ackedBytes
    if (this.#ackedBytes < this.#ackedPerDatagram) return
    const datagrams = Math.floor(this.#ackedBytes / this.#ackedPerDatagram)
    this.#ackedBytes -= datagrams * this.#ackedPerDatagram
    this.longBytes += datagrams * datagramBytes
  }

  remember(): void {
    this.#longBefore = this.longBytes
    this.#shortBefore = this.shortBytes
    this.#rateBefore = this.shortRate
  }

  /** The losses since `remember` were none. */
  restore(): void {
    this.longBytes = Math.max(this.longBytes, this.#longBefore)
    this.shortBytes = Math.max(this.shortBytes, this.#shortBefore)
    this.shortRate = Math.max(this.shortRate, this.#rateBefore)
  }
}

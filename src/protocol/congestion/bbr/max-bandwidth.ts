// hot

/** The fastest delivery of this probing cycle and of the last one (draft-ietf-ccwg-bbr §5.5.6): two probes must fail before it falls. */
export class MaxBandwidth {
  #ofLastCycle = 0
  #ofThisCycle = 0

  /** Bytes per µs; 0: nothing was measured yet. */
  get rate(): number {
    return Math.max(this.#ofLastCycle, this.#ofThisCycle)
  }

  onSample(rate: number): void {
    if (rate > this.#ofThisCycle) this.#ofThisCycle = rate
  }

  /** A probe is over. A cycle without a sample is none. */
  nextCycle(): void {
    if (this.#ofThisCycle === 0) return
    this.#ofLastCycle = this.#ofThisCycle
    this.#ofThisCycle = 0
  }
}

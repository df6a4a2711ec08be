// Latencies in buckets that are each 1 % wider than the one before: a million of them cost no more memory than ten.

const GROWTH = Math.log(1.01)
const BUCKETS = 2560 // 1.01^2560 µs is more than a day; whatever takes longer counts as that long

/** Counts durations in µs. The least and the greatest are exact, every other quantile to 1 %. */
export class Histogram {
  count = 0
  minUs = Number.POSITIVE_INFINITY
  maxUs = 0
  #sumUs = 0
  readonly #buckets = new Float64Array(BUCKETS)

  add(micros: number): void {
    const bucket = micros <= 1 ? 0 : Math.floor(Math.log(micros) / GROWTH)
    this.#buckets[Math.min(bucket, BUCKETS - 1)]! += 1
    this.count++
    this.#sumUs += micros
    if (micros < this.minUs) this.minUs = micros
    if (micros > this.maxUs) this.maxUs = micros
  }

  clear(): void {
    this.#buckets.fill(0)
    this.count = 0
    this.#sumUs = 0
    this.minUs = Number.POSITIVE_INFINITY
    this.maxUs = 0
  }

  get meanUs(): number {
    return this.#sumUs / this.count
  }

  /** The duration, in µs, that this fraction of all did not exceed (nearest rank); NaN while there are none. */
  quantile(fraction: number): number {
    if (this.count === 0) return Number.NaN
    const rank = Math.max(1, Math.ceil(fraction * this.count))
    if (rank === this.count) return this.maxUs
    return this.#within(this.#bucketOf(rank))
  }

  #bucketOf(rank: number): number {
    let left = rank
    let bucket = 0
    while (bucket < BUCKETS - 1) {
      left -= this.#buckets[bucket]!
      if (left <= 0) break
      bucket++
    }
    return bucket
  }

  /** The middle of a bucket, but nothing that is less than the least or more than the greatest. */
  #within(bucket: number): number {
    const middle = Math.exp((bucket + 0.5) * GROWTH)
    return Math.min(Math.max(middle, this.minUs), this.maxUs)
  }
}

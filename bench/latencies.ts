// Counts latencies in buckets that are 1 % wide, so that a million of them cost no memory and no time worth measuring.

const GROWTH = Math.log(1.01)
const BUCKETS = 2048 // 1 µs · 1.01^2047 is far more than an hour

export class Latencies {
  count = 0
  readonly #buckets = new Float64Array(BUCKETS)

  add(micros: number): void {
    const bucket = micros <= 1 ? 0 : Math.floor(Math.log(micros) / GROWTH)
    this.#buckets[Math.min(bucket, BUCKETS - 1)]! += 1
    this.count++
  }

  clear(): void {
    this.#buckets.fill(0)
    this.count = 0
  }

  /** In µs, exact to 1 %. */
  quantile(fraction: number): number {
    let left = fraction * this.count
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#buckets[bucket]!
      if (left <= 0) return Math.exp((bucket + 0.5) * GROWTH)
    }
    return Number.NaN
  }
}

// hot
// The numbers of senders that were heard of late, by their addresses as the kernel writes them: most datagrams come from one of few, and
// making text of an address costs more than reading the datagram. Bounded by its form: of two senders with one place the later has it.

/** Places at first, and at most: 2 MB, which some sixty thousand peers or a flood of forged addresses can make it take. */
const FIRST_PLACES = 256
const MOST_PLACES = 65_536
/** It is too small if more than this part of what was looked for had to make way for others. Ten thousand peers get 32,768 places. */
const MOST_MISSES = 1 / 4

/** Of the largest address. */
const MOST_WORDS = 7

/** 2³² divided by the golden ratio: neighbouring ports and addresses get places far apart (Knuth, TAOCP 6.4). */
const SPREAD = 0x9e3779b1

export class PathCache {
  readonly #nameWords: number
  #shift = 32 - Math.log2(FIRST_PLACES)
  #names = new Uint32Array(FIRST_PLACES * MOST_WORDS)
  #paths = new Float64Array(FIRST_PLACES)
  /** Since it was judged last: addresses that were looked for, and that took the place of another. */
  #finds = 0
  #displacements = 0

  constructor(nameBytes: number) {
    this.#nameWords = nameBytes / 4
  }

  /** The number that was kept for the address at `at` of `names`; 0: none. */
  find(names: Uint32Array, at: number): number {
    const place = this.#placeOf(names, at)
    this.#finds++
    for (let i = 0; i < this.#nameWords; i++) {
      if (this.#names[place * MOST_WORDS + i] !== names[at + i]) return 0
    }
    return this.#paths[place]!
  }

  keep(names: Uint32Array, at: number, path: number): void {
    if (this.#put(names, at, path) !== 0) this.#displacements++
    if (this.#displacements >= this.#paths.length) this.#judge()
  }

  /** The number that stood there; 0: none. */
  #put(names: Uint32Array, at: number, path: number): number {
    const place = this.#placeOf(names, at)
    const before = this.#paths[place]!
    for (let i = 0; i < this.#nameWords; i++) this.#names[place * MOST_WORDS + i] = names[at + i]!
    this.#paths[place] = path
    return before
  }

  #judge(): void {
    const isTooSmall = this.#displacements > this.#finds * MOST_MISSES
    this.#finds = 0
    this.#displacements = 0
    if (isTooSmall && this.#paths.length < MOST_PLACES) this.#grow()
  }

  #grow(): void {
    const names = this.#names
    const paths = this.#paths
    this.#shift--
    this.#names = new Uint32Array(2 * names.length)
    this.#paths = new Float64Array(2 * paths.length)
    for (let place = 0; place < paths.length; place++) {
      if (paths[place] !== 0) this.#put(names, place * MOST_WORDS, paths[place]!)
    }
  }

  #placeOf(names: Uint32Array, at: number): number {
    let hash = 0
    for (let i = 0; i < this.#nameWords; i++) hash = Math.imul(hash ^ names[at + i]!, SPREAD)
    return hash >>> this.#shift
  }
}

// hot
// The numbers of senders that were heard of late, by their addresses as the kernel writes them: most datagrams come from one of few, and
// making text of an address costs more than reading the datagram. Bounded by its form: of two senders with one place the later has it.

/** Places; at ten thousand idle peers most pings miss, and cost what they cost without it. */
const PLACES = 256

/** Of the largest address. */
const MOST_WORDS = 7

/** 2³² divided by the golden ratio: neighbouring ports and addresses get places far apart (Knuth, TAOCP 6.4). */
const SPREAD = 0x9e3779b1
const PLACE_SHIFT = 32 - Math.log2(PLACES)

export class PathCache {
  readonly #nameWords: number
  readonly #names = new Uint32Array(PLACES * MOST_WORDS)
  readonly #paths = new Float64Array(PLACES)

  constructor(nameBytes: number) {
    this.#nameWords = nameBytes / 4
  }

  /** The number that was kept for the address at `at` of `names`; 0: none. */
  find(names: Uint32Array, at: number): number {
    const place = this.#placeOf(names, at)
    for (let i = 0; i < this.#nameWords; i++) {
      if (this.#names[place * MOST_WORDS + i] !== names[at + i]) return 0
    }
    return this.#paths[place]!
  }

  keep(names: Uint32Array, at: number, path: number): void {
    const place = this.#placeOf(names, at)
    for (let i = 0; i < this.#nameWords; i++) this.#names[place * MOST_WORDS + i] = names[at + i]!
    this.#paths[place] = path
  }

  #placeOf(names: Uint32Array, at: number): number {
    let hash = 0
    for (let i = 0; i < this.#nameWords; i++) hash = Math.imul(hash ^ names[at + i]!, SPREAD)
    return hash >>> PLACE_SHIFT
  }
}

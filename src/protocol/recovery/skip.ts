// Which packet numbers are left out on purpose: a peer that acknowledges what it has not seen, to be sent more than the path can carry
// (CVE-2025-4820), acknowledges one of these sooner or later and is caught.

import type { Random } from '../ports.ts'
import type { PacketNumber } from '../units.ts'

/** Numbers to the first skip; the distance doubles up to the last (quic-go's values). */
const FIRST_PERIOD = 256
const LAST_PERIOD = 131_072

export class SkippedNumbers {
  readonly #random: Random
  #period = FIRST_PERIOD
  #next: PacketNumber

  constructor(random: Random) {
    this.#random = random
    this.#next = this.#draw(0)
  }

  /** True: `packet` is to be left out. */
  isDue(packet: PacketNumber): boolean {
    if (packet < this.#next) return false
    this.#period = Math.min(this.#period * 2, LAST_PERIOD)
    this.#next = this.#draw(packet)
    return true
  }

  #draw(from: PacketNumber): PacketNumber {
    return from + 2 + Math.floor(this.#random.fraction() * this.#period * 2)
  }
}

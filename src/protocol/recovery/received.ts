// hot
// Which packet numbers have arrived: to acknowledge them, and to drop what arrives twice.

import { MOST_ACK_RANGES } from '../limits.ts'
import type { PacketNumber } from '../units.ts'
import type { AckRanges } from '../wire/ack-frame.ts'

/**
 * Up to MOST_ACK_RANGES inclusive ranges, oldest first. What lies below the oldest is taken for received: a packet from there
 * is either a duplicate or so late that the peer has sent its frames again.
 */
export class ReceivedPackets implements AckRanges {
  count = 0
  /**
   * The first and the last number of each range by turns. A path that reorders nothing needs one range, for which a plain array is a
   * quarter of a typed one.
   */
  #bounds = [-1, -1]
  /** Everything up to here counts as received. */
  #floor = -1

  /** −1 before the first. */
  get largest(): PacketNumber {
    return this.count === 0 ? this.#floor : this.#bounds[2 * this.count - 1]!
  }

  rangeFirst(index: number): PacketNumber {
    return this.#bounds[2 * index]!
  }

  rangeLast(index: number): PacketNumber {
    return this.#bounds[2 * index + 1]!
  }

  has(packet: PacketNumber): boolean {
    if (packet <= this.#floor) return true
    for (let i = this.count - 1; i >= 0; i--) {
      if (packet > this.rangeLast(i)) return false
      if (packet >= this.rangeFirst(i)) return true
    }
    return false
  }

  /** Notes a packet that `has` denied. */
  add(packet: PacketNumber): void {
    let i = this.count - 1
    while (i >= 0 && packet < this.rangeFirst(i)) i--
    // Range i lies below the packet, range i + 1 above it.
    const joinsBelow = i >= 0 && this.rangeLast(i) === packet - 1
    const joinsAbove = i + 1 < this.count && this.rangeFirst(i + 1) === packet + 1
    if (joinsBelow && joinsAbove) this.#merge(i)
    else if (joinsBelow) this.#bounds[2 * i + 1] = packet
    else if (joinsAbove) this.#bounds[2 * i + 2] = packet
    else this.#insert(i + 1, packet)
  }

  /** The peer knows of everything up to `packet`: it need not be acknowledged again. */
  forgetThrough(packet: PacketNumber): void {
    let gone = 0
    while (gone < this.count && this.rangeLast(gone) <= packet) gone++
    // The newest range stays: an ACK always has one.
    if (gone === this.count) gone--
    if (gone <= 0) return
    this.#floor = Math.max(this.#floor, this.rangeLast(gone - 1))
    this.#remove(0, gone)
  }

  #insert(at: number, packet: PacketNumber): void {
    if (this.count === MOST_ACK_RANGES) {
      if (at === 0) {
        // Older than every range that is kept: its packet was most likely given up long ago.
        this.#floor = Math.max(this.#floor, packet)
        return
      }
      this.#floor = Math.max(this.#floor, this.rangeLast(0))
      this.#remove(0, 1)
      at--
    } else if (2 * this.count === this.#bounds.length) this.#grow()
    // Moved by hand, here and below: of an array that is not typed copyWithin() is a slow call.
    for (let i = 2 * this.count - 1; i >= 2 * at; i--) this.#bounds[i + 2] = this.#bounds[i]!
    this.#bounds[2 * at] = packet
    this.#bounds[2 * at + 1] = packet
    this.count++
  }

  #merge(below: number): void {
    this.#bounds[2 * below + 1] = this.rangeLast(below + 1)
    this.#remove(below + 1, 1)
  }

  #remove(at: number, howMany: number): void {
    const bounds = this.#bounds
    const shift = 2 * howMany
    for (let i = 2 * at + shift; i < 2 * this.count; i++) bounds[i - shift] = bounds[i]!
    this.count -= howMany
  }

  #grow(): void {
    const bounds = new Array<number>(2 * this.#bounds.length).fill(-1)
    for (let i = 0; i < this.#bounds.length; i++) bounds[i] = this.#bounds[i]!
    this.#bounds = bounds
  }
}

// hot
// Which packet numbers have arrived: to acknowledge them, and to drop what arrives twice.

import { MOST_ACK_RANGES } from '../limits.ts'
import type { PacketNumber } from '../units.ts'
import type { AckRanges } from '../wire/ack-frame.ts'

/** A path that reorders nothing needs one range; most sessions never need more than these. */
const FIRST_CAPACITY = 4

/**
 * Up to MOST_ACK_RANGES inclusive ranges, oldest first. What lies below the oldest is taken for received: a packet from there
 * is either a duplicate or so late that the peer has sent its frames again.
 */
export class ReceivedPackets implements AckRanges {
  count = 0
  #first = new Float64Array(FIRST_CAPACITY)
  #last = new Float64Array(FIRST_CAPACITY)
  /** Everything up to here counts as received. */
  #floor = -1

  /** −1 before the first. */
  get largest(): PacketNumber {
    return this.count === 0 ? this.#floor : this.#last[this.count - 1]!
  }

  rangeFirst(index: number): PacketNumber {
    return this.#first[index]!
  }

  rangeLast(index: number): PacketNumber {
    return this.#last[index]!
  }

  has(packet: PacketNumber): boolean {
    if (packet <= this.#floor) return true
    for (let i = this.count - 1; i >= 0; i--) {
      if (packet > this.#last[i]!) return false
      if (packet >= this.#first[i]!) return true
    }
    return false
  }

  /** Notes a packet that `has` denied. */
  add(packet: PacketNumber): void {
    let i = this.count - 1
    while (i >= 0 && packet < this.#first[i]!) i--
    // Range i lies below the packet, range i + 1 above it.
    const joinsBelow = i >= 0 && this.#last[i] === packet - 1
    const joinsAbove = i + 1 < this.count && this.#first[i + 1] === packet + 1
    if (joinsBelow && joinsAbove) this.#merge(i)
    else if (joinsBelow) this.#last[i] = packet
    else if (joinsAbove) this.#first[i + 1] = packet
    else this.#insert(i + 1, packet)
  }

  /** The peer knows of everything up to `packet`: it need not be acknowledged again. */
  forgetThrough(packet: PacketNumber): void {
    let gone = 0
    while (gone < this.count && this.#last[gone]! <= packet) gone++
    // The newest range stays: an ACK always has one.
    if (gone === this.count) gone--
    if (gone <= 0) return
    this.#floor = Math.max(this.#floor, this.#last[gone - 1]!)
    this.#remove(0, gone)
  }

  #insert(at: number, packet: PacketNumber): void {
    if (this.count === MOST_ACK_RANGES) {
      if (at === 0) {
        // Older than every range that is kept: its packet was most likely given up long ago.
        this.#floor = Math.max(this.#floor, packet)
        return
      }
      this.#floor = Math.max(this.#floor, this.#last[0]!)
      this.#remove(0, 1)
      at--
    } else if (this.count === this.#first.length) this.#grow()
    this.#first.copyWithin(at + 1, at, this.count)
    this.#last.copyWithin(at + 1, at, this.count)
    this.#first[at] = packet
    this.#last[at] = packet
    this.count++
  }

  #merge(below: number): void {
    this.#last[below] = this.#last[below + 1]!
    this.#remove(below + 1, 1)
  }

  #remove(at: number, howMany: number): void {
    this.#first.copyWithin(at, at + howMany, this.count)
    this.#last.copyWithin(at, at + howMany, this.count)
    this.count -= howMany
  }

  #grow(): void {
    const first = new Float64Array(this.#first.length * 2)
    const last = new Float64Array(this.#last.length * 2)
    first.set(this.#first)
    last.set(this.#last)
    this.#first = first
    this.#last = last
  }
}

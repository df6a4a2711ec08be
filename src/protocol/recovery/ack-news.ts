// hot
// What an ACK tells that the one before it has not told. On a line that loses packets each repeats dozens of ranges, thousands of packets in
// all: to look at every one of them again would cost more than everything else that an ACK brings.
//
//   before   ████░███░░██          news   ░░░░░░░░█░░██      as spans, newest first
//   now      ████░████░████

import type { PacketNumber } from '../units.ts'
import type { AckFrame } from '../wire/ack-frame.ts'

export class AckNews {
  /** The span that `next` has found, both ends included. */
  first: PacketNumber = 0
  last: PacketNumber = 0

  #range = 0
  /** Nothing of the range above this one is news any more. */
  #upTo: PacketNumber = Number.POSITIVE_INFINITY
  /**
   * What the ACK before told, newest range first: the first and the last number of each by turns. A line that loses nothing needs one, for
   * which a plain array is a quarter of a typed one.
   */
  #bounds = [-1, -1]
  #told = 0
  #toldRange = 0

  /** Finds the next span of `frame`; false: there is no more, and from here on `frame` is the ACK before. */
  next(frame: AckFrame): boolean {
    for (; this.#range < frame.count; this.#range++) {
      const first = frame.first[this.#range]!
      let from = Math.min(frame.last[this.#range]!, this.#upTo)
      while (from >= first) {
        while (this.#toldRange < this.#told && this.#toldFirst > from) this.#toldRange++
        const told = this.#toldRange < this.#told ? this.#bounds[2 * this.#toldRange + 1]! : -1
        if (told < from) {
          this.last = from
          this.first = Math.max(first, told + 1)
          this.#upTo = this.first - 1
          return true
        }
        from = this.#toldFirst - 1
      }
    }
    this.#remember(frame)
    return false
  }

  get #toldFirst(): PacketNumber {
    return this.#bounds[2 * this.#toldRange]!
  }

  #remember(frame: AckFrame): void {
    if (2 * frame.count > this.#bounds.length) this.#grow(frame.count)
    for (let i = 0; i < frame.count; i++) {
      this.#bounds[2 * i] = frame.first[i]!
      this.#bounds[2 * i + 1] = frame.last[i]!
    }
    this.#told = frame.count
    this.#toldRange = 0
    this.#range = 0
    this.#upTo = Number.POSITIVE_INFINITY
  }

  #grow(ranges: number): void {
    this.#bounds = new Array<number>(2 ** Math.ceil(Math.log2(2 * ranges))).fill(-1)
  }
}

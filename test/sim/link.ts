// One direction of a link, in memory and in virtual time: it owns no clock and draws all chance from its generator.
//
//   send → [mtu, drop list] → [queue, rate] → [blackout, loss, corruption] → [delay, jitter, reordering, copy] → arrival
//
// Random loss strikes behind the bottleneck, as on a radio hop: what is lost there has used the rate all the same.

import type { Micros } from '../../src/protocol/units.ts'
import { SECOND } from '../../src/protocol/units.ts'
import { Arrivals } from './arrivals.ts'
import { clearLink, type LinkSettings } from './link-settings.ts'
import type { Prng } from './prng.ts'

/** IPv4 and UDP headers: they use the rate too, and leaving them out would flatter every goodput by 2 %. */
export const HEADER_BYTES = 28

/** What became of the datagrams; `sent` counts all that were offered. */
export interface LinkCounters {
  sent: number
  sentBytes: number
  delivered: number
  deliveredBytes: number
  tooLarge: number
  listed: number
  queueFull: number
  blackedOut: number
  lost: number
  corrupted: number
  duplicated: number
  reordered: number
}

export class Link {
  readonly counters: LinkCounters = noCounts()
  #settings: LinkSettings
  #dropList: ReadonlySet<number>
  readonly #random: Prng
  readonly #arrivals = new Arrivals()
  /** When each datagram that is still in the queue or on its way out of it will have left. */
  readonly #departures: Micros[] = []
  #firstDeparture = 0
  #freeAt: Micros = 0
  #isLosing = false
  #lostInARow = 0

  constructor(settings: Partial<LinkSettings>, random: Prng) {
    this.#settings = { ...clearLink, ...settings }
    this.#dropList = new Set(this.#settings.dropList)
    this.#random = random
  }

  get settings(): LinkSettings {
    return this.#settings
  }

  /** From now on larger datagrams are dropped: traffic takes another way. */
  narrow(mtu: number): void {
    this.#settings = { ...this.#settings, mtu }
  }

  /** From now on the link keeps its delay, rate and queue and does no other harm. */
  heal(): void {
    const { delay, bitsPerSecond, queuePackets, mtu } = this.#settings
    this.#settings = { ...clearLink, delay, bitsPerSecond, queuePackets, mtu }
    this.#dropList = new Set()
    this.#isLosing = false
  }

  /** Copies `bytes`, once; the caller may reuse its buffer. */
  send(bytes: Uint8Array, now: Micros): void {
    const index = this.counters.sent
    this.counters.sent += 1
    this.counters.sentBytes += bytes.length
    if (bytes.length > this.#settings.mtu) {
      this.counters.tooLarge += 1
      return
    }
    if (this.#dropList.has(index)) {
      this.counters.listed += 1
      return
    }
    const departure = this.#departure(bytes.length, now)
    if (departure >= 0) this.#carry(bytes, departure)
  }

  /** `Infinity`: nothing is on its way. */
  nextArrival(): Micros {
    return this.#arrivals.nextAt
  }

  /** The next datagram that has arrived by `now`, the caller's to keep and to change; null: no more. */
  takeArrived(now: Micros): Uint8Array | null {
    const bytes = this.#arrivals.take(now)
    if (bytes === null) return null
    this.counters.delivered += 1
    this.counters.deliveredBytes += bytes.length
    return bytes
  }

  isDark(at: Micros): boolean {
    for (const blackout of this.#settings.blackouts) {
      if (at >= blackout.start && at < blackout.start + blackout.length) return true
    }
    return false
  }

  /** When the datagram's last bit will have left the bottleneck; -1: the queue was full. */
  #departure(bytes: number, now: Micros): Micros {
    if (this.#settings.bitsPerSecond === Infinity) return now
    while (this.#firstDeparture < this.#departures.length && this.#departures[this.#firstDeparture]! <= now) {
      this.#firstDeparture += 1
    }
    // One datagram is being sent; only those behind it wait.
    if (this.#departures.length - this.#firstDeparture > this.#settings.queuePackets) {
      this.counters.queueFull += 1
      return -1
    }
    const bits = (bytes + HEADER_BYTES) * 8
    this.#freeAt = Math.max(this.#freeAt, now) + (bits * SECOND) / this.#settings.bitsPerSecond
    this.#departures.push(this.#freeAt)
    this.#forgetDeparted()
    return this.#freeAt
  }

  /** Cuts the part of the list that is behind us, seldom enough to cost nothing. */
  #forgetDeparted(): void {
    if (this.#firstDeparture < 1_024) return
    this.#departures.splice(0, this.#firstDeparture)
    this.#firstDeparture = 0
  }

  #carry(bytes: Uint8Array, departure: Micros): void {
    if (this.isDark(departure)) {
      this.counters.blackedOut += 1
      return
    }
    if (this.#isLost()) {
      this.counters.lost += 1
      return
    }
    const copy = bytes.slice()
    if (this.#random.chance(this.#settings.corrupt)) this.#corrupt(copy)
    this.#arrivals.add(copy, this.#arrivalAfter(departure))
    if (!this.#random.chance(this.#settings.duplicate)) return
    this.counters.duplicated += 1
    this.#arrivals.add(copy.slice(), this.#arrivalAfter(departure))
  }

  #isLost(): boolean {
    const { loss, bursts, longestBurst } = this.#settings
    if (bursts !== null) this.#isLosing = this.#random.chance(this.#isLosing ? 1 - bursts.leave : bursts.enter)
    const isHit = this.#random.chance(loss)
    if ((isHit || this.#isLosing) && this.#lostInARow < longestBurst) {
      this.#lostInARow += 1
      return true
    }
    this.#lostInARow = 0
    return false
  }

  /** Rounded up to whole µs: rounding keeps the order, and clocks of endpoints count in whole ones. */
  #arrivalAfter(departure: Micros): Micros {
    const { delay, jitter, reorder, reorderBy } = this.#settings
    let at = departure + delay
    if (jitter > 0) at += this.#random.fraction() * jitter
    if (this.#random.chance(reorder)) {
      this.counters.reordered += 1
      at += reorderBy
    }
    return Math.ceil(at)
  }

  #corrupt(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.counters.corrupted += 1
    const flip = this.#random.chance(0.5) ? bitFlip : byteChange
    const first = this.#random.int(0, bytes.length - 1)
    bytes[first]! ^= flip(this.#random)
    // Elsewhere than the first change, which could otherwise be undone.
    for (let more = this.#random.int(0, 2); more > 0 && bytes.length > 1; more -= 1) {
      bytes[(first + this.#random.int(1, bytes.length - 1)) % bytes.length]! ^= flip(this.#random)
    }
  }
}

function bitFlip(random: Prng): number {
  return 1 << random.int(0, 7)
}

function byteChange(random: Prng): number {
  return random.int(1, 255)
}

function noCounts(): LinkCounters {
  return {
    sent: 0,
    sentBytes: 0,
    delivered: 0,
    deliveredBytes: 0,
    tooLarge: 0,
    listed: 0,
    queueFull: 0,
    blackedOut: 0,
    lost: 0,
    corrupted: 0,
    duplicated: 0,
    reordered: 0,
  }
}

// hot
// The keys of a session: one pair seals, up to three open, and two bits in the header of a packet say which.
//
//   number    6            7           8         9
//   phase     2            3           0         1
//   slot   [ previous ] [ current ] [ next ] [  empty  ]     sealed with 7; opened with 6, 7 or 8
//
// Next keys are there as soon as we have answered the peer, and become current with its first packet under them: only then is it certain
// that it has them too. Previous keys are kept for packets that were overtaken.

import type { Opener, Sealer, SessionKeys } from '../ports.ts'
import type { Micros, PacketNumber } from '../units.ts'
import { DATA_PACKET, KEY_PHASE_MASK } from '../wire/packet.ts'

export class KeyRing {
  /** Counts the changes of keys; its low bits are the phase. */
  number = 0
  /** Packets under the current keys. */
  sealed = 0
  opened = 0

  readonly #mostSealed: number
  readonly #openers: (Opener | null)[] = [null, null, null, null]
  #sealer: Sealer | null = null
  #next: SessionKeys | null = null
  #previousUntil: Micros = Number.POSITIVE_INFINITY

  constructor(mostSealed: number) {
    this.#mostSealed = mostSealed
  }

  /** The keys of the first handshake. */
  start(keys: SessionKeys): void {
    this.#sealer = keys.sealer
    this.#openers[0] = keys.opener
  }

  /** The current key has sealed as many packets as one may. */
  get isExhausted(): boolean {
    return this.sealed >= this.#mostSealed
  }

  /** Seals a packet as `Sealer.seal` does, and says in its header with which keys. */
  seal(counter: PacketNumber, buffer: Uint8Array, headerStart: number, headerEnd: number, plainEnd: number): void {
    buffer[headerStart] = DATA_PACKET + (this.number & KEY_PHASE_MASK)
    this.#sealer!.seal(counter, buffer, headerStart, headerEnd, plainEnd)
    this.sealed++
  }

  /** What opens packets that begin with this byte; null: no such keys, or none any more. */
  opener(firstByte: number, now: Micros): Opener | null {
    if (now >= this.#previousUntil) this.#dropPrevious()
    return this.#openers[firstByte & KEY_PHASE_MASK]!
  }

  /** A packet that begins with this byte was authentic. True: the first one under the current keys. */
  onOpened(firstByte: number): boolean {
    const phase = firstByte & KEY_PHASE_MASK
    if (this.#next !== null && phase === ((this.number + 1) & KEY_PHASE_MASK)) this.change(this.#next)
    else if (phase !== (this.number & KEY_PHASE_MASK)) return false
    return this.opened++ === 0
  }

  /** The peer may use these from now on. */
  expect(keys: SessionKeys): void {
    this.#next = keys
    this.#openers[(this.number + 1) & KEY_PHASE_MASK] = keys.opener
  }

  /** These seal from now on. What opened before stays, what opened before that goes. */
  change(keys: SessionKeys): void {
    this.number++
    this.sealed = 0
    this.opened = 0
    this.#sealer = keys.sealer
    this.#next = null
    this.#openers[this.number & KEY_PHASE_MASK] = keys.opener
    this.#openers[(this.number - 2) & KEY_PHASE_MASK] = null
    this.#previousUntil = Number.POSITIVE_INFINITY
  }

  keepPreviousUntil(until: Micros): void {
    this.#previousUntil = until
  }

  #dropPrevious(): void {
    this.#openers[(this.number - 1) & KEY_PHASE_MASK] = null
    this.#previousUntil = Number.POSITIVE_INFINITY
  }
}

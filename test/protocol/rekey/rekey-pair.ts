// Both sides' `Rekey` without a session around them: the test carries their frames, and says what was sealed and opened.

import type { SessionKeys } from '../../../src/protocol/ports.ts'
import { ReceivedPackets } from '../../../src/protocol/recovery/received.ts'
import { SentPackets } from '../../../src/protocol/recovery/sent.ts'
import { KeyRing } from '../../../src/protocol/rekey/key-ring.ts'
import { Rekey, RekeyReason, type RekeyWish } from '../../../src/protocol/rekey/rekey.ts'
import { type Micros, SECOND } from '../../../src/protocol/units.ts'
import { Reader, Writer } from '../../../src/protocol/wire/cursor.ts'
import type { FrameType } from '../../../src/protocol/wire/frame-types.ts'
import { RekeyFrame, readRekey } from '../../../src/protocol/wire/rekey-frames.ts'
import { NullCrypto } from '../../sim/null-crypto.ts'
import { Prng } from '../../sim/prng.ts'

export const NOW: Micros = 1_000 * SECOND
export const WISH: RekeyWish = { rekeyAfterPackets: 100, rekeyAfter: 120 * SECOND, rekeyWithin: 180 * SECOND }

export class RekeySide {
  readonly keys = new KeyRing(1_000_000)
  readonly received = new ReceivedPackets()
  readonly sent = new SentPackets()
  readonly rekey: Rekey
  /** How often the session was asked to show the peer a packet under new keys. */
  changes = 0
  /** Why the keys were changed, each time. */
  readonly reasons: RekeyReason[] = []
  probeTimeout: Micros = SECOND

  constructor(role: 'dialler' | 'listener', wish: RekeyWish) {
    const { keys, received, sent } = this
    const isDialler = role === 'dialler'
    const probeTimeout = () => this.probeTimeout
    const onKeysChanged = (why: RekeyReason) => {
      this.reasons.push(why)
      if (why !== RekeyReason.peer) this.changes++
    }
    this.rekey = new Rekey({ keys, sent, received, isDialler, probeTimeout, onKeysChanged }, wish)
  }

  /** So many packets leave. */
  seal(packets: number): void {
    for (let left = packets; left > 0; left--) {
      this.keys.seal(this.sent.next, new Uint8Array(64), 0, 19, 48)
      this.sent.commitBare(NOW)
    }
  }

  /** So many packets arrive that the peer sealed with the keys of this number. */
  open(packets: number, number: number, now = NOW): void {
    for (let left = packets; left > 0; left--) {
      this.received.add(this.received.largest + 1)
      if (this.keys.onOpened(0x40 + (number & 3))) this.rekey.onPeerChanged(now)
    }
  }

  /** The frame that waits; null: none does. */
  take(): Uint8Array | null {
    if (!this.rekey.wantsFrame) return null
    const writer = new Writer().over(new Uint8Array(200), 0, 200)
    this.rekey.write(writer)
    return writer.buffer.slice(0, writer.position)
  }

  hear(frame: Uint8Array, now = NOW): number {
    const reader = new Reader().over(frame, 0, frame.length)
    const type = reader.varint() as typeof FrameType.rekeyInit
    const into = new RekeyFrame()
    if (!readRekey(reader, type, into)) throw new Error('the frame is cut short')
    return this.rekey.onFrame(into, now)
  }
}

export interface RekeyPair {
  readonly dialler: RekeySide
  readonly listener: RekeySide
  /** Whose handshake goes on if both begin one. */
  readonly higher: RekeySide
  readonly lower: RekeySide
}

/** Two sides after their first handshake, each of which has heard the other. */
export function rekeyPair(seed: number, wish: RekeyWish = WISH): RekeyPair {
  const sides = { dialler: new RekeySide('dialler', wish), listener: new RekeySide('listener', wish) }
  const { dialler, listener } = firstKeys(seed)
  const [ofDialler, ofListener] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)]
  sides.dialler.rekey.start(dialler, ofDialler, ofListener, NOW)
  sides.listener.rekey.start(listener, ofListener, ofDialler, NOW)
  sides.dialler.open(1, 0)
  sides.listener.open(1, 0)
  const [higher, lower] = dialler.renewal.prevails ? [sides.dialler, sides.listener] : [sides.listener, sides.dialler]
  return { ...sides, higher, lower }
}

/** One whole exchange that `beginner` begins. */
export function renew(beginner: RekeySide, answerer: RekeySide, now = NOW): void {
  beginner.seal(200)
  beginner.rekey.step(now)
  const number = beginner.rekey.nextNumber
  answerer.hear(beginner.take()!, now)
  beginner.hear(answerer.take()!, now)
  answerer.open(1, number, now)
  beginner.open(1, number, now)
}

/** A packet of one side passes, sealed and opened with the keys that are current there. */
export function passes(from: RekeySide, to: RekeySide, now = NOW): boolean {
  const packet = new Uint8Array(80)
  from.keys.seal(from.sent.next, packet, 0, 19, 64)
  const counter = from.sent.next
  from.sent.commitBare(now)
  return to.keys.opener(packet[0]!, now)?.open(counter, packet, 0, 19, 80) ?? false
}

/** Of the first handshake of a session. */
export function firstKeys(seed: number): { dialler: SessionKeys; listener: SessionKeys } {
  const crypto = new NullCrypto({ random: new Prng(seed), resetKey: 1 })
  const [nothing, packet] = [new Uint8Array(0), new Uint8Array(200)]
  const dial = crypto.dial(nothing)
  const init = packet.slice(0, dial.writeInit(nothing, nothing, packet, 0))
  const answered = crypto.answer(nothing, nothing, init)!.writeResp(nothing, nothing, packet, 0)
  return { dialler: dial.readResp(nothing, packet.slice(0, answered.end))!.keys, listener: answered.keys }
}

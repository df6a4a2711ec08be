// A loss detector with everything it works on, and a congestion controller that only writes down what it is told.

import assert from 'node:assert/strict'
import type { AckedBytes, CongestionController } from '../../../src/protocol/congestion/controller.ts'
import { CloseCode } from '../../../src/protocol/errors.ts'
import { LossDetector } from '../../../src/protocol/recovery/loss.ts'
import { Rtt } from '../../../src/protocol/recovery/rtt.ts'
import { SentFrame, type SentFrameSink, SentPackets } from '../../../src/protocol/recovery/sent.ts'
import { MILLISECOND, type Micros, SECOND } from '../../../src/protocol/units.ts'
import { AckFrame } from '../../../src/protocol/wire/ack-frame.ts'

export const START: Micros = 1_000 * SECOND
export const PACKET_BYTES = 1_200
export const PEER_MAX_ACK_DELAY: Micros = 26 * MILLISECOND

export type Range = readonly [first: number, last: number]

export class Minutes implements CongestionController {
  readonly name = 'minutes'
  windowBytes = Infinity
  readonly inSlowStart = false
  readonly pacingRate = 0
  readonly acked: AckedBytes[] = []
  readonly lost: { bytes: number; newestSentAt: Micros; now: Micros }[] = []
  persistent = 0
  undone = 0

  onSent(): void {}
  onAcked(ack: AckedBytes): void {
    this.acked.push({ ...ack })
  }
  onLost(bytes: number, newestSentAt: Micros, now: Micros): void {
    this.lost.push({ bytes, newestSentAt, now })
  }
  onPersistentCongestion(): void {
    this.persistent++
  }
  onSpuriousLoss(): void {
    this.undone++
  }
  onMaxDatagramBytes(): void {}
}

export class Flight {
  readonly sent = new SentPackets()
  readonly rtt = new Rtt()
  controller = new Minutes()
  /** Packet numbers in the order in which they were taken for lost. */
  readonly lost: number[] = []
  /** How many of them arrived after all. */
  found = 0
  /** One frame per packet, named by its number. */
  readonly framesAcked: number[] = []
  readonly framesLost: number[] = []
  readonly actions: SentFrameSink = {
    onFrameAcked: (_kind, _stream, offset) => this.framesAcked.push(offset),
    onFrameLost: (_kind, _stream, offset) => this.framesLost.push(offset),
  }
  readonly search = { onAcked() {}, onLost() {} }
  readonly loss: LossDetector

  constructor() {
    this.loss = new LossDetector(this)
    this.loss.peerMaxAckDelay = PEER_MAX_ACK_DELAY
  }

  onPacketLost(packet: number): void {
    this.lost.push(packet)
  }

  onPacketFound(): void {
    this.found++
  }

  /** Sends packets at once; returns the number of the last. */
  send(count: number, now: Micros): number {
    for (let i = 0; i < count; i++) {
      this.sent.record(SentFrame.stream, 1, this.sent.next, 1)
      this.sent.commit(PACKET_BYTES, now)
      this.loss.onSent(now)
    }
    return this.sent.next - 1
  }

  /** A packet that only asks whether the path carries one so large. */
  sendSizeProbe(now: Micros): number {
    this.sent.record(SentFrame.sizeProbe, 0, this.sent.next, 1)
    this.sent.commit(PACKET_BYTES, now)
    this.loss.onSent(now)
    return this.sent.next - 1
  }

  /** An ACK of these ranges, newest first, comes in. */
  ack(ranges: readonly Range[], now: Micros, delay: Micros = 0): CloseCode {
    const frame = new AckFrame()
    frame.delay = delay
    frame.count = ranges.length
    for (const [i, [first, last]] of ranges.entries()) {
      frame.first[i] = first
      frame.last[i] = last
    }
    return this.loss.onAck(frame, now)
  }

  /** The path has answered once after `roundTrip`, at `START`: everything before is settled. */
  static measured(roundTrip: Micros): Flight {
    const flight = new Flight()
    const first = flight.send(1, START - roundTrip)
    assert.equal(flight.ack([[first, first]], START), CloseCode.none)
    return flight
  }
}

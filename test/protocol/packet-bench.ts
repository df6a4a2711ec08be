// The parts of one session without endpoint or peer: frames go in at the table, packets come out in plain text.

import type { DatagramBatch, EndpointOptions, EndpointSettings } from '../../src/protocol/api.ts'
import type { CongestionController } from '../../src/protocol/congestion/controller.ts'
import { Cubic } from '../../src/protocol/congestion/cubic.ts'
import { CloseCode } from '../../src/protocol/errors.ts'
import { SHORT_HEADER_BYTES } from '../../src/protocol/limits.ts'
import { UDP } from '../../src/protocol/line.ts'
import { Fill } from '../../src/protocol/packet-builder.ts'
import { type SessionKeys, silentTrace, TAG_BYTES } from '../../src/protocol/ports.ts'
import { SessionParts, type SessionPartsOwner } from '../../src/protocol/session-parts.ts'
import { DEFAULT_SETTINGS } from '../../src/protocol/settings.ts'
import { MemoryBudget } from '../../src/protocol/streams/credit.ts'
import type { Stream } from '../../src/protocol/streams/stream.ts'
import type { PeerStreamLimits } from '../../src/protocol/streams/table.ts'
import { type Micros, SECOND } from '../../src/protocol/units.ts'
import { AckFrame } from '../../src/protocol/wire/ack-frame.ts'
import { Reader, Writer } from '../../src/protocol/wire/cursor.ts'
import { FrameType } from '../../src/protocol/wire/frame-types.ts'
import { type FrameSink, FrameWalker } from '../../src/protocol/wire/frames.ts'
import { dataPacketCounter, dataPacketEnd } from '../../src/protocol/wire/packet.ts'
import { NullCrypto } from '../sim/null-crypto.ts'
import { Prng } from '../sim/prng.ts'

export const NOW: Micros = 1_000 * SECOND

export interface PacketWish {
  readonly settings?: Partial<EndpointSettings>
  readonly peer?: Partial<PeerStreamLimits>
  readonly newController?: (maxDatagramBytes: number) => CongestionController
}

const GENEROUS_PEER: PeerStreamLimits = { maxStreams: 10_000, streamWindow: 1_000_000, sessionWindow: 10_000_000 }
const BATCH_BYTES = 65_507
/** Seals nothing, so that packets can be read, and cannot be renewed. */
const PLAIN: SessionKeys = {
  sealer: { seal() {} },
  opener: { open: () => true },
  renewal: {
    prevails: true,
    dial() {
      throw new Error('no other keys are made here')
    },
    answer: () => null,
  },
}

export class PacketBench {
  readonly parts: SessionParts
  readonly control: Stream
  readonly ready: Stream[] = []
  readonly accepted: Stream[] = []
  readonly batch: DatagramBatch = { buffer: new Uint8Array(BATCH_BYTES), length: 0, segmentBytes: 0, path: 0 }
  /** What is told of closing by the peer. */
  closings = 0

  constructor(wish: PacketWish = {}) {
    const options = optionsOf(wish)
    this.parts = new SessionParts({
      session: 1,
      isDialler: true,
      path: 0,
      options,
      budget: new MemoryBudget(options.settings.memoryBudget),
      walker: new FrameWalker(),
      owner: this.#owner(),
      now: NOW,
    })
    this.control = this.parts.streams.start({ ...GENEROUS_PEER, ...wish.peer })
    this.parts.rekey.start(PLAIN, new Uint8Array(8), new Uint8Array(8), NOW)
    this.parts.sender.start(new Uint8Array(8))
  }

  /** A new stream with so many bytes to send. */
  streamWith(bytes: number): Stream {
    const stream = this.parts.streams.open() as Stream
    stream.write(new Uint8Array(bytes))
    return stream
  }

  /** Notes that the peer sent this packet. */
  receivePacket(packet: number, now: Micros = NOW): void {
    const { received, acks } = this.parts
    const largestBefore = received.largest
    received.add(packet)
    acks.onPacket(packet, largestBefore, true, now)
  }

  /** The peer acknowledges the packets `first…last`. */
  acknowledge(first: number, last: number, now: Micros): number {
    const frame = new AckFrame()
    frame.count = 1
    frame.first[0] = first
    frame.last[0] = last
    this.parts.actions.now = now
    return this.parts.loss.onAck(frame, now)
  }

  /** What the builder puts into one packet with room for so many bytes of frames; the packet has then left. */
  build(room: number, fill: Fill = Fill.all, now: Micros = NOW): string[] {
    const buffer = new Uint8Array(room + 64)
    const writer = new Writer().over(buffer, 0, room)
    this.parts.builder.fill(writer, fill, now)
    if (writer.position > room) throw new Error(`${writer.position} bytes in a packet of ${room}`)
    if (writer.position > 0) {
      if (this.parts.builder.elicitsAck) this.parts.sent.commit(writer.position, now)
      else this.parts.sent.commitBare(now)
      if (this.parts.builder.holdsAck) this.parts.acks.onAckSent()
    }
    return framesOf(buffer, 0, writer.position)
  }

  /** The packets of the next batch; empty: nothing may or need be sent. */
  send(now: Micros): Packet[] {
    if (!this.parts.sender.fill(this.batch, 0, now)) return []
    const { buffer, length } = this.batch
    const whole = buffer.subarray(0, length)
    const packets: Packet[] = []
    for (let at = 0; at < length; ) {
      const end = dataPacketEnd(whole, at)
      if (end < 0) throw new Error('a packet is cut short')
      const frames = framesOf(buffer, at + SHORT_HEADER_BYTES, end - TAG_BYTES)
      packets.push({ number: dataPacketCounter(whole, at), bytes: end - at, frames })
      at = end
    }
    return packets
  }

  #owner(): SessionPartsOwner {
    return {
      get handle(): never {
        throw new Error('no session is needed here')
      },
      clock: NOW,
      onWork() {},
      onStreamReady: (stream) => this.ready.push(stream),
      onStreamAccepted: (stream) => this.accepted.push(stream),
      onStreamsAvailable() {},
      onPeerClosed: () => this.closings++,
      onNewIp() {},
      onViolation(code, reason) {
        throw new Error(`a violation, ${code}: ${reason}`)
      },
    }
  }
}

export interface Packet {
  readonly number: number
  readonly bytes: number
  readonly frames: readonly string[]
}

function optionsOf(wish: PacketWish): EndpointOptions {
  const random = new Prng(7)
  return {
    random,
    crypto: new NullCrypto({ random, resetKey: 7 }),
    trace: silentTrace,
    line: { ...UDP, forbidsFragments: true },
    settings: { ...DEFAULT_SETTINGS, ...wish.settings },
    acceptsSessions: false,
    instanceId: new Uint8Array(16),
    bootId: new Uint8Array(8),
    newController: wish.newController ?? ((maxDatagramBytes) => new Cubic(maxDatagramBytes)),
  }
}

/** The frames in words, padding left out: `ACK 5`, `STREAM 2 0+100 fin`, `MAX_DATA 1000`, … */
export function framesOf(buffer: Uint8Array, start: number, end: number): string[] {
  const told: string[] = []
  const tell = (text: string): CloseCode => {
    told.push(text)
    return CloseCode.none
  }
  const sink: FrameSink = {
    onAck: (frame) => tell(`ACK ${frame.largest}`),
    onStream: (frame) => tell(`STREAM ${frame.id} ${frame.offset}+${frame.length}${frame.fin ? ' fin' : ''}`),
    onResetStream: (frame) => tell(`RESET ${frame.id} code ${frame.code} at ${frame.finalSize}`),
    onStopSending: (frame) => tell(`STOP ${frame.id} code ${frame.code}`),
    onMaxData: (frame) => tell(`MAX_DATA ${frame.limit}`),
    onMaxStreamData: (frame) => tell(`MAX_STREAM_DATA ${frame.id} ${frame.limit}`),
    onMaxStreams: (frame) => tell(`MAX_STREAMS ${frame.limit}`),
    onPathChallenge: () => tell('PATH_CHALLENGE'),
    onPathResponse: () => tell('PATH_RESPONSE'),
    onRekey: (frame) => tell(`${frame.type === FrameType.rekeyInit ? 'REKEY_INIT' : 'REKEY_RESP'} ${frame.number}`),
    onAckFrequency: (frame) => tell(`ACK_FREQUENCY ${frame.sequence} every ${frame.packetsPerAck}`),
    onClose: (frame) => tell(`CLOSE ${frame.code} ${frame.reason}`.trim()),
  }
  if (start === end) return told
  const walker = new FrameWalker()
  const verdict = walker.walk(new Reader().over(buffer, start, end), sink)
  if (verdict !== CloseCode.none) throw new Error(`a frame is malformed: ${verdict}`)
  // A PING leaves no trace but its wish.
  if (walker.wantsHaste && told.every((text) => !text.endsWith('fin'))) told.push('PING')
  return told
}

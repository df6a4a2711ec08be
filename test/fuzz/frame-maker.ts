// Packets of frames whose form is right: streams that exist or nearly so, offsets beside each other and beside the limits, ACKs of what
// was sent and of what was not.

import { FrameType } from '../../src/protocol/wire/frame-types.ts'
import type { Prng } from '../sim/prng.ts'
import { Maker } from './maker.ts'

/** Each as often as the others, but for the one that ends a session. */
const TYPES = Object.values(FrameType).filter((type) => type !== FrameType.close)
const MOST_FRAMES = 5

export function madeFrames(random: Prng): Uint8Array {
  const maker = new Maker(random)
  for (let left = random.int(1, MOST_FRAMES); left > 0 && !maker.isFull; left--)
    addFrame(maker, random.chance(0.01) ? FrameType.close : random.pick(TYPES))
  return maker.made()
}

function addFrame(maker: Maker, type: number): void {
  const { random } = maker
  maker.varint(random.chance(0.99) ? type : random.int(0, 0x3f))
  switch (type) {
    case FrameType.ack:
      addAck(maker)
      return
    case FrameType.stream:
    case FrameType.streamWithFin:
      addStream(maker)
      return
    case FrameType.resetStream:
      maker.varint(streamId(maker)).varint(maker.number(0x40)).varint(maker.number(20))
      return
    case FrameType.stopSending:
      maker.varint(streamId(maker)).varint(maker.number(0x40))
      return
    case FrameType.maxStreamData:
    case FrameType.streamDataBlocked:
      maker.varint(streamId(maker)).varint(maker.number())
      return
    case FrameType.maxData:
    case FrameType.maxStreams:
    case FrameType.dataBlocked:
      maker.varint(maker.number())
      return
    case FrameType.ackFrequency:
      maker.varint(maker.number(20)).varint(maker.number(20))
      return
    case FrameType.pathChallenge:
    case FrameType.pathResponse:
      maker.noise(8)
      return
    case FrameType.close:
      addClose(maker)
      return
  }
}

/** One that the sender may open, mostly: it is the dialler, whose ids are odd. One of the other side may not be there. */
function streamId(maker: Maker): number {
  const id = maker.number(16)
  return id % 2 === 0 && maker.random.chance(0.9) ? id + 1 : id
}

function addAck(maker: Maker): void {
  const ranges = maker.random.pick([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 63, 64])
  maker.varint(maker.number(2)).varint(maker.number()).varint(maker.nearly(ranges)).varint(maker.number(4))
  for (let i = 0; i < ranges; i++) maker.varint(maker.random.int(0, 2)).varint(maker.random.int(0, 2))
}

function addStream(maker: Maker): void {
  const length = maker.random.pick([0, 1, 1, 5, 60, 600])
  maker.varint(streamId(maker)).varint(maker.number(20)).u16(maker.nearly(length)).noise(length)
}

function addClose(maker: Maker): void {
  const length = maker.random.pick([0, 3, 256])
  maker.varint(maker.number(0x20)).varint(maker.nearly(length)).noise(length)
}

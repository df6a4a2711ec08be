import assert from 'node:assert/strict'
import fc from 'fast-check'
import { StreamCode } from '../../src/protocol/errors.ts'
import { Fill } from '../../src/protocol/packet-builder.ts'
import { MOST_FRAMES_PER_PACKET, SentFrame, type SentFrameSink } from '../../src/protocol/recovery/sent.ts'
import type { Stream } from '../../src/protocol/streams/stream.ts'
import { MILLISECOND } from '../../src/protocol/units.ts'
import { NOW, PacketBench } from './packet-bench.ts'
import { streamFrame } from './streams/stream-bytes.ts'

const ROOM = 1_165

/** The kinds of the records that the bench's packet left behind. */
function recordsOf(bench: PacketBench, packet: number): number[] {
  const kinds: number[] = []
  const sink: SentFrameSink = { onFrameAcked: (kind) => kinds.push(kind), onFrameLost() {} }
  bench.parts.sent.settle(packet, sink)
  return kinds
}

/** A stream of the peer with so many bytes in it, which is read and released. */
function readStream(bench: PacketBench, id: number, bytes: number): Stream {
  bench.parts.streams.onStream(streamFrame({ id, offset: 0, length: bytes }), new Uint8Array(bytes))
  const stream = bench.parts.streams.stream(id)!
  while (stream.read() !== null);
  stream.release(bytes)
  return stream
}

describe('PacketBuilder', () => {
  it('puts first what the peer needs to go on, then the control stream, then the others', () => {
    const bench = new PacketBench({ settings: { initialSessionWindow: 300_000 } })
    bench.streamWith(5_000)
    const given = bench.streamWith(100)
    readStream(bench, 2, 200_000)
    given.reset(9)
    bench.parts.streams.allowance.wantsTelling = true
    bench.control.write(new Uint8Array(50))
    bench.receivePacket(0)
    bench.receivePacket(1)
    const frames = bench.build(ROOM)
    assert.deepEqual(
      frames.map((frame) => frame.split(' ').slice(0, 2).join(' ')),
      ['ACK 1', 'MAX_DATA 500000', 'MAX_STREAMS 100', 'MAX_STREAM_DATA 2', 'RESET 3', 'STREAM 0', 'STREAM 1'],
    )
  })

  it('fills a packet with one stream and begins the next with another', () => {
    const bench = new PacketBench()
    for (let i = 0; i < 3; i++) bench.streamWith(3_000)
    const order = Array.from({ length: 6 }, () => bench.build(ROOM).map((frame) => frame.split(' ')[1]))
    assert.deepEqual(order, [['1'], ['3'], ['5'], ['1'], ['3'], ['5']])
  })

  it('packs the short ends of many streams into one packet', () => {
    const bench = new PacketBench()
    for (let i = 0; i < 20; i++) bench.streamWith(30).finish()
    const frames = bench.build(ROOM)
    assert.equal(frames.length, 20)
    assert.ok(frames.every((frame) => frame.endsWith('0+30 fin')))
  })

  it('serves streams evenly, whatever the room in a packet and however many they are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 2_000 }), fc.integer({ min: 2, max: 30 }), (room, count) => {
        const bench = new PacketBench()
        const streams = Array.from({ length: count }, () => bench.streamWith(100_000))
        for (let packet = 0; packet < count * 20; packet++) bench.build(room)
        const sent = streams.map((stream) => stream.send.next)
        // A turn of 1,000 bytes, and the rest of the packet it ended in.
        assert.ok(Math.max(...sent) - Math.min(...sent) <= 1_000 + room, `${sent}`)
      }),
      { numRuns: 50 },
    )
  })

  it('shares the session’s credit evenly, in however small steps it comes', () => {
    for (const step of [100, 1_700, 2_500]) {
      const bench = new PacketBench({ peer: { sessionWindow: 0 } })
      const streams = [bench.streamWith(100_000), bench.streamWith(100_000), bench.streamWith(100_000)]
      for (let limit = step; limit <= step * 30; limit += step) {
        bench.parts.streams.onMaxData({ id: 0, limit })
        while (bench.build(ROOM).length > 0);
      }
      const sent = streams.map((stream) => stream.send.next)
      assert.equal(bench.parts.streams.sentBytes, step * 30)
      assert.ok(Math.max(...sent) - Math.min(...sent) <= Math.max(step, ROOM), `steps of ${step}: ${sent}`)
    }
  })

  it('lets the control stream pass a full queue at once (C-6)', () => {
    const bench = new PacketBench()
    for (let i = 0; i < 50; i++) bench.streamWith(3_000)
    bench.build(ROOM)
    bench.control.write(new Uint8Array(10))
    assert.equal(bench.build(ROOM)[0], 'STREAM 0 0+10')
  })

  it('passes over streams without credit of their own, and comes back to them with the first byte of it (S-3)', () => {
    const bench = new PacketBench({ peer: { streamWindow: 1_000 } })
    const held = bench.streamWith(1_500)
    assert.deepEqual(bench.build(ROOM), ['STREAM 1 0+1000'])
    assert.deepEqual(bench.build(ROOM), [])
    assert.equal(bench.parts.builder.hasSomethingToSend, false)
    held.finish()
    bench.build(ROOM)
    assert.deepEqual(bench.build(ROOM), [])
    bench.parts.streams.onMaxStreamData({ id: 1, limit: 1_500 })
    assert.deepEqual(bench.build(ROOM), ['STREAM 1 1000+500 fin'])
  })

  it('parks streams that wait for the session’s credit, and repeats lost bytes without it (S-3)', () => {
    const bench = new PacketBench({ peer: { sessionWindow: 1_500 } })
    bench.streamWith(1_000)
    bench.streamWith(1_000)
    assert.deepEqual(bench.build(2_000), ['STREAM 1 0+1000', 'STREAM 3 0+500'])
    assert.deepEqual(bench.build(2_000), [])
    assert.equal(bench.parts.builder.hasSomethingToSend, false)
    bench.parts.sent.lose(0, bench.parts.actions)
    assert.deepEqual(bench.build(2_000), ['STREAM 1 0+1000', 'STREAM 3 0+500'])
    assert.deepEqual(bench.build(2_000), [])
    bench.parts.streams.onMaxData({ id: 0, limit: 1_600 })
    assert.deepEqual(bench.build(2_000), ['STREAM 3 500+100'])
    bench.parts.streams.onMaxData({ id: 0, limit: 5_000 })
    assert.deepEqual(bench.build(2_000), ['STREAM 3 600+400'])
    assert.equal(bench.parts.streams.sentBytes, 2_000)
  })

  it('spends credit on the control stream as on any other (S-3)', () => {
    const bench = new PacketBench({ peer: { sessionWindow: 100 } })
    bench.control.write(new Uint8Array(70))
    bench.streamWith(70)
    assert.deepEqual(bench.build(ROOM), ['STREAM 0 0+70', 'STREAM 1 0+30'])
    bench.control.write(new Uint8Array(70))
    assert.deepEqual(bench.build(ROOM), [])
    bench.parts.streams.onMaxData({ id: 0, limit: 150 })
    assert.deepEqual(bench.build(ROOM), ['STREAM 0 70+50'])
  })

  it('sends an end without bytes although no credit is left', () => {
    const bench = new PacketBench({ peer: { sessionWindow: 100, streamWindow: 100 } })
    const stream = bench.streamWith(100)
    bench.build(ROOM)
    stream.finish()
    assert.deepEqual(bench.build(ROOM), ['STREAM 1 100+0 fin'])
  })

  it('says nothing more of a stream that was reset while it waited in any list', () => {
    const bench = new PacketBench({ peer: { sessionWindow: 100 } })
    const parked = bench.streamWith(500)
    bench.build(ROOM)
    parked.reset(3)
    assert.deepEqual(bench.build(ROOM), ['RESET 1 code 3 at 100'])
    bench.parts.streams.onMaxData({ id: 0, limit: 5_000 })
    assert.deepEqual(bench.build(ROOM), [])
    const waiting = bench.streamWith(500)
    waiting.reset(4)
    assert.deepEqual(bench.build(ROOM), ['RESET 3 code 4 at 0'])
    assert.deepEqual(bench.build(ROOM), [])
  })

  it('repeats a stop that was lost, unless the peer has ended meanwhile (F-6)', () => {
    const bench = new PacketBench()
    const stream = bench.streamWith(0)
    stream.stop(5)
    assert.deepEqual(bench.build(ROOM), ['STOP 1 code 5'])
    bench.parts.sent.lose(0, bench.parts.actions)
    assert.deepEqual(bench.build(ROOM), ['STOP 1 code 5'])
    bench.parts.streams.onStream(streamFrame({ id: 1, offset: 0, length: 0, fin: true }), new Uint8Array(0))
    bench.parts.sent.lose(1, bench.parts.actions)
    assert.deepEqual(bench.build(ROOM), [])
  })

  it('tells credit that did not fit in the next packet', () => {
    const bench = new PacketBench()
    readStream(bench, 2, 200_000)
    bench.parts.streams.wantsMaxData = false
    assert.deepEqual(bench.build(5), [])
    assert.deepEqual(bench.build(ROOM), ['MAX_STREAM_DATA 2 462144'])
    assert.deepEqual(bench.build(ROOM), [])
  })

  it('keeps what did not fit for the next packet', () => {
    const bench = new PacketBench()
    for (let i = 0; i < 40; i++) {
      const stream = bench.streamWith(10)
      stream.stop(StreamCode.cancelled)
      stream.reset(StreamCode.cancelled)
    }
    const told: string[] = []
    for (let frames = bench.build(50); frames.length > 0; frames = bench.build(50)) told.push(...frames)
    assert.equal(told.filter((frame) => frame.startsWith('RESET')).length, 40)
    assert.equal(told.filter((frame) => frame.startsWith('STOP')).length, 40)
    assert.equal(new Set(told).size, 80)
  })

  it('stays within the packet, whatever it has to say and however little room there is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 29, max: 300 }),
        fc.array(fc.record({ bytes: fc.nat(500), ends: fc.constantFrom('no', 'finish', 'reset', 'stop') }), {
          maxLength: 30,
        }),
        fc.nat(70),
        (room, wishes, acks) => {
          const bench = new PacketBench()
          for (let packet = 0; packet < acks; packet++) bench.receivePacket(packet * 2)
          for (const { bytes, ends } of wishes) {
            const stream = bench.streamWith(bytes)
            if (ends === 'finish') stream.finish()
            else if (ends !== 'no') stream[ends as 'reset' | 'stop'](StreamCode.cancelled)
          }
          bench.parts.streams.wantsMaxData = true
          bench.parts.streams.allowance.wantsTelling = true
          // `build` throws if a packet has become too long, and reads back every frame of it.
          let packets = 0
          while (bench.build(room).length > 0) packets++
          assert.ok(packets < 2_000)
          assert.equal(bench.parts.builder.hasSomethingToSend, false)
          const left = bench.parts.streams.openedStreams
          assert.equal(left, wishes.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('notes no more frames for one packet than are kept', () => {
    const bench = new PacketBench()
    for (let i = 0; i < 1_500; i++) {
      const stream = bench.streamWith(1)
      if (i % 3 === 0) continue
      stream.stop(StreamCode.cancelled)
      stream.reset(StreamCode.cancelled)
    }
    bench.parts.streams.wantsMaxData = true
    let frames = 0
    for (let built = bench.build(60_000); built.length > 0; built = bench.build(60_000)) {
      assert.ok(built.length <= MOST_FRAMES_PER_PACKET, `${built.length} frames`)
      frames += built.length
    }
    assert.equal(frames, 1 + 500 + 2 * 1_000)
  })

  it('lets an ACK that is not due wait for company, and leaves no record of it', () => {
    const bench = new PacketBench()
    bench.receivePacket(0)
    assert.deepEqual(bench.build(ROOM), [])
    assert.equal(bench.parts.sent.framesNoted, 0)
    assert.equal(bench.parts.builder.holdsAck, false)
    bench.streamWith(10)
    assert.deepEqual(bench.build(ROOM), ['ACK 0', 'STREAM 1 0+10'])
    assert.deepEqual(recordsOf(bench, 0), [SentFrame.stream, SentFrame.ack])
  })

  it('sends an ACK alone once it is due, and expects nothing for it', () => {
    const bench = new PacketBench()
    bench.receivePacket(0)
    assert.deepEqual(bench.build(ROOM, Fill.all, NOW + 25 * MILLISECOND), ['ACK 0'])
    assert.equal(bench.parts.builder.elicitsAck, false)
    assert.equal(bench.parts.sent.bytesInFlight, 0)
    assert.deepEqual(recordsOf(bench, 0), [])
  })

  it('puts only an ACK into a packet that window or pacer would hold back', () => {
    const bench = new PacketBench()
    bench.streamWith(1_000)
    bench.parts.builder.wantsPing = true
    bench.receivePacket(0)
    bench.receivePacket(1)
    assert.deepEqual(bench.build(ROOM, Fill.ackOnly), ['ACK 1'])
    assert.equal(bench.parts.builder.hasSomethingToSend, true)
  })

  it('probes with bytes if there are any, and with a PING if not', () => {
    const bench = new PacketBench()
    bench.streamWith(10)
    assert.deepEqual(bench.build(ROOM, Fill.probe), ['STREAM 1 0+10'])
    assert.deepEqual(bench.build(ROOM, Fill.probe), ['PING'])
  })

  it('sends a wanted PING once, and none if something else asks for an ACK anyway', () => {
    const bench = new PacketBench()
    bench.parts.builder.wantsPing = true
    assert.deepEqual(bench.build(ROOM), ['PING'])
    assert.deepEqual(bench.build(ROOM), [])
    bench.parts.builder.wantsPing = true
    bench.streamWith(10)
    assert.deepEqual(bench.build(ROOM), ['STREAM 1 0+10'])
    assert.deepEqual(bench.build(ROOM), [])
  })

  it('asks for an ACK itself after many packets that were nothing but one (R-3)', () => {
    const bench = new PacketBench()
    const built: string[][] = []
    for (let packet = 0; packet < 42; packet += 2) {
      bench.receivePacket(packet)
      bench.receivePacket(packet + 1)
      const frames = bench.build(ROOM)
      if (!bench.parts.builder.elicitsAck) bench.parts.acks.onBareAck()
      else bench.parts.acks.onElicitingSent()
      built.push(frames)
    }
    assert.equal(built.filter((frames) => frames.includes('PING')).length, 1)
    assert.deepEqual(built[19], ['ACK 39', 'PING'])
  })
})

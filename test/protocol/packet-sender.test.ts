import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Uncontrolled } from '../../src/protocol/congestion/none.ts'
import { CloseCode } from '../../src/protocol/errors.ts'
import { LEAST_SHORT_PACKET_BYTES, SHORT_HEADER_BYTES } from '../../src/protocol/limits.ts'
import { TAG_BYTES } from '../../src/protocol/ports.ts'
import { MOST_TRACKED_PACKETS, SentState } from '../../src/protocol/recovery/sent.ts'
import { MILLISECOND, type Micros } from '../../src/protocol/units.ts'
import { CloseFrame } from '../../src/protocol/wire/close-frame.ts'
import { framesOf, NOW, type Packet, PacketBench } from './packet-bench.ts'

const FULL = 1_200
/** RFC 9002's initial window. */
const INITIAL_WINDOW = 10 * FULL
const RTT: Micros = 50 * MILLISECOND

/** All batches that may leave now. */
function sendAll(bench: PacketBench, now: Micros): Packet[][] {
  const batches: Packet[][] = []
  for (let packets = bench.send(now); packets.length > 0; packets = bench.send(now)) batches.push(packets)
  return batches
}

/** What the ring of sent packets holds in flight, counted one by one. */
function countedInFlight(bench: PacketBench): number {
  const { sent } = bench.parts
  let bytes = 0
  for (let packet = sent.oldest; packet < sent.next; packet++) {
    if (sent.state(packet) === SentState.inFlight) bytes += sent.bytes(packet)
  }
  return bytes
}

describe('PacketSender', () => {
  it('fills batches with packets of one size, of which only the last may be shorter (W-6)', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(sizes, (streams) => {
        const bench = new PacketBench({ newController: () => new Uncontrolled() })
        for (const bytes of streams) bench.streamWith(bytes).finish()
        for (let packets = bench.send(NOW); packets.length > 0; packets = bench.send(NOW)) {
          const most = packets[0]!.bytes
          assert.ok(most <= FULL)
          assert.equal(bench.batch.segmentBytes, most)
          packets.forEach(({ bytes }, i) => {
            assert.ok(bytes >= LEAST_SHORT_PACKET_BYTES)
            assert.ok(i === packets.length - 1 ? bytes <= most : bytes === most)
          })
        }
        assert.equal(bench.parts.builder.hasSomethingToSend, false)
      }),
      { numRuns: 100 },
    )
  })

  it('says how long the segments of a batch are', () => {
    const bench = new PacketBench({ newController: () => new Uncontrolled() })
    bench.streamWith(3_000)
    assert.deepEqual(
      bench.send(NOW).map(({ bytes }) => bytes),
      [FULL, FULL, 722],
    )
    assert.equal(bench.batch.segmentBytes, FULL)
    assert.equal(bench.batch.length, 2 * FULL + 722)
    bench.streamWith(1)
    assert.deepEqual(
      bench.send(NOW).map(({ bytes }) => bytes),
      [LEAST_SHORT_PACKET_BYTES],
    )
    assert.equal(bench.batch.segmentBytes, LEAST_SHORT_PACKET_BYTES)
  })

  it('never writes beyond the batch', () => {
    const bench = new PacketBench({ newController: () => new Uncontrolled() })
    bench.streamWith(900_000)
    for (const packets of sendAll(bench, NOW)) assert.ok(packets.length <= Math.floor(65_507 / FULL))
    assert.equal(bench.parts.streams.sentBytes, 900_000)
  })

  it('stops at the window, to the packet', () => {
    const bench = new PacketBench()
    bench.streamWith(100_000)
    const packets = sendAll(bench, NOW).flat()
    assert.equal(packets.length, 10)
    assert.equal(bench.parts.sent.bytesInFlight, INITIAL_WINDOW)
    assert.deepEqual(bench.send(NOW + 10_000_000), [])
    assert.equal(bench.acknowledge(0, 0, NOW + RTT), CloseCode.none)
    const grown = sendAll(bench, NOW + RTT).flat()
    assert.ok(grown.length >= 1)
    assert.ok(bench.parts.sent.bytesInFlight <= bench.parts.controller.windowBytes)
  })

  it('still sends an ACK when the window is closed', () => {
    const bench = new PacketBench()
    bench.streamWith(100_000)
    sendAll(bench, NOW)
    bench.receivePacket(0)
    bench.receivePacket(1)
    assert.deepEqual(
      sendAll(bench, NOW)
        .flat()
        .map(({ frames }) => frames),
      [['ACK 1']],
    )
    assert.equal(bench.parts.sent.bytesInFlight, INITIAL_WINDOW)
  })

  it('spreads a window over its round trip, and says when the next packet may go', () => {
    const bench = new PacketBench()
    bench.parts.rtt.sample(RTT, 0)
    bench.streamWith(500_000)
    let now = NOW
    let sent = 0
    for (let i = 0; i < 1_000 && bench.parts.sent.bytesInFlight + FULL <= bench.parts.controller.windowBytes; i++) {
      sent += sendAll(bench, now).flat().length
      const { deadline } = bench.parts.sender
      if (deadline === Infinity) break
      assert.ok(deadline > now, 'a deadline that has passed would be waited for without rest')
      now = deadline
    }
    assert.ok(sent >= 10)
    assert.equal(bench.parts.sender.deadline, Infinity)
    // The window is full: what is missing now is an ACK, not time.
    assert.deepEqual(bench.send(now + RTT), [])
    assert.equal(bench.parts.sender.deadline, Infinity)
  })

  it('holds nothing back for the pacer once there is nothing to send', () => {
    const bench = new PacketBench()
    bench.parts.rtt.sample(RTT, 0)
    const stream = bench.streamWith(30_000)
    sendAll(bench, NOW)
    stream.reset(1)
    bench.acknowledge(0, 1, NOW + RTT)
    sendAll(bench, NOW + RTT)
    assert.equal(bench.parts.builder.hasSomethingToSend, false)
    assert.equal(bench.parts.sender.deadline, Infinity)
  })

  it('lets probes pass window and pacer, each with something to acknowledge', () => {
    const bench = new PacketBench()
    bench.parts.rtt.sample(RTT, 0)
    bench.streamWith(100_000)
    for (let i = 0; i < 20; i++) sendAll(bench, NOW + i * RTT)
    const inFlight = bench.parts.sent.bytesInFlight
    bench.parts.sender.probe(2)
    const probes = sendAll(bench, NOW + 20 * RTT).flat()
    assert.equal(probes.length, 2)
    assert.deepEqual(
      probes.map(({ frames }) => frames[0]),
      ['STREAM 1 0+1160', 'STREAM 1 1160+1159'],
    )
    assert.equal(bench.parts.sent.bytesInFlight, inFlight + probes[0]!.bytes + probes[1]!.bytes)
    assert.deepEqual(bench.send(NOW + 20 * RTT), [])
  })

  it('cuts probes to what every path carries: what goes unanswered may have become too large (P-10)', () => {
    const bench = new PacketBench()
    bench.parts.sender.resize(9_000)
    bench.streamWith(30_000)
    const [first] = sendAll(bench, NOW).flat()
    assert.equal(first!.bytes, 9_000)
    bench.parts.sender.probe(2)
    assert.deepEqual(
      sendAll(bench, NOW + RTT)
        .slice(0, 2)
        .map(([packet, ...more]) => [packet!.bytes, more.length]),
      [
        [FULL, 0],
        [FULL, 0],
      ],
    )
  })

  it('asks for the size of the path by a packet of that size with nothing in it, in a batch of its own (P-8, P-9)', () => {
    const bench = new PacketBench({ settings: { ceilingDatagramBytes: 65_507 } })
    const { sender, sent, search } = bench.parts
    assert.equal(sender.fillSizeProbe(bench.batch, 3, NOW), false)
    bench.streamWith(3 * FULL)
    sendAll(bench, NOW)
    const before = sent.bytesInFlight
    assert.equal(sender.fillSizeProbe(bench.batch, 3, NOW), true)
    const { length, segmentBytes, path, buffer } = bench.batch
    assert.deepEqual([length, segmentBytes, path], [1_472, 1_472, 3])
    assert.deepEqual(framesOf(buffer, SHORT_HEADER_BYTES, length - TAG_BYTES), ['PING'])
    assert.equal(sent.bytesInFlight, before + FULL, 'it takes the place of one datagram')
    assert.equal(sender.fillSizeProbe(bench.batch, 3, NOW), false, 'one at a time')
    assert.deepEqual(
      sendAll(bench, NOW)
        .flat()
        .map(({ frames }) => frames),
      [['PING']],
      'what is behind it says soonest that it was lost',
    )
    bench.acknowledge(sent.next - 2, sent.next - 2, NOW + RTT)
    assert.equal(search.bytes, 1_472)
  })

  it('asks for nothing while the window is full, and never by repeating what it asked', () => {
    const bench = new PacketBench({ settings: { ceilingDatagramBytes: 65_507 } })
    bench.streamWith(100_000)
    sendAll(bench, NOW)
    assert.equal(bench.parts.sender.fillSizeProbe(bench.batch, 0, NOW), false)
    bench.acknowledge(0, 1, NOW + RTT)
    assert.equal(bench.parts.sender.fillSizeProbe(bench.batch, 0, NOW + RTT), true)
    bench.parts.sender.probe(20)
    assert.equal(bench.parts.search.wanted, 0, 'still on its way')
  })

  it('probes with a PING when nothing is on its way', () => {
    const bench = new PacketBench()
    bench.parts.sender.probe(1)
    assert.deepEqual(
      sendAll(bench, NOW)
        .flat()
        .map(({ frames }) => frames),
      [['PING']],
    )
  })

  it('counts what is in flight exactly, through ACKs, losses and packets that count nothing', () => {
    const act = fc.record({
      kind: fc.constantFrom('write', 'ack', 'lose', 'receive', 'probe', 'path'),
      size: fc.nat(20),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const bench = new PacketBench()
        const { sent, actions, sender } = bench.parts
        let now = NOW
        let received = 0
        const inFlight: number[] = []
        for (const { kind, size } of acts) {
          now += MILLISECOND
          if (kind === 'write') bench.streamWith(size * 300 + 1)
          else if (kind === 'probe') sender.probe(1)
          else if (kind === 'path') {
            sender.fillPathMessage(bench.batch, { path: 9, isResponse: true, challenge: new Uint8Array(8) }, now)
          } else if (kind === 'receive') bench.receivePacket(received++, now)
          else {
            const packet = sent.oldest + size
            if (packet >= sent.next || sent.state(packet) !== SentState.inFlight) continue
            if (kind === 'ack') sent.settle(packet, actions)
            else sent.lose(packet, actions)
          }
          for (const { number, frames } of sendAll(bench, now).flat()) {
            if (frames.some((frame) => !frame.startsWith('ACK'))) inFlight.push(number)
          }
          assert.equal(sent.bytesInFlight, countedInFlight(bench))
          for (const number of inFlight) assert.notEqual(sent.state(number), SentState.bare)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('uses every number once and in order, but for those it leaves out on purpose (W-9, F-2)', () => {
    const bench = new PacketBench({ newController: () => new Uncontrolled() })
    bench.streamWith(900_000)
    const numbers = sendAll(bench, NOW)
      .flat()
      .map(({ number }) => number)
    let skipped = 0
    for (let number = 0, at = 0; at < numbers.length; number++) {
      if (numbers[at] === number) at++
      else {
        assert.equal(bench.parts.sent.state(number), SentState.skipped)
        skipped++
      }
    }
    assert.ok(skipped >= 1)
  })

  it('closes over a peer that acknowledges what was never sent', () => {
    const bench = new PacketBench({ newController: () => new Uncontrolled() })
    bench.streamWith(900_000)
    sendAll(bench, NOW)
    assert.equal(bench.acknowledge(0, bench.parts.sent.next - 1, NOW + RTT), CloseCode.protocolViolation)
    assert.equal(
      bench.acknowledge(bench.parts.sent.next, bench.parts.sent.next, NOW + RTT),
      CloseCode.protocolViolation,
    )
  })

  it('has no more packets on their way than are kept, however wide the window is', () => {
    const bench = new PacketBench({
      newController: () => new Uncontrolled(),
      peer: { streamWindow: 100_000_000, sessionWindow: 100_000_000 },
    })
    bench.streamWith(45_000_000)
    sendAll(bench, NOW)
    assert.equal(bench.parts.sent.next - bench.parts.sent.oldest, MOST_TRACKED_PACKETS)
    assert.equal(bench.acknowledge(0, 1, NOW + RTT), CloseCode.none)
    assert.equal(sendAll(bench, NOW + RTT).flat().length, 2)
  })

  it('pads path messages and goodbyes like any packet, and expects an answer only to the first (W-6)', () => {
    const bench = new PacketBench()
    const message = { path: 5, isResponse: false, challenge: new Uint8Array(8).fill(3) }
    bench.parts.sender.fillPathMessage(bench.batch, message, NOW)
    assert.deepEqual(
      [bench.batch.path, bench.batch.length, bench.batch.segmentBytes],
      [5, LEAST_SHORT_PACKET_BYTES, LEAST_SHORT_PACKET_BYTES],
    )
    assert.equal(bench.parts.sent.bytesInFlight, LEAST_SHORT_PACKET_BYTES)
    const goodbye = new CloseFrame()
    goodbye.reason = 'done'
    bench.parts.sender.fillClose(bench.batch, 6, goodbye, NOW)
    assert.deepEqual([bench.batch.path, bench.batch.length], [6, LEAST_SHORT_PACKET_BYTES])
    assert.equal(bench.parts.sent.bytesInFlight, LEAST_SHORT_PACKET_BYTES)
    assert.equal(bench.parts.sender.packetsSent, 2)
    assert.equal(bench.parts.sender.bytesSent, 2 * LEAST_SHORT_PACKET_BYTES)
  })
})

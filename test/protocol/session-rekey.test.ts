import assert from 'node:assert/strict'
import type { SessionHandle, StreamHandle } from '../../src/protocol/api.ts'
import { CloseCode, DropReason } from '../../src/protocol/errors.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { DATA_PACKET, dataPacketCounter, isDataPacket, KEY_PHASE_MASK } from '../../src/protocol/wire/packet.ts'
import { bytesOf } from './bytes.ts'
import { type Line, SETTLING } from './endpoint-pair.ts'
import {
  type Connected,
  connected,
  ENDS,
  eventsOf,
  exchange,
  feed,
  outgoing,
  START,
  statsOf,
  toldBy,
} from './endpoints.ts'
import { RawPeer } from './raw-peer.ts'
import { assertAtRest, type Talk, type TalkWish, talk } from './session-talk.ts'
import { bytesBetween } from './streams/stream-bytes.ts'

/** Windows of some 50 packets: a change takes a round trip or two, and there must be time for many. */
const NARROW = {
  initialStreamWindow: 60_000,
  ceilingStreamWindow: 60_000,
  initialSessionWindow: 60_000,
  ceilingSessionWindow: 60_000,
}
const OFTEN = { ...NARROW, rekeyAfterPackets: 100 }
const NEVER = { ...NARROW, rekeyAfterPackets: 1_000_000 }
const MEGABYTE = 1_000_000

function rekeysOf(session: SessionHandle): number {
  return statsOf(session).rekeys
}

/** One stream, so many bytes each way at once; every byte is checked where it is read. */
function bulk(wish: TalkWish, bytes = MEGABYTE): Talk {
  const both = talk(wish)
  const { pair, dialler, listener, ours } = both
  const written = new Map<StreamHandle, number>()
  const write = (stream: StreamHandle): void => {
    let at = written.get(stream) ?? 0
    for (; at < bytes && stream.isWritable; at += 10_000) stream.write(bytesBetween(at, at + 10_000))
    written.set(stream, at)
    if (at === bytes) stream.finish()
  }
  for (const side of [dialler, listener]) {
    side.onStream = (stream) => {
      if (stream.id === 0) return
      side.drain(stream)
      write(stream)
    }
  }
  const stream = ours.openStream()!
  write(stream)
  assert.ok(pair.run(120 * SECOND, () => stream.isClosed && listener.accepted[0]!.isClosed))
  assert.deepEqual([dialler.read.get(stream), listener.read.get(listener.accepted[0]!)], [bytes, bytes])
  pair.run(SETTLING)
  assertAtRest(ours, both.theirs)
  return both
}

/** Rounds of a few packets each way, one after the other, with what was on the wire. */
function chat({ dialler, listener, ours }: Connected, rounds: number): { toListener: Uint8Array[]; now: number } {
  const toListener: Uint8Array[] = []
  const stream = ours.openStream()!
  let now = START
  for (let round = 0; round < rounds; round++) {
    now = START + round * 10 * MILLISECOND
    stream.write(bytesOf('616263'))
    for (const end of [dialler, listener]) if (end.nextDeadline() <= now) end.onDeadline(now)
    for (const { bytes } of outgoing(dialler, now)) {
      toListener.push(bytes)
      feed(listener, bytes, ENDS.here, now)
    }
    exchange(dialler, listener, now)
    for (const end of [dialler, listener]) {
      for (let ready = end.nextReadyStream(); ready !== null; ready = end.nextReadyStream()) ready.read()
    }
  }
  eventsOf(listener)
  return { toListener, now }
}

/** More than one turn of the two bits. */
const TURN = 5

describe('Session, new keys', () => {
  for (const [name, line] of [
    ['a clear line', {}],
    ['a line that loses', { loss: 0.05, seed: 3 }],
    ['a line that loses and overtakes', { loss: 0.02, jitter: 30 * MILLISECOND, seed: 4 }],
  ] as [string, Line][]) {
    it(`come again and again under a bulk both ways over ${name}, without a byte lost`, () => {
      const { ours, theirs, dialler, listener } = bulk({ settings: OFTEN, line })
      assert.ok(rekeysOf(ours) >= TURN, `${rekeysOf(ours)} changes`)
      assert.equal(rekeysOf(ours), rekeysOf(theirs))
      assert.deepEqual([dialler.told, listener.told], [['opened'], ['opened', 'accepted']])
    })
  }

  it('come from the listener where the dialler never asks', () => {
    const { ours, theirs } = bulk({ settings: NEVER, listenerSettings: OFTEN })
    assert.ok(rekeysOf(theirs) >= TURN, `${rekeysOf(theirs)} changes`)
    assert.equal(rekeysOf(ours), rekeysOf(theirs))
  })

  it('come once where both sides ask at once', () => {
    for (let seed = 1; seed <= 5; seed++) {
      // 100 for both, since the listener is the more patient one.
      const listenerSettings = { ...OFTEN, rekeyAfterPackets: 80 }
      const { ours, theirs } = bulk({ settings: OFTEN, listenerSettings, line: { seed, jitter: 2 * MILLISECOND } })
      assert.ok(rekeysOf(ours) >= TURN, `${rekeysOf(ours)} changes, seed ${seed}`)
      assert.equal(rekeysOf(ours), rekeysOf(theirs), `seed ${seed}`)
    }
  })

  it('are shown to the peer until it has seen them, though there is nothing else to say (K-3)', () => {
    const { dialler, listener, ours, theirs } = connected({ rekeyAfterPackets: 64 })
    const stream = ours.openStream()!
    for (let sent = 0; rekeysOf(ours) === 0 && sent < 200; sent++) {
      stream.write(bytesOf('61'))
      for (const { bytes } of outgoing(dialler, START)) feed(listener, bytes, ENDS.here, START)
      for (const { bytes } of outgoing(listener, START)) feed(dialler, bytes, ENDS.there, START)
    }
    const lost = outgoing(dialler, START)
    assert.deepEqual([lost[0]!.bytes[0], rekeysOf(ours), rekeysOf(theirs)], [DATA_PACKET + 1, 1, 0])
    for (let now = START; rekeysOf(theirs) === 0 && now < START + 5 * SECOND; now = dialler.nextDeadline()) {
      dialler.onDeadline(now)
      exchange(dialler, listener, now)
    }
    assert.equal(rekeysOf(theirs), 1)
  })

  it('come with age to a session that is used, and not to one that only keeps alive', () => {
    const used = talk({ settings: { rekeyAfter: 10 * SECOND } })
    const stream = used.ours.openStream()!
    for (let round = 0; round < 100; round++) {
      stream.write(bytesBetween(round, round + 1))
      used.pair.run(SECOND)
    }
    assert.ok(rekeysOf(used.ours) >= 2, `${rekeysOf(used.ours)} changes`)
    const idle = talk({ settings: { rekeyAfter: 10 * SECOND } })
    idle.pair.run(200 * SECOND)
    assert.equal(rekeysOf(idle.ours), 0)
  })

  it('are told apart by two bits of the header, and the numbers of packets go on through all of them (W-8, W-9, K-4)', () => {
    const pair = connected({ rekeyAfterPackets: 64 })
    const { toListener } = chat(pair, 800)
    const packets = toListener.filter((packet) => isDataPacket(packet[0]!))
    const phases = packets.map((packet) => packet[0]! - DATA_PACKET)
    const changes = phases.filter((phase, index) => index > 0 && phase !== phases[index - 1])
    assert.deepEqual(changes.slice(0, 6), [1, 2, 3, 0, 1, 2])
    const numbers = packets.map((packet) => dataPacketCounter(packet, 0))
    assert.ok(numbers.every((number, index) => index === 0 || number > numbers[index - 1]!))
    assert.ok(rekeysOf(pair.ours) > 4)
  })

  it('leave packets that were overtaken readable for ten seconds, and no longer (K-5)', () => {
    for (const [wait, taken] of [
      [9_900 * MILLISECOND, true],
      [10_100 * MILLISECOND, false],
    ] as const) {
      const pair = connected({ rekeyAfterPackets: 64 })
      const { dialler, listener, ours, theirs, listenerDrops } = pair
      chat(pair, 1)
      const stream = ours.openStream()!
      // Shortly before the change: what is older than what the peer knows to be acknowledged counts as received.
      for (let sent = 0; sent < 50; sent++) {
        stream.write(bytesOf('61'))
        exchange(dialler, listener, START)
      }
      assert.equal(rekeysOf(theirs), 0)
      stream.write(bytesOf('6c617465'))
      const [late] = outgoing(dialler, START)
      assert.equal(late!.bytes[0], DATA_PACKET)
      for (let sent = 0; rekeysOf(theirs) === 0 && sent < 1_000; sent++) {
        stream.write(bytesOf('61'))
        exchange(dialler, listener, START + MILLISECOND)
      }
      listenerDrops.take()
      const received = statsOf(theirs).packetsReceived
      feed(listener, late!.bytes, ENDS.here, START + MILLISECOND + wait)
      assert.deepEqual(listenerDrops.take(), taken ? [] : [DropReason.notAuthentic], `${wait} µs later`)
      assert.equal(statsOf(theirs).packetsReceived - received, taken ? 1 : 0)
    }
  })

  it('make whatever was recorded under the keys before the previous ones worthless, whichever phase it claims (K-5)', () => {
    const pair = connected({ rekeyAfterPackets: 64 })
    const { toListener, now } = chat(pair, 400)
    assert.ok(rekeysOf(pair.theirs) >= 4)
    const before = statsOf(pair.theirs)
    pair.listenerDrops.take()
    for (const packet of toListener) {
      for (let phase = 0; phase <= KEY_PHASE_MASK; phase++) {
        const claimed = packet.slice()
        claimed[0] = DATA_PACKET + phase
        // Beyond all numbers that were seen, so that it is not dropped as one that came twice.
        claimed[12] = 1
        feed(pair.listener, claimed, ENDS.here, now)
      }
    }
    assert.deepEqual(new Set(pair.listenerDrops.take()), new Set([DropReason.notAuthentic]))
    assert.deepEqual(statsOf(pair.theirs), before)
  })

  it('that never come end the session at the limit of one key, with a code of their own (K-11)', () => {
    const settings = { rekeyAfterPackets: 1_000_000, mostPacketsPerKey: 200 }
    const { dialler, listener, ours, theirs } = connected(settings)
    const stream = ours.openStream()!
    const sent: number[] = []
    for (let round = 0; theirs.control.isClosed === false && round < 1_000; round++) {
      stream.write(bytesOf('61'))
      for (const { bytes } of outgoing(dialler, START + round)) {
        sent.push(bytes[0]!)
        feed(listener, bytes, ENDS.here, START + round)
      }
      for (const { bytes } of outgoing(listener, START + round)) feed(dialler, bytes, ENDS.there, START + round)
    }
    const closed = eventsOf(dialler).find(({ kind }) => kind === 'closed')
    assert.deepEqual([closed?.kind, 'code' in closed! && closed.code], ['closed', CloseCode.keyExhausted])
    assert.deepEqual(toldBy(listener), ['accepted', 'closed by peer'])
    assert.equal(statsOf(ours).packetsSent, 200 + 3, 'goodbyes excepted')
    assert.equal(stream.isClosed, true)
  })

  it('end the session of a peer that plays with them', () => {
    for (const frame of [`20 01 ${'00'.repeat(96)}`, `20 02 ${'00'.repeat(96)}`, `21 02 ${'00'.repeat(48)}`]) {
      const { listener } = connected()
      const peer = new RawPeer(listener, { seed: 9, path: 9 }, START)
      eventsOf(listener)
      peer.send(bytesOf(frame), START)
      assert.deepEqual(toldBy(listener), ['closed by violation'], frame)
    }
  })

  it('are not disturbed by an answer to nothing, or by frames of the keys that are there (K-6)', () => {
    for (const frame of [`21 01 ${'00'.repeat(48)}`, `20 00 ${'00'.repeat(96)}`, `21 00 ${'00'.repeat(48)}`]) {
      const { listener } = connected()
      const peer = new RawPeer(listener, { seed: 9, path: 9 }, START)
      eventsOf(listener)
      peer.send(bytesOf(frame), START)
      assert.deepEqual(toldBy(listener), [], frame)
    }
  })
})

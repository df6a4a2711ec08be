// What an endpoint makes of a datagram before any key is asked: its kind, its version, its length, and how many packets lie in it.

import assert from 'node:assert/strict'
import { DropReason } from '../../src/protocol/errors.ts'
import { SHORT_HEADER_BYTES } from '../../src/protocol/limits.ts'
import { COOKIE_PACKET_BYTES, isDataPacket, PacketType, writeDataLength } from '../../src/protocol/wire/packet.ts'
import { bytesOf, joined } from './bytes.ts'
import { connected, Drops, ENDS, eventsOf, feed, newEndpoint, outgoing, START, statsOf } from './endpoints.ts'
import { RawPeer, rawDial } from './raw-peer.ts'

const PING = bytesOf('01')
const VERSION_AT = 1

describe('Endpoint, datagrams', () => {
  it('drops those whose first byte is of no kind (W-1)', () => {
    const { listener, theirs, listenerDrops } = connected()
    const before = statsOf(theirs)
    const kinds = new Set<number>(Object.values(PacketType))
    const unknown = Array.from({ length: 256 }, (_, byte) => byte).filter(
      (byte) => !kinds.has(byte) && !isDataPacket(byte),
    )
    for (const byte of unknown) feed(listener, new Uint8Array(1_200).fill(byte), ENDS.here, START)
    feed(listener, new Uint8Array(0), ENDS.here, START)
    assert.deepEqual(new Set(listenerDrops.take()), new Set([DropReason.unknownType]))
    assert.deepEqual(outgoing(listener, START), [])
    assert.deepEqual(statsOf(theirs), before)
  })

  it('drops INIT, RESP and COOKIE of another version, and answers none (W-2)', () => {
    const drops = new Drops()
    const dialler = newEndpoint({ seed: 1, trace: drops })
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, trace: drops })
    dialler.dial(ENDS.there, START)
    const [init] = outgoing(dialler, START)
    feed(listener, init!.bytes, ENDS.here, START)
    const [resp] = outgoing(listener, START)
    const cookie = new Uint8Array(COOKIE_PACKET_BYTES)
    cookie[0] = PacketType.cookie
    for (const version of [0, 2, 255]) {
      for (const [endpoint, bytes] of [
        [listener, init!.bytes],
        [dialler, resp!.bytes],
        [dialler, cookie],
      ] as const) {
        const other = bytes.slice()
        other[VERSION_AT] = version
        feed(endpoint, other, ENDS.here, START)
      }
    }
    assert.deepEqual(drops.take(), Array(9).fill(DropReason.unknownVersion))
    assert.deepEqual([...outgoing(dialler, START), ...outgoing(listener, START)], [])
    feed(dialler, resp!.bytes, ENDS.there, START)
    assert.equal(eventsOf(dialler)[0]?.kind, 'opened', 'nothing was changed by them')
  })

  it('gives each session an id of its own that chance has made, with a zero in front (W-3)', () => {
    const { ours, theirs } = connected()
    const ids = [ours.localId, theirs.localId]
    const dialler = newEndpoint({ seed: 1 })
    for (let dials = 0; dials < 200; dials++) ids.push(dialler.dial(ENDS.there, START).localId)
    const other = newEndpoint({ seed: 3 })
    for (let dials = 0; dials < 200; dials++) ids.push(other.dial(ENDS.there, START).localId)
    assert.ok(ids.every((id) => id.length === 8 && id[0] === 0))
    for (let at = 1; at < 8; at++) {
      const values = new Set(ids.map((id) => id[at]))
      assert.ok(values.size > 100, `byte ${at} takes ${values.size} values`)
    }
  })

  it('takes no INIT that is longer than 1,500 bytes, though its mac1 is right (W-4)', () => {
    const drops = new Drops()
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, trace: drops })
    const { crypto } = listener.options
    for (const [length, reason] of [
      [1_501, DropReason.badLength],
      [1_500, DropReason.badHandshake],
    ] as const) {
      const init = new Uint8Array(length)
      init.set(rawDial({ seed: 1, path: ENDS.here }, START).init)
      crypto.mac(init, length - 32, init, length - 32)
      init.fill(0, length - 16)
      feed(listener, init, ENDS.here, START)
      assert.deepEqual(drops.take(), [reason], `${length} bytes`)
    }
    assert.deepEqual(outgoing(listener, START), [])
  })

  it('drops a packet that reaches beyond its datagram, and what follows it (W-10)', () => {
    const drops = new Drops()
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, trace: drops })
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
    const [event] = eventsOf(listener)
    assert.ok(event?.kind === 'opened')
    const before = statsOf(event.session).packetsReceived
    const [first, second, third] = [peer.seal(PING), peer.seal(PING), peer.seal(PING)]
    writeDataLength(second, 0, second.length + third.length - SHORT_HEADER_BYTES + 1)
    listener.receive(joined(first, second, third), ENDS.here, START)
    assert.equal(statsOf(event.session).packetsReceived, before + 1, 'the one in front is taken')
    assert.deepEqual(drops.take(), [DropReason.badLength])
  })
})

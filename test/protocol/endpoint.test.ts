import assert from 'node:assert/strict'
import { CloseCode, DropReason } from '../../src/protocol/errors.ts'
import { hex } from '../../src/protocol/hex.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { PacketType } from '../../src/protocol/wire/packet.ts'
import { bytesOf } from './bytes.ts'
import {
  connected,
  type Datagram,
  Drops,
  ENDS,
  eventsOf,
  exchange,
  feed,
  newEndpoint,
  outgoing,
  START,
  statsOf,
  toldBy,
} from './endpoints.ts'
import { RawPeer, rawDial } from './raw-peer.ts'

const PING = bytesOf('01')

function kindsOf(datagrams: readonly Datagram[]): number[] {
  return datagrams.map(({ bytes }) => bytes[0]!)
}

describe('Endpoint, dialling', () => {
  it('opens a session on both sides with one INIT, one RESP and one packet that confirms it (H-7)', () => {
    const dialler = newEndpoint({ seed: 1 })
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    dialler.dial(ENDS.there, START)
    const [init, ...more] = outgoing(dialler, START)
    assert.deepEqual([init!.path, init!.bytes.length, more.length], [ENDS.there, 1_200, 0])
    feed(listener, init!.bytes, ENDS.here, START)
    const [resp] = outgoing(listener, START)
    assert.equal(resp!.path, ENDS.here)
    assert.deepEqual(toldBy(listener), [], 'not before the dialler has shown that it got the answer')
    feed(dialler, resp!.bytes, ENDS.there, START)
    assert.deepEqual(toldBy(dialler), ['opened'])
    const [confirming] = outgoing(dialler, START)
    feed(listener, confirming!.bytes, ENDS.here, START)
    assert.deepEqual(toldBy(listener), ['opened'])
  })

  it('repeats its INIT byte for byte 250 ms, 500 ms and a second later, and gives up after 30 s', () => {
    const dialler = newEndpoint({ seed: 1 })
    dialler.dial(ENDS.there, START)
    const [first] = outgoing(dialler, START)
    const at: number[] = []
    for (let now = dialler.nextDeadline(); now < Infinity; now = dialler.nextDeadline()) {
      dialler.onDeadline(now)
      for (const { bytes } of outgoing(dialler, now)) {
        assert.equal(hex(bytes), hex(first!.bytes))
        at.push((now - START) / MILLISECOND)
      }
    }
    assert.deepEqual(at.slice(0, 4), [250, 750, 1_750, 2_750])
    assert.deepEqual(toldBy(dialler), ['closed by noAnswer'])
    assert.equal(dialler.isIdle, true)
  })

  it('that is closed ends at once, says nothing more, and ignores a late answer', () => {
    const drops = new Drops()
    const dialler = newEndpoint({ seed: 1, trace: drops })
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const session = dialler.dial(ENDS.there, START)
    for (const { bytes } of outgoing(dialler, START)) feed(listener, bytes, ENDS.here, START)
    session.close(CloseCode.shuttingDown, 'never mind')
    assert.deepEqual(toldBy(dialler), ['closed by local'])
    for (const { bytes } of outgoing(listener, START)) feed(dialler, bytes, ENDS.there, START)
    assert.deepEqual(drops.take(), [DropReason.unknownConnection])
    assert.deepEqual(outgoing(dialler, START), [])
    assert.deepEqual(eventsOf(dialler), [])
    assert.equal(dialler.nextDeadline(), Infinity)
    listener.onDeadline(START + 5 * SECOND)
    assert.equal(listener.isIdle, true)
    assert.deepEqual(eventsOf(listener), [], 'nobody was ever there')
  })

  it('is answered with one and the same RESP however often the INIT comes, and makes one session', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const { init } = rawDial({ seed: 1, path: ENDS.here }, START)
    const answers = new Set<string>()
    for (let time = 0; time < 20; time++) {
      feed(listener, init, ENDS.here, START + time)
      for (const { bytes } of outgoing(listener, START + time)) answers.add(hex(bytes))
    }
    assert.equal(answers.size, 1)
    listener.close(CloseCode.none, '')
    assert.deepEqual(eventsOf(listener), [])
  })

  it('is not answered to an INIT shorter than 1,200 bytes, of another version, or by who takes no sessions', () => {
    const drops = new Drops()
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, trace: drops })
    const refusing = newEndpoint({ seed: 3, acceptsSessions: false, trace: drops })
    const { init } = rawDial({ seed: 1, path: ENDS.here }, START)
    feed(listener, init.subarray(0, 1_199), ENDS.here, START)
    const other = init.slice()
    other[1] = 2
    feed(listener, other, ENDS.here, START)
    feed(refusing, init, ENDS.here, START)
    assert.deepEqual(drops.take(), [DropReason.tooShort, DropReason.unknownVersion, DropReason.notAccepting])
    assert.deepEqual([...outgoing(listener, START), ...outgoing(refusing, START)], [])
    assert.ok(listener.isIdle && refusing.isIdle)
  })

  it('keeps a session that nobody confirms for five seconds after its last INIT, and no longer (H-4)', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const { init } = rawDial({ seed: 1, path: ENDS.here }, START)
    for (const now of [START, START + 3 * SECOND]) {
      feed(listener, init, ENDS.here, now)
      outgoing(listener, now)
      assert.equal(listener.nextDeadline(), now + 5 * SECOND)
    }
    const end = START + 8 * SECOND
    listener.onDeadline(end)
    assert.equal(listener.isIdle, true)
    assert.deepEqual(outgoing(listener, end), [])
    assert.equal(listener.nextDeadline(), Infinity)
  })

  it('answers an INIT anew whose session was forgotten before anybody confirmed it', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const { init } = rawDial({ seed: 1, path: ENDS.here }, START)
    feed(listener, init, ENDS.here, START)
    const [first] = outgoing(listener, START)
    listener.onDeadline(START + 5 * SECOND)
    feed(listener, init, ENDS.here, START + 6 * SECOND)
    const [second] = outgoing(listener, START + 6 * SECOND)
    assert.equal(second!.bytes[0], PacketType.resp)
    assert.notEqual(hex(first!.bytes), hex(second!.bytes))
  })
})

describe('Endpoint, closing', () => {
  it('says CLOSE three times with code and reason, and forgets the session (F-5)', () => {
    const { dialler, listener, ours } = connected()
    ours.close(CloseCode.shuttingDown, 'good night')
    assert.deepEqual(toldBy(dialler), ['closed by local'])
    const goodbyes = outgoing(dialler, START)
    assert.equal(goodbyes.length, 3)
    assert.equal(new Set(goodbyes.map(({ bytes }) => hex(bytes))).size, 3, 'each with a number of its own')
    assert.equal(dialler.isIdle, true)
    assert.equal(dialler.nextDeadline(), Infinity)
    feed(listener, goodbyes[2]!.bytes, ENDS.here, START)
    const [event] = eventsOf(listener)
    assert.ok(event?.kind === 'closed')
    assert.deepEqual([event.by, event.code, event.reason], ['peer', CloseCode.shuttingDown, 'good night'])
    assert.equal(listener.isIdle, true)
  })

  it('is told once, however often close is called and whatever comes meanwhile', () => {
    const { dialler, listener, ours, theirs } = connected()
    theirs.close(CloseCode.none, '')
    const crossing = outgoing(listener, START)
    ours.close(CloseCode.none, '')
    ours.close(CloseCode.internal, '')
    for (const { bytes } of crossing) feed(dialler, bytes, ENDS.there, START)
    assert.equal(outgoing(dialler, START).length, 3)
    assert.deepEqual(toldBy(dialler), ['closed by local'])
    assert.equal(dialler.isIdle, true)
  })

  it('ends every session of an endpoint, and lets nobody in any more', () => {
    const { dialler, listener } = connected()
    listener.close(CloseCode.shuttingDown, '')
    exchange(dialler, listener, START)
    assert.deepEqual(toldBy(listener), ['closed by local'])
    assert.deepEqual(toldBy(dialler), ['closed by peer'])
    dialler.dial(ENDS.there, START)
    exchange(dialler, listener, START)
    assert.deepEqual(eventsOf(listener), [])
    assert.equal(listener.isIdle, true)
  })

  // What stood behind a CLOSE in one packet was acted on: a stream was accepted on a session that was gone.
  it('ends with the CLOSE, whatever else the packet holds', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
    eventsOf(listener)
    peer.send(bytesOf('1c 00 00 08 01 00 0001 61'), START)
    assert.deepEqual(toldBy(listener), ['closed by peer'])
    assert.equal(listener.nextReadyStream()?.id, 0)
    assert.equal(listener.nextReadyStream(), null)
  })
})

describe('Endpoint, packets', () => {
  it('takes several packets back to back in one datagram (W-10)', () => {
    const listener = newEndpoint({ seed: 2, acceptsSessions: true })
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
    const [event] = eventsOf(listener)
    assert.ok(event?.kind === 'opened')
    const before = statsOf(event.session).packetsReceived
    const packets = [peer.seal(PING), peer.seal(PING), peer.seal(PING)]
    const datagram = new Uint8Array(packets.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const packet of packets) {
      datagram.set(packet, at)
      at += packet.length
    }
    listener.receive(datagram, ENDS.here, START)
    assert.equal(statsOf(event.session).packetsReceived, before + 3)
  })

  it('drops a packet that comes twice, at once and much later (W-12)', () => {
    const drops = new Drops()
    const listener = newEndpoint({ seed: 2, acceptsSessions: true, trace: drops })
    const peer = new RawPeer(listener, { seed: 1, path: ENDS.here }, START)
    const packet = peer.seal(PING)
    feed(listener, packet, ENDS.here, START)
    feed(listener, packet, ENDS.here, START)
    for (let i = 0; i < 500; i++) peer.counter += 1 + (i % 2)
    for (let i = 0; i < 500; i++) {
      peer.counter++
      peer.send(PING, START)
      outgoing(listener, START)
    }
    feed(listener, packet, ENDS.here, START)
    assert.deepEqual(drops.take(), [DropReason.duplicate, DropReason.duplicate])
  })

  it('tells the driver of all that it is given to send', () => {
    const { dialler, ours } = connected()
    while (dialler.nextReadyStream() !== null);
    outgoing(dialler, START)
    let told = 0
    dialler.onWork = () => told++
    const stream = ours.openStream()!
    stream.write(bytesOf('61'))
    assert.ok(told > 0)
    told = 0
    stream.write(bytesOf('62'))
    assert.ok(told > 0)
    assert.deepEqual(kindsOf(outgoing(dialler, START)), [0x40])
    told = 0
    stream.write(bytesOf('63'))
    assert.ok(told > 0)
  })
})

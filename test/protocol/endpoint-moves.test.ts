// A bulk that goes on while its reader gets another address, as behind a NAT that was restarted or in a train.

import assert from 'node:assert/strict'
import { initialWindow } from '../../src/protocol/congestion/window-bounds.ts'
import { addressOfPath } from '../../src/protocol/handshake/address.ts'
import { UDP } from '../../src/protocol/line.ts'
import { silentTrace } from '../../src/protocol/ports.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import { ENDS, newEndpoint, statsOf } from './endpoints.ts'
import { talk } from './session-talk.ts'
import { bytesBetween } from './streams/stream-bytes.ts'

const ROUND_TRIP: Micros = 60 * MILLISECOND
const MEGABYTE = 1_000_000
const OTHER_PORT = 8
const OTHER_IP = 9
const INITIAL_WINDOW = initialWindow(1_200)

/** Two ports of one address, and one port of another. */
function addressOf(path: number): Uint8Array {
  const address = addressOfPath(path === OTHER_IP ? 2 : 1)
  address[address.length - 1] = path
  return address
}

/** A download that is well under way when its reader turns up elsewhere. */
function movedTo(here: number, listener = newEndpoint({ seed: 2, acceptsSessions: true, addressOf })) {
  const both = talk({ line: { delay: ROUND_TRIP / 2 }, listener })
  const { pair, dialler, theirs } = both
  const stream = theirs.openStream()!
  let written = 0
  const write = () => {
    for (; stream.isWritable && written < 2 * MEGABYTE; written += 10_000)
      stream.write(bytesBetween(written, written + 10_000))
    if (written === 2 * MEGABYTE) stream.finish()
  }
  both.listener.onStream = (ready) => {
    if (ready === stream) write()
  }
  dialler.onStream = (ready) => {
    if (ready.id !== 0) dialler.drain(ready)
  }
  write()
  pair.run(5 * ROUND_TRIP)
  const before = statsOf(theirs)
  assert.ok(before.windowBytes > 5 * INITIAL_WINDOW)
  const movedAt = pair.now
  pair.here = here
  assert.ok(pair.run(SECOND, () => theirs.path === here))
  const took = pair.now - movedAt
  const arrive = () => {
    assert.ok(pair.run(60 * SECOND, () => dialler.accepted[0]!.readState === 'ended'))
    assert.equal(dialler.read.get(dialler.accepted[0]!), 2 * MEGABYTE)
    return pair.now - movedAt
  }
  return { ...both, before, took, arrive }
}

describe('Endpoint, a peer that has moved (P-7)', () => {
  it('to another port keeps what was learnt of its path, and nobody is told', () => {
    const { theirs, listener, before, arrive } = movedTo(OTHER_PORT)
    assert.equal(statsOf(theirs).minRtt, before.minRtt)
    assert.ok(statsOf(theirs).windowBytes > INITIAL_WINDOW)
    arrive()
    assert.equal(listener.told.includes('moved'), false)
  })

  it('to another address begins anew with window and round trip, and loses no byte', () => {
    const { theirs, listener, before, arrive } = movedTo(OTHER_IP)
    const { windowBytes, smoothedRtt, minRtt } = statsOf(theirs)
    assert.equal(windowBytes, INITIAL_WINDOW)
    assert.ok(before.windowBytes > windowBytes)
    // The challenge has measured it: no guess of 333 ms.
    assert.deepEqual([smoothedRtt, minRtt], [ROUND_TRIP, ROUND_TRIP])
    arrive()
    assert.deepEqual(
      listener.told.filter((kind) => kind === 'moved'),
      ['moved'],
    )
  })

  it('to another address begins anew with the size that every path carries, and finds its own (P-7)', () => {
    const sizes: number[] = []
    const listener = newEndpoint({
      seed: 2,
      acceptsSessions: true,
      addressOf,
      line: { ...UDP, forbidsFragments: true },
      settings: { ceilingDatagramBytes: 1_452 },
      trace: { ...silentTrace, datagramsResized: (_session, bytes) => sizes.push(bytes) },
    })
    movedTo(OTHER_IP, listener).arrive()
    assert.deepEqual(sizes, [1_452, 1_200, 1_452])
  })

  it('is sent something new within two round trips of its challenge, and not only after a timeout', () => {
    for (const here of [OTHER_PORT, OTHER_IP]) {
      const { pair, dialler, took } = movedTo(here)
      assert.ok(took <= 2 * ROUND_TRIP, `moved after ${took} µs`)
      const read = dialler.read.get(dialler.accepted[0]!)!
      assert.ok(pair.run(2 * ROUND_TRIP, () => dialler.read.get(dialler.accepted[0]!)! > read))
    }
  })

  it('and moves on at once is known where it is in the end', () => {
    const { pair, theirs, listener } = movedTo(OTHER_IP)
    pair.here = ENDS.here
    assert.ok(pair.run(SECOND, () => theirs.path === ENDS.here))
    assert.equal(statsOf(theirs).windowBytes, INITIAL_WINDOW)
    pair.run(ROUND_TRIP)
    assert.equal(listener.told.filter((kind) => kind === 'moved').length, 2)
  })
})

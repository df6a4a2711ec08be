import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { SessionEvent, SessionHandle, StreamHandle } from '../../src/protocol/index.ts'
import { Driver } from '../../src/runtime/driver.ts'
import { monotonicClock } from '../../src/runtime/system.ts'
import { newEndpoint } from '../protocol/endpoints.ts'
import { TCP } from '../protocol/line-pair.ts'
import { MemoryConnections } from './memory-connections.ts'
import { Talker } from './talker.ts'
import { atRest, turn, until } from './until.ts'

interface End {
  readonly driver: Driver
  readonly carrier: MemoryConnections
  readonly events: SessionEvent[]
}

function endOn(carrier: MemoryConnections, seed: number, acceptsSessions: boolean): End {
  const settings = { maxDatagramBytes: carrier.traits.maxDatagramBytes }
  const endpoint = newEndpoint({ seed, line: TCP, settings, acceptsSessions, now: monotonicClock() })
  const driver = new Driver(endpoint, carrier, monotonicClock)
  const events: SessionEvent[] = []
  driver.onEvent = (event) => events.push(event)
  return { driver, carrier, events }
}

interface Joined {
  readonly near: End
  readonly far: End
  readonly ours: SessionHandle
}

async function joined(): Promise<Joined> {
  const near = endOn(new MemoryConnections(), 1, true)
  const far = endOn(new MemoryConnections(near.carrier), 2, false)
  const ours = far.driver.dial(await far.carrier.connect())
  await until(() => near.events.length + far.events.length === 2, 'the session is open on both sides')
  return { near, far, ours }
}

async function closed({ near, far }: Joined): Promise<void> {
  await Promise.all([near.driver.close(0, ''), far.driver.close(0, '')])
}

/** A stream of the far side as both have it. */
async function opened({ near, ours }: Joined): Promise<[StreamHandle, StreamHandle]> {
  const stream = ours.openStream()!
  stream.write(Uint8Array.of(0))
  await until(() => near.events.some((event) => event.kind === 'accepted'), 'the stream arrives')
  const event = near.events.find((each) => each.kind === 'accepted')
  assert.ok(event?.kind === 'accepted')
  return [stream, event.stream]
}

/** From now on; a timer may make one now and then. */
function countTurns({ endpoint }: Driver): () => number {
  const { onTurn } = endpoint
  let turns = 0
  endpoint.onTurn = (...args) => {
    turns++
    onTurn.apply(endpoint, args)
  }
  return () => turns
}

describe('a driver over connections', () => {
  it('carries megabytes, and never gives a connection more than it takes', async () => {
    const both = await joined()
    const [ours, theirs] = await opened(both)
    const body = randomBytes(20_000_000)
    const talker = new Talker(theirs)
    new Talker(ours).say(body)
    await until(() => talker.hasEnded, 'all has come')
    const hash = (...parts: Uint8Array[]) => {
      const sum = createHash('sha256')
      for (const part of parts) sum.update(part)
      return sum.digest('hex')
    }
    assert.equal(hash(...talker.chunks), hash(Uint8Array.of(0), body))
    assert.deepEqual([both.near.carrier.sentUnwritable, both.far.carrier.sentUnwritable], [0, 0])
    await closed(both)
  })

  it('waits without turning while a connection takes nothing, and goes on when it does', async () => {
    const both = await joined()
    const [ours, theirs] = await opened(both)
    const talker = new Talker(theirs)
    both.far.carrier.dam(ours.session.path)
    const sender = new Talker(ours)
    sender.say(new Uint8Array(2_000_000))
    await atRest(() => sender.bytesWritten)
    assert.equal(both.far.carrier.isWritable(ours.session.path), false)
    const turns = countTurns(both.far.driver)
    await atRest(() => 0)
    assert.ok(turns() < 10, `${turns()} turns`)
    assert.equal(both.far.carrier.sentUnwritable, 0)
    both.far.carrier.let(ours.session.path)
    await until(() => talker.hasEnded, 'all has come')
    assert.equal(talker.bytesRead, 2_000_001)
    await closed(both)
  })

  it('ends the connection of a session that has ended, behind its goodbye', async () => {
    const both = await joined()
    const { near, far, ours } = both
    ours.close(16, 'over')
    await until(() => near.events.length === 2, 'the goodbye arrives')
    const event = near.events[1]
    assert.ok(event?.kind === 'closed')
    assert.deepEqual([event.by, event.code, event.reason], ['peer', 16, 'over'])
    assert.deepEqual(far.carrier.disconnected, [ours.path])
    await until(() => near.carrier.disconnected.length + Number(far.driver.endpoint.isIdle) > 0, 'nothing is left')
    await closed(both)
  })

  it('ends a session whose connection breaks, and says why', async () => {
    const both = await joined()
    both.far.carrier.cut(both.ours.path)
    await until(() => both.near.events.length + both.far.events.length === 4, 'both are told')
    for (const { events, carrier } of [both.near, both.far]) {
      const event = events[1]
      assert.ok(event?.kind === 'closed')
      assert.deepEqual([event.by, event.reason], ['line', 'the connection was cut'])
      assert.deepEqual(carrier.disconnected, [])
    }
    await closed(both)
  })

  it('ends a connection over which a stranger talks, and answers nothing', async () => {
    const both = await joined()
    const stranger = new MemoryConnections(both.near.carrier)
    const path = await stranger.connect()
    let answers = 0
    stranger.onDatagram = () => {
      answers++
    }
    let isGone = false
    stranger.onPathGone = () => {
      isGone = true
    }
    stranger.send({ buffer: randomBytes(500), length: 500, segmentBytes: 500, path })
    await until(() => isGone, 'the stranger is turned away')
    assert.deepEqual([answers, both.near.events.length], [0, 1])
    await closed(both)
  })

  it('says goodbye on every connection before it closes', async () => {
    const both = await joined()
    await both.near.driver.close(16, 'the program stops')
    await until(() => both.far.events.length === 2, 'the goodbye arrives')
    const event = both.far.events[1]
    assert.ok(event?.kind === 'closed')
    assert.deepEqual([event.by, event.code], ['peer', 16])
    await turn()
    await both.far.driver.close(0, '')
  })
})

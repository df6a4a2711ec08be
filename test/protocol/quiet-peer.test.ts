// A peer that sends and is never asked for anything: who notices that its path is dead, and when.

import assert from 'node:assert/strict'
import type { SessionHandle } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { type Micros, SECOND } from '../../src/protocol/units.ts'
import { connected, ENDS, eventsOf, exchange, feed, outgoing, START, statsOf } from './endpoints.ts'

const QUIET = 1.5 * SECOND

/** Takes the steps that time asks for, and drops whatever is sent, until the session is suspect. */
function suspectAfter(endpoint: Endpoint): Micros {
  for (let now = endpoint.nextDeadline(); now < START + 60 * SECOND; now = endpoint.nextDeadline()) {
    endpoint.onDeadline(now)
    if (eventsOf(endpoint).some(({ kind }) => kind === 'suspect')) return now - START
    outgoing(endpoint, now)
  }
  throw new Error('it never became suspect')
}

/** Its half of one stream has moved, and the stream is still open. */
function upload(from: SessionHandle): void {
  from.openStream()!.write(new Uint8Array(5_000))
}

describe('a dialler whose listener uploads', () => {
  it('notices within 4 s that the line is dead if it has somewhere else to go', () => {
    const { dialler, listener, theirs } = connected({ askAfterQuiet: QUIET })
    upload(theirs)
    exchange(dialler, listener, START)
    const after = suspectAfter(dialler)
    assert.ok(after > QUIET && after < 4 * SECOND, `${after} µs`)
  })

  it('else notices at its next keep-alive', () => {
    const { dialler, listener, theirs } = connected()
    upload(theirs)
    exchange(dialler, listener, START)
    assert.ok(suspectAfter(dialler) > 13 * SECOND)
  })

  it('asks once for each burst: a stream that is open and idle costs no more than before', () => {
    const { dialler, listener, ours, theirs } = connected({ askAfterQuiet: QUIET })
    upload(theirs)
    exchange(dialler, listener, START)
    const sentBefore = statsOf(ours).packetsSent
    for (let now = dialler.nextDeadline(); now < START + 13 * SECOND; now = dialler.nextDeadline()) {
      dialler.onDeadline(now)
      for (const { bytes } of outgoing(dialler, now)) feed(listener, bytes, ENDS.here, now)
      listener.onDeadline(now)
      for (const { bytes } of outgoing(listener, now)) feed(dialler, bytes, ENDS.there, now)
    }
    assert.equal(statsOf(ours).packetsSent - sentBefore, 1)
    assert.equal(ours.isSuspect, false)
  })
})

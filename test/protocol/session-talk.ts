// Two endpoints that have met, with a bookkeeper above each: where most tests of sessions begin.

import assert from 'node:assert/strict'
import type { EndpointSettings, SessionHandle } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { SECOND } from '../../src/protocol/units.ts'
import { Bookkeeper } from './bookkeeper.ts'
import { EndpointPair, type Line } from './endpoint-pair.ts'
import { newEndpoint, statsOf } from './endpoints.ts'

export interface Talk {
  readonly pair: EndpointPair
  readonly dialler: Bookkeeper
  readonly listener: Bookkeeper
  readonly ours: SessionHandle
  readonly theirs: SessionHandle
}

export interface TalkWish {
  readonly line?: Line
  readonly settings?: Partial<EndpointSettings>
  readonly listenerSettings?: Partial<EndpointSettings>
  readonly dialler?: Endpoint
  readonly listener?: Endpoint
}

/** Two endpoints with an open session and nothing left to be said. */
export function talk(wish: TalkWish = {}): Talk {
  const { settings = {}, listenerSettings = settings, line } = wish
  const dialler = new Bookkeeper()
  const listener = new Bookkeeper()
  const pair = new EndpointPair(
    { endpoint: wish.dialler ?? newEndpoint({ seed: 1, settings }), application: dialler },
    {
      endpoint: wish.listener ?? newEndpoint({ seed: 2, settings: listenerSettings, acceptsSessions: true }),
      application: listener,
    },
    line,
  )
  const ours = pair.dial()
  pair.run(SECOND)
  assert.deepEqual([dialler.told, listener.told], [['opened'], ['opened']])
  return { pair, dialler, listener, ours, theirs: listener.session! }
}

/** Nothing is open, held or on its way. */
export function assertAtRest(...sessions: readonly SessionHandle[]): void {
  for (const session of sessions) {
    const { openStreams, heldBytes, bytesInFlight } = statsOf(session)
    assert.deepEqual({ openStreams, heldBytes, bytesInFlight }, { openStreams: 0, heldBytes: 0, bytesInFlight: 0 })
    assert.equal(session.openedStreams, 0)
  }
}

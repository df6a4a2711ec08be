// Listeners that are called by strangers, one that asks everybody where they are and one that does not.

import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { type Micros, type PathId, SECOND } from '../../src/protocol/units.ts'
import { ENDS, type EndpointWish, feed, newEndpoint, outgoing, START } from './endpoints.ts'

/** In its first two minutes: it asks everybody where they are. */
export function cautious(wish: Partial<EndpointWish> = {}): Endpoint {
  return newEndpoint({ seed: 2, acceptsSessions: true, settings: { cautionAfterStart: 120 * SECOND }, ...wish })
}

export function calm(wish: Partial<EndpointWish> = {}): Endpoint {
  return newEndpoint({ seed: 2, acceptsSessions: true, ...wish })
}

/** The kinds of what the listener sends for this packet. */
export function answersTo(
  listener: Endpoint,
  packet: Uint8Array,
  from: PathId = ENDS.here,
  now: Micros = START,
): number[] {
  feed(listener, packet, from, now)
  return outgoing(listener, now).map(({ bytes }) => bytes[0]!)
}

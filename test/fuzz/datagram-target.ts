// Datagrams as anybody can send them, into a listener that has a session and into its dialler.

import assert from 'node:assert/strict'
import { MILLISECOND, type Micros } from '../../src/protocol/units.ts'
import { type Connected, connected, ENDS, eventsOf, feed, newEndpoint, outgoing, START } from '../protocol/endpoints.ts'
import { cautious } from '../protocol/listeners.ts'
import { provenInit, rawDial } from '../protocol/raw-peer.ts'
import type { Prng } from '../sim/prng.ts'
import type { FuzzTarget } from './fuzzer.ts'

export class DatagramTarget implements FuzzTarget {
  readonly name = 'datagrams'
  readonly seeds: readonly Uint8Array[]
  readonly #peers: Connected
  #now: Micros = START

  constructor(seed: number) {
    this.#peers = connected()
    this.seeds = this.#captured(seed)
  }

  run(input: Uint8Array, random: Prng): boolean {
    const { dialler, listener, ours, theirs, listenerDrops } = this.#peers
    this.#now += MILLISECOND / 10
    listenerDrops.take()
    feed(listener, input, random.int(1, 9), this.#now)
    feed(dialler, input, random.int(1, 9), this.#now)
    for (const endpoint of [dialler, listener]) {
      // Half-open sessions must end; the live one must not: it hears nothing meanwhile, and that is no fault of the input.
      if (endpoint === listener && endpoint.nextDeadline() <= this.#now) endpoint.onDeadline(this.#now)
      for (const { bytes } of outgoing(endpoint, this.#now)) {
        assert.ok(
          bytes[0] !== 5 || bytes.length < Math.max(input.length, 64),
          'a RESET is shorter than what brought it',
        )
        assert.ok(bytes.length <= 1_200)
      }
      for (const event of eventsOf(endpoint)) {
        assert.ok(
          event.kind === 'suspect' || (event.kind === 'closed' && event.by === 'silence'),
          `a stranger caused: ${event.kind}`,
        )
      }
    }
    assert.deepEqual([ours.path, theirs.path], [ENDS.there, ENDS.here])
    return listenerDrops.take().length === 0
  }

  /** Old packets of all kinds: every one was used up, or is for somebody else. */
  #captured(seed: number): Uint8Array[] {
    const { dialler, listener, ours, theirs } = this.#peers
    const datagrams: Uint8Array[] = [rawDial({ seed: seed + 1, path: 4 }, START).init]
    ours.openStream()!.write(new Uint8Array(3_000))
    for (const { bytes } of outgoing(dialler, START)) {
      datagrams.push(bytes)
      feed(listener, bytes, ENDS.here, START)
    }
    for (const { bytes } of outgoing(listener, START)) {
      datagrams.push(bytes)
      feed(dialler, bytes, ENDS.there, START)
    }
    const answering = newEndpoint({ seed: seed + 2, acceptsSessions: true })
    feed(answering, datagrams[0]!, 1, START)
    answering.resetForgotten(1, theirs.localId)
    datagrams.push(...outgoing(answering, START).map(({ bytes }) => bytes))
    const asking = cautious({ seed: seed + 3 })
    datagrams.push(provenInit(rawDial({ seed: seed + 4, path: 4 }, START), asking, 4, START))
    feed(asking, datagrams[0]!, 1, START)
    datagrams.push(...outgoing(asking, START).map(({ bytes }) => bytes))
    eventsOf(listener)
    return datagrams
  }
}

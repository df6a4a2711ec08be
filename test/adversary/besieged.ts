// A consumer's endpoint with real keys under attack: a provider that is let in and means harm, by hand, frame for frame; and beside it one
// that does its work and must not notice.

import assert from 'node:assert/strict'
import type { SessionEvent, SessionHandle } from '../../src/protocol/api.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import type { Hello } from '../../src/protocol/handshake/hello.ts'
import { MILLISECOND, type Micros, type PathId } from '../../src/protocol/units.ts'
import { noiseDialler } from '../../src/runtime/noise-crypto.ts'
import { x25519KeyPairOf } from '../../src/runtime/noise-primitives.ts'
import { type Datagram, eventsOf, outgoing, START } from '../protocol/endpoints.ts'
import { RawPeer } from '../protocol/raw-peer.ts'
import { assertBytes, bytesBetween } from '../protocol/streams/stream-bytes.ts'
import { CONSUMER, consumerCrypto, providerCrypto, RESET_KEY, sealedEndpoint } from '../runtime/noise-endpoints.ts'

const NEIGHBOUR = 2
export const HOSTILE = 3
const HOSTILE_KEY = x25519KeyPairOf(new Uint8Array(32).fill(3))
const NEIGHBOUR_BYTES = 100_000

export class Besieged {
  readonly victim: Endpoint
  /** The hostile one's session as the victim has it. */
  readonly session: SessionHandle
  readonly hostile: RawPeer
  /** What was told about the hostile one's session, but for the streams that it opened. */
  readonly told: SessionEvent[] = []
  /** Streams of the hostile one that the application has heard of. */
  accepted = 0
  /** What was sent to anybody but the neighbour in the last turn. */
  sent: readonly Datagram[] = []
  now: Micros = START
  readonly #neighbour: Endpoint
  readonly #away: SessionHandle
  #neighbourHas = 0

  constructor(hello: Partial<Hello> = {}) {
    this.victim = sealedEndpoint(consumerCrypto(), true, 1)
    this.#neighbour = sealedEndpoint(providerCrypto(), false, 2)
    this.#neighbour.dial(NEIGHBOUR, START)
    this.#talk()
    this.#away = openedIn(eventsOf(this.victim))
    const crypto = noiseDialler({ identity: HOSTILE_KEY, consumerKey: CONSUMER.publicKey, resetKey: RESET_KEY })
    this.hostile = new RawPeer(this.victim, { seed: 5, path: HOSTILE, crypto, hello }, START)
    this.session = openedIn(eventsOf(this.victim))
    const stream = this.#away.openStream()!
    stream.write(bytesBetween(0, NEIGHBOUR_BYTES))
    stream.finish()
  }

  /** One packet with these frames, from where the hostile one is or from elsewhere. */
  attack(frames: Uint8Array, from: PathId = HOSTILE): void {
    this.victim.receive(this.hostile.seal(frames), from, this.now)
  }

  /** Time passes, and both honest sides take a turn. */
  turn(span: Micros = MILLISECOND): void {
    this.now += span
    for (const endpoint of [this.victim, this.#neighbour])
      if (endpoint.nextDeadline() <= this.now) endpoint.onDeadline(this.now)
    this.#talk()
    for (const event of eventsOf(this.victim)) {
      if (event.kind === 'accepted') this.accepted++
      else if (event.session === this.session) this.told.push(event)
      else assert.notEqual(event.kind, 'closed', 'the neighbour lost its session')
    }
  }

  /** The code with which the hostile one was sent away; null: it is still there. */
  get verdict(): number | null {
    const closed = this.told.find((event) => event.kind === 'closed')
    return closed?.kind === 'closed' ? closed.code : null
  }

  /** The neighbour gets all of what it was promised, and the victim is left with nothing of anybody. */
  assertUnharmed(): void {
    for (let turns = 0; this.#neighbourHas < NEIGHBOUR_BYTES; turns++) {
      assert.ok(turns < 2_000, `the neighbour has ${this.#neighbourHas} bytes`)
      this.turn(5 * MILLISECOND)
    }
    assert.equal(this.#away.isSuspect, false)
    this.session.close(0, '')
    for (let turns = 0; turns < 20; turns++) this.turn(30 * MILLISECOND)
    assert.equal(this.victim.openStreams, 0)
    assert.equal(this.victim.budget.heldBytes, 0)
  }

  #talk(): void {
    const others: Datagram[] = []
    for (let passed = 1; passed > 0; ) {
      const there = outgoing(this.#neighbour, this.now)
      for (const { bytes } of there) this.victim.receive(bytes, NEIGHBOUR, this.now)
      const back = outgoing(this.victim, this.now)
      for (const datagram of back) {
        if (datagram.path === NEIGHBOUR) this.#neighbour.receive(datagram.bytes, NEIGHBOUR, this.now)
        else others.push(datagram)
      }
      this.#read()
      passed = there.length + back.length
    }
    this.sent = others
  }

  #read(): void {
    eventsOf(this.#neighbour)
    const { nextReadyStream } = this.#neighbour
    for (let s = nextReadyStream.call(this.#neighbour); s !== null; s = this.#neighbour.nextReadyStream()) {
      for (let bytes = s.read(); bytes !== null; bytes = s.read()) {
        assertBytes(bytes, this.#neighbourHas)
        this.#neighbourHas += bytes.length
        s.release(bytes.length)
      }
      if (s.readState === 'ended') s.finish()
    }
    for (let s = this.victim.nextReadyStream(); s !== null; s = this.victim.nextReadyStream())
      if (s.session === this.#away) while (s.read() !== null);
  }
}

function openedIn(events: readonly SessionEvent[]): SessionHandle {
  const opened = events.find((event) => event.kind === 'opened')
  assert.ok(opened !== undefined, 'no session was opened')
  return opened.session
}

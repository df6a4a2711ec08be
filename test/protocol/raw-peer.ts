// A dialler that does only what the test tells it: it opens a session as the rules want, and from there on seals whatever it is given.

import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { Dial, type Dialled } from '../../src/protocol/handshake/dial.ts'
import type { Hello } from '../../src/protocol/handshake/hello.ts'
import { SHORT_HEADER_BYTES } from '../../src/protocol/limits.ts'
import { type Line, UDP } from '../../src/protocol/line.ts'
import { type Crypto, TAG_BYTES } from '../../src/protocol/ports.ts'
import { MILLISECOND, type Micros, type PathId, SECOND } from '../../src/protocol/units.ts'
import {
  dataPacketCounter,
  isDataPacket,
  PacketType,
  writeDataHeader,
  writeDataLength,
} from '../../src/protocol/wire/packet.ts'
import { NullCrypto } from '../sim/null-crypto.ts'
import { Prng } from '../sim/prng.ts'
import { instanceIdOf, outgoing } from './endpoints.ts'

export interface RawPeerWish {
  readonly seed: number
  readonly path: PathId
  readonly instance?: number
  readonly hello?: Partial<Hello>
  /** Of the same kind as the listener's; default: one that hides nothing and notices damage. */
  readonly crypto?: Crypto
  /** Default: UDP. */
  readonly line?: Line
}

const LEAST_FRAME_BYTES = 29

export class RawPeer {
  readonly path: PathId
  /** The number of the next packet that `seal` makes. */
  counter = 0
  readonly #listener: Endpoint
  readonly #dialled: Dialled

  /** Shakes hands with `listener` and confirms the session with a PING; throws if it is not let in. */
  constructor(listener: Endpoint, wish: RawPeerWish, now: Micros) {
    this.path = wish.path
    this.#listener = listener
    const dial = rawDial(wish, now)
    const resp = answerTo(dial, listener, wish.path, now)
    const dialled = resp && dial.onResp(resp)
    if (!dialled) throw new Error('the listener did not answer')
    this.#dialled = dialled
    this.send(Uint8Array.of(1), now)
  }

  /** One packet with these frames, padded to the least size. */
  seal(frames: Uint8Array, counter = this.counter++): Uint8Array {
    const frameBytes = Math.max(frames.length, LEAST_FRAME_BYTES)
    const packet = new Uint8Array(SHORT_HEADER_BYTES + frameBytes + TAG_BYTES)
    writeDataHeader(packet, 0, this.#dialled.remoteId, counter)
    writeDataLength(packet, 0, frameBytes + TAG_BYTES)
    packet.set(frames, SHORT_HEADER_BYTES)
    this.#dialled.keys.sealer.seal(counter, packet, 0, SHORT_HEADER_BYTES, SHORT_HEADER_BYTES + frameBytes)
    return packet
  }

  send(frames: Uint8Array, now: Micros): void {
    this.#listener.receive(this.seal(frames), this.path, now)
  }

  /** What a packet of the listener holds, and its number; null: it is not a data packet for us. */
  open(datagram: Uint8Array): { readonly counter: number; readonly frames: Uint8Array } | null {
    const packet = datagram.slice()
    if (!isDataPacket(packet[0]!)) return null
    const counter = dataPacketCounter(packet, 0)
    if (!this.#dialled.keys.opener.open(counter, packet, 0, SHORT_HEADER_BYTES, packet.length)) return null
    return { counter, frames: packet.subarray(SHORT_HEADER_BYTES, packet.length - TAG_BYTES) }
  }
}

/** The RESP, if there is one; a listener that wants to know where we are is told. */
function answerTo(dial: Dial, listener: Endpoint, path: PathId, now: Micros): Uint8Array | undefined {
  listener.receive(dial.init.slice(), path, now)
  const answers = outgoing(listener, now)
  if (answers.some(({ bytes }) => bytes[0] === PacketType.cookie && dial.onCookie(bytes, now))) {
    listener.receive(dial.init.slice(), path, now)
    answers.push(...outgoing(listener, now))
  }
  return answers.find(({ bytes }) => bytes[0] === PacketType.resp)?.bytes
}

/** The dial alone: for those who want to spoil its INIT. */
export function rawDial(wish: RawPeerWish, now: Micros): Dial {
  const random = new Prng(wish.seed)
  const id = new Uint8Array(8)
  random.fill(id)
  const crypto = wish.crypto ?? new NullCrypto({ random, resetKey: wish.seed })
  return new Dial(
    crypto,
    { id, hello: helloOf(wish), token: new Uint8Array(0), line: wish.line ?? UDP, path: wish.path },
    now,
  )
}

/** The INIT of this dial with a mac2 that proves `path` to the listener, which must be asking for one. */
export function provenInit(dial: Dial, listener: Endpoint, path: PathId, now: Micros): Uint8Array {
  listener.receive(dial.init.slice(), path, now)
  const cookie = outgoing(listener, now).find((sent) => sent.path === path && sent.bytes[0] === PacketType.cookie)
  if (cookie === undefined || !dial.onCookie(cookie.bytes, now)) throw new Error('the listener asked for nothing')
  return dial.init
}

export function helloOf(wish: Pick<RawPeerWish, 'seed' | 'instance' | 'hello'>): Hello {
  return {
    instanceId: instanceIdOf(wish.instance ?? wish.seed),
    bootId: new Uint8Array(8).fill(1),
    resetToken: new Uint8Array(16).fill(wish.seed),
    survive: 60 * SECOND,
    maxAckDelay: 26 * MILLISECOND,
    maxStreams: 100,
    streamWindow: 262_144,
    sessionWindow: 1_048_576,
    sentAtMs: 1,
    mostPacketsPerAck: 10,
    ...wish.hello,
  }
}

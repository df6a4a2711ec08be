// Where strangers meet a listener. What costs little comes first, and nothing is kept of an INIT before its sender is known:
//
//   time for it? ─▶ size, version, mac1 ─▶ answered before? the same RESP ─▶ much to do? a COOKIE, unless mac2 or token prove the address
//     ─▶ room, here and for its neighbourhood ─▶ two agreements: who is it? ─▶ newer than its last? ─▶ a half-open session
//
// An answer is always smaller than its question, and each question has one at most.

import type { DatagramBatch, EndpointOptions, ReceptionCounters } from './api.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { DropReason } from './errors.ts'
import { addressAt } from './handshake/address.ts'
import { AddressTokens } from './handshake/address-tokens.ts'
import { type Question, readInit, refusalOf } from './handshake/answer.ts'
import { Cookies } from './handshake/cookies.ts'
import { Load } from './handshake/load.ts'
import { hasMac2 } from './handshake/macs.ts'
import { admits, type Neighbourhood, Neighbourhoods } from './handshake/neighbourhoods.ts'
import { NewestInits } from './handshake/newest-inits.ts'
import { prologue } from './handshake/prologue.ts'
import { hex } from './hex.ts'
import { MOST_UNCONFIRMED_SESSIONS } from './limits.ts'
import { type Line, type LineRules, rulesOf, UDP } from './line.ts'
import type { Session } from './session.ts'
import type { Micros, PathId } from './units.ts'
import { connectionKey, INIT_HEADER_BYTES, initBodyAt, MACS_BYTES } from './wire/packet.ts'

/** What the endpoint does for its reception. */
export interface ReceptionHost {
  /** Makes the session that answers this INIT; `answerBytes` is how long its RESP is. */
  admit(init: Uint8Array, question: Question, from: PathId): { readonly session: Session; readonly answerBytes: number }
  /** ms since 1970. */
  readonly wallClockMs: number
  /** A COOKIE waits to be sent. */
  wake(): void
}

/** COOKIEs that wait for the driver's turn; beyond these a flood is answered in part, and its senders ask again. */
const MOST_QUEUED_COOKIES = 1_024

interface QueuedCookie {
  readonly path: PathId
  readonly packet: Uint8Array
}

/** A session that was answered, until it is confirmed. */
interface Guest {
  readonly peer: string
  readonly sentAtMs: number
  readonly from: Neighbourhood | null
  readonly answerBytes: number
}

export class Reception {
  readonly counters: ReceptionCounters = { inits: 0, initBytes: 0, answerBytes: 0, cookies: 0, read: 0, halfOpen: 0 }
  readonly load: Load

  readonly #options: EndpointOptions
  readonly #line: Line
  readonly #rules: LineRules
  readonly #host: ReceptionHost
  readonly #cookies: Cookies
  readonly #tokens: AddressTokens
  /** Apart, since a token can be read by whoever stands in the line, who could then use up what belongs to its owner. */
  readonly #withCookie = new Neighbourhoods()
  readonly #withToken = new Neighbourhoods()
  readonly #newest = new NewestInits()
  readonly #guests = new Map<Session, Guest>()
  /** By mac1 of the INIT that was answered: a repeat finds its session, and nobody else's INIT does. */
  readonly #byInit = new Map<number, Session>()
  readonly #queue = new BoundedQueue<QueuedCookie>(MOST_QUEUED_COOKIES)

  constructor(options: EndpointOptions, host: ReceptionHost, now: Micros) {
    this.#options = options
    this.#line = options.line ?? UDP
    this.#rules = rulesOf(options.line)
    this.#host = host
    this.load = new Load(now + options.settings.cautionAfterStart)
    this.#cookies = new Cookies(options.crypto, options.random, now)
    this.#tokens = new AddressTokens(options.crypto, options.random)
  }

  /** 0, or why nothing came of it. */
  onInit(init: Uint8Array, from: PathId, now: Micros): number {
    if (!this.#rules.isReliable && isBare(init) && !this.load.hasTimeForBare()) return DropReason.noTime
    const refusal = refusalOf(this.#options.crypto, init, this.#rules)
    if (refusal !== 0) return refusal
    this.counters.inits++
    this.counters.initBytes += init.length
    this.load.onInit(now)
    const address = addressAt(this.#options, from)
    if (address === null) return DropReason.addressUnproven
    if (this.#rules.isReliable) return this.#onProven(init, address, from, now)
    // A mac2 that is there must be right, whether one is asked for or not: no byte of an INIT can be changed.
    const hasCookie = hasMac2(init)
    if (hasCookie && !this.#cookies.isProven(init, address, now)) return this.#ask(init, address, from, now)
    const known = this.#byInit.get(initKeyOf(init))
    if (known !== undefined) return this.#repeat(known, init, from)
    if (!hasCookie && !this.load.isHigh(this.counters.halfOpen, now)) return this.#read(init, from, null, now)
    if (!hasCookie && !this.#tokens.isProven(init, address, this.#host.wallClockMs))
      return this.#ask(init, address, from, now)
    const neighbourhood = this.#neighbourhoodsFor(init).find(address, now)
    if (admits(neighbourhood, now)) return this.#read(init, from, neighbourhood, now)
    return hasCookie ? DropReason.tooManyFromThere : this.#ask(init, address, from, now)
  }

  /** The dialler has shown by a data packet that it is there. */
  onConfirmed(session: Session): void {
    const guest = this.#guests.get(session)
    if (guest === undefined) return
    this.#leaveHall(session, guest)
    this.#newest.onConfirmed(guest.peer, guest.sentAtMs)
  }

  onGone(session: Session): void {
    const guest = this.#guests.get(session)
    if (guest !== undefined) this.#leaveHall(session, guest)
    if (!session.isDialler) this.#byInit.delete(session.initKey)
  }

  /** Fills the batch with the next COOKIE; false: none waits. */
  next(out: DatagramBatch): boolean {
    const cookie = this.#queue.shift()
    if (cookie === null) return false
    out.buffer.set(cookie.packet)
    out.length = cookie.packet.length
    out.segmentBytes = cookie.packet.length
    out.path = cookie.path
    return true
  }

  /** COOKIEs are left for a later turn. */
  get isWaiting(): boolean {
    return this.#queue.length > 0
  }

  /** What the dialler at `path` may show instead of a cookie when it comes again; null: the path is forgotten, or nobody asks. */
  tokenFor(path: PathId): Uint8Array | null {
    if (this.#rules.isReliable) return null
    const address = addressAt(this.#options, path)
    return address && this.#tokens.issue(address, this.#host.wallClockMs)
  }

  /** On a reliable line the connection has proven the address. Nothing is asked for, and an INIT that was recorded finds no RESP to repeat. */
  #onProven(init: Uint8Array, address: Uint8Array, from: PathId, now: Micros): number {
    if (this.#byInit.has(initKeyOf(init))) return DropReason.replayed
    const neighbourhood = this.#withCookie.find(address, now)
    if (neighbourhood !== null && !admits(neighbourhood, now)) return DropReason.tooManyFromThere
    return this.#read(init, from, neighbourhood, now)
  }

  #ask(init: Uint8Array, address: Uint8Array, from: PathId, now: Micros): number {
    if (this.#queue.isFull) return DropReason.addressUnproven
    const packet = this.#cookies.answerTo(init, address, now)
    this.#queue.push({ path: from, packet })
    this.counters.cookies++
    this.counters.answerBytes += packet.length
    this.#host.wake()
    return DropReason.addressUnproven
  }

  #repeat(session: Session, init: Uint8Array, from: PathId): number {
    session.onRepeatedInit(init, from)
    this.counters.answerBytes += this.#guests.get(session)?.answerBytes ?? 0
    return 0
  }

  #read(init: Uint8Array, from: PathId, neighbourhood: Neighbourhood | null, now: Micros): number {
    if (this.counters.halfOpen >= MOST_UNCONFIRMED_SESSIONS) return DropReason.tooManyUnconfirmed
    this.counters.read++
    const question = readInit(this.#options.crypto, init, prologue(this.#line, from))
    const peer = question === null ? '' : dialler(question)
    if (question === null || !this.#newest.isNew(peer, question.hello.sentAtMs, now)) {
      if (neighbourhood !== null) this.#neighbourhoodsFor(init).charge(neighbourhood, now)
      return question === null ? DropReason.badHandshake : DropReason.replayed
    }
    const { sentAtMs } = question.hello
    this.#newest.onAnswered(peer, sentAtMs, now)
    const { session, answerBytes } = this.#host.admit(init, question, from)
    session.initKey = initKeyOf(init)
    this.#guests.set(session, { peer, sentAtMs, from: neighbourhood, answerBytes })
    this.#byInit.set(session.initKey, session)
    this.counters.halfOpen++
    if (neighbourhood !== null) neighbourhood.halfOpen++
    this.counters.answerBytes += answerBytes
    return 0
  }

  /** It is half-open no more. */
  #leaveHall(session: Session, guest: Guest): void {
    this.#guests.delete(session)
    this.counters.halfOpen--
    if (guest.from !== null) guest.from.halfOpen--
  }

  /** By the proof that it brings. */
  #neighbourhoodsFor(init: Uint8Array): Neighbourhoods {
    return hasMac2(init) ? this.#withCookie : this.#withToken
  }
}

/** Who says to be an instance, and holds its key. Empty without keys: anybody could then have sent a newer INIT in its name. */
function dialler({ hello, handshake }: Question): string {
  return handshake.peerKey.length === 0 ? '' : hex(hello.instanceId) + hex(handshake.peerKey)
}

/** It shows nothing that could prove its address. */
function isBare(init: Uint8Array): boolean {
  return !hasMac2(init) && initBodyAt(init) === INIT_HEADER_BYTES
}

function initKeyOf(init: Uint8Array): number {
  return connectionKey(init, init.length - MACS_BYTES)
}

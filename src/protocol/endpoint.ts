// hot
// Where datagrams come in and go out: finds the session that each belongs to, admits or refuses strangers, and keeps the lists of
// sessions that wait for time or for their turn to send. The six calls of the core are this class.

import type {
  DatagramBatch,
  EndpointOptions,
  ProtocolEndpoint,
  ReceptionCounters,
  SessionEvent,
  SessionHandle,
  StreamHandle,
} from './api.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { Connections } from './connections.ts'
import { Deadlines } from './deadlines.ts'
import { Dials } from './dials.ts'
import { DropReason } from './errors.ts'
import { Answer, type Question } from './handshake/answer.ts'
import type { Hello } from './handshake/hello.ts'
import { CONNECTION_ID_BYTES, LEAST_SHORT_PACKET_BYTES, PROTOCOL_VERSION, TOLD_MAX_ACK_DELAY } from './limits.ts'
import { rulesOf } from './line.ts'
import { Peers } from './peers.ts'
import { type Crypto, silentTrace, type Trace } from './ports.ts'
import { Reception, type ReceptionHost } from './reception.ts'
import { Resets } from './resets.ts'
import { Session, type SessionOwner } from './session.ts'
import { SessionTable } from './session-table.ts'
import { MemoryBudget } from './streams/credit.ts'
import type { Stream } from './streams/stream.ts'
import { type Micros, type PathId, SECOND } from './units.ts'
import { FrameWalker } from './wire/frames.ts'
import {
  COOKIE_PACKET_BYTES,
  DATA_CONNECTION_ID_AT,
  DIALLER_ID_AT,
  dataPacketEnd,
  isDataPacket,
  PacketType,
  RESP_HEADER_BYTES,
} from './wire/packet.ts'

/** A deadline that is noticed this late means that the process was stopped or the machine slept. */
const PAUSE: Micros = 2 * SECOND
/**
 * COOKIEs that leave in one turn: sending one costs as much as reading two INITs. What is left waits for the next turn, which comes at once if
 * the flood leaves time for it; if not, it is answered in part, and the packets of those who are in are read in time.
 */
const COOKIES_PER_TURN = 8
/** The lists below hold each session or stream at most once: their number is bounded elsewhere, by what admits them. */
const AS_MANY_AS_EXIST = Number.MAX_SAFE_INTEGER

export class Endpoint implements ProtocolEndpoint, SessionOwner, ReceptionHost {
  readonly options: EndpointOptions
  readonly budget: MemoryBudget
  readonly walker = new FrameWalker()
  clock: Micros
  onWork: () => void = () => {}
  /** What there is to know of connections; null: the line has none. */
  readonly connections: Connections | null

  readonly #trace: Trace
  readonly #sessions: SessionTable
  /** Of sessions that are confirmed. */
  readonly #peers = new Peers()
  readonly #reception: Reception
  readonly #dials: Dials
  readonly #deadlines = new Deadlines<Session>()
  readonly #pending = new BoundedQueue<Session>(AS_MANY_AS_EXIST)
  readonly #ready = new BoundedQueue<Stream>(AS_MANY_AS_EXIST)
  readonly #events = new BoundedQueue<SessionEvent>(AS_MANY_AS_EXIST)
  readonly #resets: Resets<Session>
  #nextId = 1
  #isAccepting: boolean
  #isStrangersTurn = false
  #cookiesThisTurn = 0

  constructor(options: EndpointOptions, now: Micros) {
    this.options = options
    this.clock = now
    this.budget = new MemoryBudget(options.settings.memoryBudget)
    this.#trace = options.trace ?? silentTrace
    this.#sessions = new SessionTable(options.random)
    this.#resets = new Resets(options, now)
    this.#dials = new Dials(options.line)
    this.#reception = new Reception(options, this, now)
    this.#isAccepting = options.acceptsSessions
    this.connections = rulesOf(options.line).isReliable ? new Connections(this) : null
  }

  // ---- The six calls ----

  receive(datagram: Uint8Array, from: PathId, now: Micros): void {
    this.clock = now
    const type = datagram.length === 0 ? -1 : datagram[0]!
    let reason = 0
    if (isDataPacket(type)) reason = this.#onData(datagram, from, now)
    else if (type === PacketType.init) reason = this.#onInit(datagram, from, now)
    else if (type === PacketType.resp) reason = this.#onResp(datagram, from, now)
    else if (this.connections !== null) reason = DropReason.unknownType
    else if (type === PacketType.cookie) reason = this.#onCookie(datagram, now)
    else if (type === PacketType.reset) reason = this.#onReset(datagram)
    else reason = DropReason.unknownType
    if (reason !== 0) this.#drop(reason, from, now)
  }

  onDeadline(now: Micros): void {
    this.clock = now
    if (now - this.#deadlines.earliest > PAUSE) for (const session of this.#sessions.all()) session.onPause(now)
    for (let session = this.#deadlines.due(now); session !== null; session = this.#deadlines.due(now)) {
      // It gets its next deadline once it has sent what this one made it send.
      this.#deadlines.set(session, Number.POSITIVE_INFINITY)
      session.onDeadline(now)
    }
  }

  nextDeadline(): Micros {
    return this.#deadlines.earliest
  }

  nextDatagrams(out: DatagramBatch, now: Micros): boolean {
    this.clock = now
    if (this.#resets.next(out)) return true
    // In turn with the sessions: a flood of strangers cannot starve those who are in.
    this.#isStrangersTurn = !this.#isStrangersTurn
    if (this.#isStrangersTurn && this.#nextCookie(out)) return true
    for (let session = this.#pending.shift(); session !== null; session = this.#pending.shift()) {
      session.isPending = false
      if (!session.isHeld && session.fill(out, now)) {
        // One batch each, then the next session: a busy one cannot starve the rest.
        this.#enqueue(session)
        return true
      }
      this.#deadlines.set(session, session.deadline())
    }
    if (this.#nextCookie(out)) return true
    this.#cookiesThisTurn = 0
    // What was sent may have made room for writers: they wait for a turn that nothing else may cause.
    if (this.#ready.length > 0 || this.#events.length > 0 || this.#reception.isWaiting) this.wake()
    return false
  }

  nextEvent(): SessionEvent | null {
    return this.#events.shift()
  }

  nextReadyStream(): StreamHandle | null {
    const stream = this.#ready.shift()
    if (stream !== null) stream.isReady = false
    return stream
  }

  // ---- What the application asks for ----

  /** Calls the listener at `path`, with `crypto` if that one has another key. An `opened` or a `closed` event follows. */
  dial(path: PathId, now: Micros, crypto: Crypto = this.options.crypto): SessionHandle {
    if (this.connections?.isTaken(path)) throw new Error('One connection carries one session.')
    this.clock = now
    const session = this.#newSession(path, Role.dialler)
    session.startDial(
      this.#dials.begin(session, this.#hello(session.localId), crypto, { now, wallClockMs: this.wallClockMs }),
    )
    return session
  }

  /** For a listener to say on a session: what its dialler may show at its next dial instead of answering a COOKIE. Null: not now. */
  newAddressToken(session: SessionHandle): Uint8Array | null {
    return this.#reception.tokenFor(session.path)
  }

  /** The listener of this session has said such a token; the next dial of its path shows it. */
  keepAddressToken(session: SessionHandle, token: Uint8Array): void {
    this.#dials.keepToken(session.path, token)
  }

  /** The driver's turn has come, and was kept waiting for so long: whoever is late lets strangers prove themselves first. */
  onTurn(delay: Micros, now: Micros): void {
    this.#cookiesThisTurn = 0
    this.#reception.load.onTurn(delay, now)
  }

  /** The driver's process was at work for this share of the time since the last call. */
  onBusy(share: number): void {
    this.#reception.load.onBusy(share)
  }

  get reception(): Readonly<ReceptionCounters> {
    return this.#reception.counters
  }

  /** Ends every session with this code and takes no new ones. */
  close(code: number, reason: string): void {
    this.#isAccepting = false
    for (const session of [...this.#sessions.all()]) session.close(code, reason)
  }

  /** No session is left: everything that had to be said was said. */
  get isIdle(): boolean {
    return this.#sessions.size === 0
  }

  /** Streams of all sessions that are not finished on both sides; counted anew each time, so not for hot paths. */
  get openStreams(): number {
    let count = 0
    for (const session of this.#sessions.all()) count += session.openStreams
    return count
  }

  /** Tells the peer of a session that we had before we restarted that it is gone; `connectionId` is the one that we chose then. */
  resetForgotten(path: PathId, connectionId: Uint8Array): void {
    this.#resets.add(connectionId, path)
    this.wake()
  }

  /** The far host of `path` says that nobody listens there; a hint that may be forged. */
  onUnreachable(path: PathId, now: Micros): void {
    this.clock = now
    for (const session of this.#sessions.all()) if (session.path === path) session.onUnreachable()
  }

  isPathInUse(path: PathId): boolean {
    return this.#resets.isAwaitedAt(path) || this.#sessions.isPathInUse(path, this.clock)
  }

  #nextCookie(out: DatagramBatch): boolean {
    if (this.#cookiesThisTurn >= COOKIES_PER_TURN || !this.#reception.next(out)) return false
    this.#cookiesThisTurn++
    return true
  }

  // ---- Datagrams by kind; each answers 0 or the reason why it was dropped ----

  #onData(datagram: Uint8Array, from: PathId, now: Micros): number {
    if (datagram.length < LEAST_SHORT_PACKET_BYTES) return DropReason.tooShort
    let at = 0
    while (at < datagram.length) {
      const end = isDataPacket(datagram[at]!) ? dataPacketEnd(datagram, at) : -1
      if (end < 0) return DropReason.badLength
      const session = this.#sessions.find(datagram, at + DATA_CONNECTION_ID_AT)
      if (session === null) return this.#onUnknown(datagram, at, from, now)
      const reason = session.receive(datagram, at, end, from, now)
      if (reason !== 0) this.#drop(reason, from, now)
      at = end
    }
    return 0
  }

  #onUnknown(datagram: Uint8Array, at: number, from: PathId, now: Micros): number {
    const idAt = at + DATA_CONNECTION_ID_AT
    if (this.connections !== null) return DropReason.unknownConnection
    if (this.#resets.answer(datagram.slice(idAt, idAt + CONNECTION_ID_BYTES), from, now)) this.wake()
    return DropReason.unknownConnection
  }

  #onInit(packet: Uint8Array, from: PathId, now: Micros): number {
    if (!this.#isAccepting) return DropReason.notAccepting
    // One connection carries one handshake.
    if (this.connections?.isTaken(from)) return DropReason.badHandshake
    return this.#reception.onInit(packet, from, now)
  }

  #onCookie(packet: Uint8Array, now: Micros): number {
    if (packet.length !== COOKIE_PACKET_BYTES) return DropReason.badLength
    if (packet[1] !== PROTOCOL_VERSION) return DropReason.unknownVersion
    const session = this.#sessions.find(packet, DIALLER_ID_AT)
    if (session === null) return DropReason.unknownConnection
    if (!this.#dials.onCookie(session, packet, now)) return DropReason.badHandshake
    this.onSessionWork(session)
    return 0
  }

  #onResp(packet: Uint8Array, from: PathId, now: Micros): number {
    if (packet.length < RESP_HEADER_BYTES) return DropReason.tooShort
    if (packet[1] !== PROTOCOL_VERSION) return DropReason.unknownVersion
    const session = this.#sessions.find(packet, DIALLER_ID_AT)
    if (session === null || !session.isDialler) return DropReason.unknownConnection
    if (this.connections !== null && session.path !== from) return DropReason.otherPath
    if (!session.onResp(packet, now)) return DropReason.badHandshake
    this.#dials.forget(session)
    this.#resets.watch(session)
    return 0
  }

  #onReset(packet: Uint8Array): number {
    const session = this.#resets.find(packet)
    if (session === null) return DropReason.unknownConnection
    session.end('reset')
    return 0
  }

  #drop(reason: number, from: PathId, now: Micros): void {
    this.#trace.dropped(reason, from, now)
    // What the peer sent before it heard our goodbye is in order.
    if (reason !== DropReason.shuttingDown) this.connections?.onRefused(from)
  }

  #newSession(path: PathId, role: Role): Session {
    const opened = { path, isDialler: role === Role.dialler }
    const session = new Session(this, this.#nextId++, this.#sessions.newId(), opened)
    this.#sessions.add(session)
    this.connections?.carry(session)
    return session
  }

  #hello(localId: Uint8Array): Hello {
    const { settings, instanceId, bootId, crypto } = this.options
    return {
      instanceId,
      bootId,
      resetToken: crypto.resetToken(localId),
      survive: settings.survive,
      maxAckDelay: TOLD_MAX_ACK_DELAY,
      maxStreams: settings.initialMaxStreams,
      streamWindow: settings.initialStreamWindow,
      sessionWindow: settings.initialSessionWindow,
      sentAtMs: 0,
      mostPacketsPerAck: settings.mostPacketsPerAck,
    }
  }

  // ---- What the reception asks ----

  get wallClockMs(): number {
    return this.options.wallClockMs?.() ?? this.clock / 1_000
  }

  admit(
    init: Uint8Array,
    question: Question,
    from: PathId,
  ): { readonly session: Session; readonly answerBytes: number } {
    const session = this.#newSession(from, Role.listener)
    const own = { id: session.localId, hello: this.#hello(session.localId) }
    const answer = new Answer(this.options.crypto, init, question, own, this.clock)
    session.startAnswer(answer, question.remoteId, question.hello)
    this.#resets.watch(session)
    return { session, answerBytes: answer.resp.length }
  }

  // ---- What sessions tell ----

  onSessionWork(session: Session): void {
    this.#enqueue(session)
    this.wake()
  }

  onStreamReady(stream: Stream): void {
    this.#ready.push(stream)
    this.wake()
  }

  onEvent(event: SessionEvent): void {
    this.#events.push(event)
    this.wake()
  }

  onConfirmed(session: Session): void {
    this.#reception.onConfirmed(session)
    this.#peers.add(session)
  }

  onGone(session: Session): void {
    this.#sessions.remove(session)
    this.#reception.onGone(session)
    this.#dials.forget(session)
    this.connections?.onSessionGone(session)
    this.#peers.remove(session)
    this.#resets.forget(session)
    this.#deadlines.set(session, Number.POSITIVE_INFINITY)
  }

  #enqueue(session: Session): void {
    if (session.isPending) return
    session.isPending = true
    this.#pending.push(session)
  }

  wake(): void {
    this.onWork()
  }
}

/** Which side of the handshake a new session is on. */
const Role = { dialler: 0, listener: 1 } as const
type Role = (typeof Role)[keyof typeof Role]

// hot
// One peer's life, from the first packet of the handshake to the last goodbye. It sequences its parts and decides nothing:
// when to acknowledge, what is lost, how much may leave, what goes in the next packet are objects of their own.
//
//   dialling ──RESP──▶ open ──close()──▶ closing ──CLOSE, sent──▶ closed
//   unconfirmed ──first data packet──▶ open        (silence, RESET, CLOSE, restart, line: straight to closed)

import type {
  ClosedBy,
  DatagramBatch,
  EndpointOptions,
  SessionEvent,
  SessionHandle,
  SessionStats,
  StreamHandle,
} from './api.ts'
import type { Timed } from './deadlines.ts'
import { CloseCode, DropReason, StreamCode } from './errors.ts'
import type { Answer } from './handshake/answer.ts'
import type { Dial } from './handshake/dial.ts'
import type { Hello } from './handshake/hello.ts'
import { hex } from './hex.ts'
import { type LineRules, rulesOf } from './line.ts'
import { LivenessVerdict } from './path/liveness.ts'
import type { SessionKeys } from './ports.ts'
import { RekeyReason } from './rekey/rekey.ts'
import { SessionParts, type SessionPartsOwner } from './session-parts.ts'
import { CLOSED, OPEN, type Phase } from './session-phase.ts'
import type { MemoryBudget } from './streams/credit.ts'
import type { Stream } from './streams/stream.ts'
import { type Micros, type PathId, SECOND } from './units.ts'
import { CloseFrame } from './wire/close-frame.ts'
import type { FrameWalker } from './wire/frames.ts'

/** What a session asks of its endpoint. */
export interface SessionOwner {
  readonly options: EndpointOptions
  readonly budget: MemoryBudget
  readonly walker: FrameWalker
  /** The time of the latest call into the core, for application calls that bring none. */
  readonly clock: Micros
  onSessionWork(session: Session): void
  onStreamReady(stream: Stream): void
  onEvent(event: SessionEvent): void
  /** The dialler has shown that it holds the keys: sessions that its instance had before a restart end now. */
  onConfirmed(session: Session): void
  /** The session has nothing more to send or to wait for. */
  onGone(session: Session): void
}

/** How long a goodbye may wait for a connection that takes nothing. */
const LEAVE_WITHIN: Micros = 2 * SECOND

/** Of a peer that has not answered yet. */
const NOTHING = new Uint8Array(0)

type KeyFault = keyof typeof KEY_FAULTS
const KEY_FAULTS = {
  [RekeyReason.packets]: 'the key has sealed all that it may, and no new one was agreed on',
  [RekeyReason.age]: 'no new keys were agreed on in time',
}

export class Session implements SessionHandle, SessionPartsOwner, Timed {
  readonly id: number
  readonly isDialler: boolean
  /** The id we chose: it stands in every packet that we receive. */
  readonly localId: Uint8Array
  remoteId: Uint8Array = NOTHING
  peerResetToken = ''
  peerInstance = ''
  peerBoot = ''
  peerKey: Uint8Array = NOTHING
  owner: unknown = null
  /** For the endpoint's lists, and which INIT it answers for its reception. */
  initKey = 0
  dueAt: Micros = Number.POSITIVE_INFINITY
  heapIndex = 0
  isPending = false
  /** The connection under the path takes nothing more for now. */
  isHeld = false

  readonly #owner: SessionOwner
  readonly #rules: LineRules
  readonly #parts: SessionParts
  #phase: Phase = CLOSED
  #control: Stream | null = null

  constructor(owner: SessionOwner, id: number, localId: Uint8Array, opened: { path: PathId; isDialler: boolean }) {
    this.#owner = owner
    this.id = id
    this.localId = localId
    this.isDialler = opened.isDialler
    this.#rules = rulesOf(owner.options.line)
    this.#parts = new SessionParts({
      session: id,
      isDialler: opened.isDialler,
      path: opened.path,
      options: owner.options,
      budget: owner.budget,
      walker: owner.walker,
      owner: this,
      now: owner.clock,
    })
  }

  get handle(): SessionHandle {
    return this
  }

  get clock(): Micros {
    return this.#owner.clock
  }

  get path(): PathId {
    return this.#parts.path.current
  }

  get isSuspect(): boolean {
    return this.#parts.liveness.isSuspect
  }

  get control(): StreamHandle {
    if (this.#control === null) throw new Error('The control stream exists from the `opened` event on.')
    return this.#control
  }

  get openedStreams(): number {
    return this.#parts.streams.openedStreams
  }

  /** Streams of both sides. */
  get openStreams(): number {
    return this.#parts.streams.openStreams
  }

  openStream(most?: number): StreamHandle | null {
    return this.#phase.kind === 'open' ? this.#parts.streams.open(most) : null
  }

  close(code: number, reason: string): void {
    this.#goodbye('local', code, reason)
  }

  stats(into: SessionStats): void {
    this.#parts.stats(into)
  }

  // ---- Handshake ----

  startDial(dial: Dial): void {
    this.#phase = { kind: 'dialling', dial }
    this.onWork()
  }

  startAnswer(answer: Answer, remoteId: Uint8Array, hello: Hello): void {
    this.#phase = { kind: 'unconfirmed', answer }
    this.peerKey = answer.peerKey
    this.#meet(remoteId, answer.keys, hello)
    this.onWork()
  }

  /** The INIT came again. A RESP is repeated only for the same bytes, and goes where they came from. */
  onRepeatedInit(init: Uint8Array, from: PathId): void {
    if (this.#phase.kind !== 'unconfirmed' || !this.#phase.answer.onInit(init, this.#owner.clock)) return
    this.#parts.path.current = from
    this.onWork()
  }

  /** False: not a genuine answer to our dial. */
  onResp(packet: Uint8Array, now: Micros): boolean {
    if (this.#phase.kind !== 'dialling') return true
    const dialled = this.#phase.dial.onResp(packet)
    if (dialled === null) return false
    this.peerKey = dialled.peerKey
    this.#meet(dialled.remoteId, dialled.keys, dialled.hello)
    this.#parts.liveness.onHeard(now)
    const roundTrip = this.#phase.dial.roundTrip(now)
    if (roundTrip !== null) this.#parts.rtt.sample(roundTrip, 0)
    // The listener holds the session as unconfirmed until it hears a data packet.
    this.#parts.builder.wantsPing = true
    this.#open()
    return true
  }

  #meet(remoteId: Uint8Array, keys: SessionKeys, hello: Hello): void {
    this.remoteId = remoteId
    this.peerResetToken = hex(hello.resetToken)
    this.peerInstance = hex(hello.instanceId)
    this.peerBoot = hex(hello.bootId)
    this.#control = this.#parts.start({ localId: this.localId, remoteId, keys, hello }, this.#owner.clock)
  }

  #open(): void {
    this.#phase = OPEN
    this.#owner.onEvent({ kind: 'opened', session: this })
    this.onWork()
  }

  // ---- Receiving ----

  /** One data packet of this session, `at…end` of `buffer`. Answers a DropReason, or 0 if it was taken. */
  receive(buffer: Uint8Array, at: number, end: number, from: PathId, now: Micros): number {
    if (this.#phase.kind === 'closing' || this.#phase.kind === 'closed') return DropReason.shuttingDown
    if (this.#rules.isReliable && from !== this.path) return DropReason.otherPath
    const { receiver, liveness } = this.#parts
    const reason = receiver.open(buffer, at, end, now)
    if (reason !== 0) return reason
    if (this.#phase.kind === 'unconfirmed') this.#confirm(from)
    liveness.onHeard(now)
    receiver.act(buffer, at, end, from, now)
    this.#tellRecovery()
    this.#parts.rest(now)
    this.onWork()
    return 0
  }

  #tellRecovery(): void {
    if (this.#phase.kind !== 'open') return
    const { liveness, loss } = this.#parts
    if (liveness.recovers(loss.timeouts)) this.#owner.onEvent({ kind: 'recovered', session: this })
  }

  /** The packet that confirms also says where the dialler is: a replayed INIT may have come from anywhere. */
  #confirm(from: PathId): void {
    this.#parts.path.current = from
    this.#owner.onConfirmed(this)
    this.#open()
  }

  // ---- Sending ----

  /** Fills the batch; false: nothing to send now. */
  fill(out: DatagramBatch, now: Micros): boolean {
    const phase = this.#phase
    switch (phase.kind) {
      case 'dialling':
        return phase.dial.isDue(now) && this.#put(out, phase.dial.init)
      case 'unconfirmed':
        return phase.answer.isDue() && this.#put(out, phase.answer.resp)
      case 'open':
        return this.#fillOpen(out, now)
      case 'closing':
        phase.goodbyes--
        this.#parts.sender.fillClose(out, this.#parts.path.current, phase.frame, now)
        if (phase.goodbyes === 0) this.#leave()
        return true
      case 'closed':
        return false
    }
  }

  #fillOpen(out: DatagramBatch, now: Micros): boolean {
    const { keys, rekey } = this.#parts
    if (!keys.isExhausted && !rekey.isOverdue) return this.#parts.fill(out, now)
    this.#giveUpKeys(keys.isExhausted ? RekeyReason.packets : RekeyReason.age, now)
    return this.fill(out, now)
  }

  #giveUpKeys(why: KeyFault, now: Micros): void {
    this.#parts.trace.keysExhausted(this.id, why, now)
    this.#goodbye('local', CloseCode.keyExhausted, KEY_FAULTS[why])
  }

  #put(out: DatagramBatch, packet: Uint8Array): boolean {
    out.buffer.set(packet)
    out.length = packet.length
    out.segmentBytes = packet.length
    out.path = this.#parts.path.current
    return true
  }

  #leave(): void {
    this.#phase = CLOSED
    this.#owner.onGone(this)
  }

  // ---- Time ----

  /** When the session must be looked at next, as things stand. */
  deadline(): Micros {
    const phase = this.#phase
    switch (phase.kind) {
      case 'dialling':
        return phase.dial.deadline
      case 'unconfirmed':
        return phase.answer.deadline
      case 'open':
        return this.isHeld ? this.#parts.heldDeadline : this.#parts.deadline
      case 'closing':
        return phase.leavesAt
      case 'closed':
        return Number.POSITIVE_INFINITY
    }
  }

  onDeadline(now: Micros): void {
    const phase = this.#phase
    if (phase.kind === 'dialling' && phase.dial.hasGivenUp(now)) this.#end('noAnswer', CloseCode.none, '')
    else if (phase.kind === 'unconfirmed' && now >= phase.answer.deadline) this.#leave()
    else if (phase.kind === 'closing' && now >= phase.leavesAt) this.#leave()
    else if (phase.kind === 'open') this.#onOpenDeadline(now)
    if (this.#phase.kind !== 'closed') this.onWork()
  }

  #onOpenDeadline(now: Micros): void {
    switch (this.#parts.step(now)) {
      case LivenessVerdict.fine:
      case LivenessVerdict.ping:
        return
      case LivenessVerdict.suspect:
        this.#owner.onEvent({ kind: 'suspect', session: this })
        return
      case LivenessVerdict.dead:
        this.#goodbye('silence', CloseCode.none, '')
        return
    }
  }

  /** The process did not run for a while: silence meanwhile is nobody's fault. */
  onPause(now: Micros): void {
    if (this.#phase.kind === 'open') this.#parts.liveness.onPause(now)
  }

  /** The far host says that nobody listens there. A hint that anybody can forge: it only makes us ask sooner. */
  onUnreachable(): void {
    if (this.#phase.kind !== 'open') return
    this.#parts.askAtOnce()
    this.onWork()
  }

  // ---- The end ----

  /** A RESET whose token is genuine, or the same instance was started anew: there is nobody to say goodbye to. */
  end(by: ClosedBy): void {
    this.#end(by, CloseCode.none, '')
  }

  /** The connection under it has ended, or is of no use any more; a goodbye that waits is not said. */
  endWithLine(reason: string): void {
    if (this.#phase.kind === 'closing') this.#leave()
    else this.#end('line', CloseCode.none, reason)
  }

  #goodbye(by: ClosedBy, code: number, reason: string): void {
    if (this.#phase.kind === 'closing' || this.#phase.kind === 'closed') return
    if (this.#phase.kind !== 'open') {
      this.#end(by, code, reason)
      return
    }
    const frame = new CloseFrame()
    frame.code = code
    frame.reason = reason
    this.#phase = { kind: 'closing', goodbyes: this.#rules.goodbyes, leavesAt: this.clock + LEAVE_WITHIN, frame }
    this.#tellEnd(by, code, reason)
    this.onWork()
  }

  #end(by: ClosedBy, code: number, reason: string): void {
    if (this.#phase.kind === 'closed' || this.#phase.kind === 'closing') return
    const wasKnown = this.#phase.kind !== 'unconfirmed'
    this.#phase = CLOSED
    if (wasKnown) this.#tellEnd(by, code, reason)
    this.#owner.onGone(this)
  }

  #tellEnd(by: ClosedBy, code: number, reason: string): void {
    this.#parts.streams.abandon(StreamCode.sessionLost)
    this.#owner.onEvent({ kind: 'closed', session: this, by, code, reason })
  }

  // ---- What the parts tell ----

  onPeerClosed(code: number, reason: string): void {
    this.#end('peer', code, reason)
  }

  onNewIp(): void {
    this.#owner.onEvent({ kind: 'moved', session: this })
  }

  onViolation(code: CloseCode, reason: string): void {
    this.#goodbye('violation', code, reason)
  }

  onWork(): void {
    this.#owner.onSessionWork(this)
  }

  onStreamReady(stream: Stream): void {
    this.#owner.onStreamReady(stream)
  }

  onStreamAccepted(stream: Stream): void {
    this.#owner.onEvent({ kind: 'accepted', session: this, stream })
  }

  onStreamsAvailable(): void {
    this.#owner.onEvent({ kind: 'streamsAvailable', session: this })
  }
}

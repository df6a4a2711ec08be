// hot
// What a session is made of, how its parts hang together, and what they do in which order once there are keys. How long that goes on,
// and what is told of it, is for `Session` to say.

import type { DatagramBatch, EndpointOptions, SessionStats } from './api.ts'
import { AT_REST } from './congestion/at-rest.ts'
import type { CongestionController } from './congestion/controller.ts'
import { Uncontrolled } from './congestion/none.ts'
import { Pacer } from './congestion/pacer.ts'
import type { CloseCode } from './errors.ts'
import { type FrameActionParts, FrameActions } from './frame-actions.ts'
import { addressAt, isLoopback, isSameIp } from './handshake/address.ts'
import type { Hello } from './handshake/hello.ts'
import { rulesOf, UDP } from './line.ts'
import { PacketBuilder } from './packet-builder.ts'
import { PacketReceiver, type PacketReceiverParts } from './packet-receiver.ts'
import { PacketSender, type PacketSenderParts } from './packet-sender.ts'
import { Liveness, LivenessVerdict } from './path/liveness.ts'
import { MtuSearch, type SizeCeiling } from './path/mtu-search.ts'
import { Path } from './path/path.ts'
import { type SessionKeys, silentTrace, type Trace } from './ports.ts'
import { AckFrequency } from './recovery/ack-frequency.ts'
import { AckPolicy } from './recovery/ack-policy.ts'
import { LossDetector, type LossDetectorParts } from './recovery/loss.ts'
import { NoLoss } from './recovery/no-loss.ts'
import { type ProactiveParts, ProactiveRepeats } from './recovery/proactive.ts'
import { ReceivedPackets } from './recovery/received.ts'
import type { Recovery } from './recovery/recovery.ts'
import { Rtt } from './recovery/rtt.ts'
import { SentPackets } from './recovery/sent.ts'
import { SkippedNumbers } from './recovery/skip.ts'
import { KeyRing } from './rekey/key-ring.ts'
import { Rekey, type RekeyParts, RekeyReason } from './rekey/rekey.ts'
import type { MemoryBudget } from './streams/credit.ts'
import type { Stream } from './streams/stream.ts'
import { StreamTable, type StreamTableOwner } from './streams/table.ts'
import { type Micros, type PacketNumber, type PathId, SECOND } from './units.ts'
import type { FrameWalker } from './wire/frames.ts'

/** Whom the parts of a session tell; the session. */
export interface SessionPartsOwner extends StreamTableOwner {
  /** The peer has said goodbye. */
  onPeerClosed(code: number, reason: string): void
  /** The peer has moved, and not only to another port of the same address. */
  onNewIp(): void
  /** The peer broke a rule: it is sent away. */
  onViolation(code: CloseCode, reason: string): void
}

export interface SessionPartsOptions {
  readonly session: number
  readonly isDialler: boolean
  readonly path: PathId
  readonly options: EndpointOptions
  readonly budget: MemoryBudget
  readonly walker: FrameWalker
  readonly owner: SessionPartsOwner
  readonly now: Micros
}

/** What the handshake has told. */
export interface Met {
  readonly localId: Uint8Array
  readonly remoteId: Uint8Array
  readonly keys: SessionKeys
  readonly hello: Hello
}

/** Shorter than the pause between two keep-alives: an idle session is down to its least with the first of them. */
const REST_EVERY: Micros = 10 * SECOND
/** What was learnt of a path that nobody uses is good for so long (RFC 7661 §4.4); then it is as new. */
const CONTROL_KEPT_FOR: Micros = 300 * SECOND

/** Itself what its parts are told of each other: a list for each of them would cost every session some hundred bytes more. */
export class SessionParts
  implements
    PacketSenderParts,
    PacketReceiverParts,
    FrameActionParts,
    LossDetectorParts,
    ProactiveParts,
    RekeyParts,
    SizeCeiling
{
  readonly session: number
  readonly isDialler: boolean
  readonly isReliable: boolean
  readonly trace: Trace
  readonly walker: FrameWalker
  readonly rtt = new Rtt()
  readonly sent = new SentPackets()
  readonly received = new ReceivedPackets()
  readonly acks = new AckPolicy()
  readonly ackFrequency = new AckFrequency()
  readonly path: Path
  readonly search: MtuSearch
  readonly liveness: Liveness
  readonly keys: KeyRing
  readonly rekey: Rekey
  controller: CongestionController
  pacer: Pacer = AT_REST.pacer
  readonly skipped: SkippedNumbers | null
  readonly streams: StreamTable
  readonly actions: FrameActions
  readonly loss: Recovery
  proactive: ProactiveRepeats | null = null
  readonly builder: PacketBuilder
  readonly sender: PacketSender
  readonly receiver: PacketReceiver
  packetsLost = 0

  readonly #options: EndpointOptions
  readonly #owner: SessionPartsOwner
  #restAt: Micros
  /** Nothing but keep-alives has left since then; and so much had been sent at the last rest. */
  #quietSince: Micros
  #sentAtRest = 0

  constructor({ session, isDialler, path, options, budget, walker, owner, now }: SessionPartsOptions) {
    const { random, settings, trace } = options
    const { isReliable, packetsPerAck, suspectSilence } = rulesOf(options.line)
    this.session = session
    this.isDialler = isDialler
    this.isReliable = isReliable
    this.#options = options
    this.#owner = owner
    this.#restAt = now + REST_EVERY
    this.#quietSince = now
    this.acks.packetsPerAck = packetsPerAck
    this.acks.mostPacketsPerAck = settings.mostPacketsPerAck
    this.trace = trace ?? silentTrace
    this.walker = walker
    this.path = new Path(path, random)
    this.search = new MtuSearch(settings.maxDatagramBytes, this)
    this.streams = new StreamTable(owner, settings, budget, isDialler ? 1 : 0)
    const { survive, askAfterQuiet } = settings
    this.liveness = new Liveness({ isDialler, survive, askAfterQuiet, streams: this.streams }, random, now)
    this.liveness.suspectSilence = suspectSilence
    // TCP controls itself, and must not be controlled twice.
    this.controller = isReliable ? new Uncontrolled() : AT_REST.controller
    // There is no window that an ACK of what never arrived could open.
    this.skipped = isReliable ? null : new SkippedNumbers(random)
    this.keys = new KeyRing(settings.mostPacketsPerKey)
    this.rekey = new Rekey(this, settings)
    this.actions = new FrameActions(this)
    this.loss = isReliable ? new NoLoss(this.sent, this.rtt, this.actions) : new LossDetector(this)
    this.builder = new PacketBuilder(this)
    this.sender = new PacketSender(this, settings.maxDatagramBytes)
    this.receiver = new PacketReceiver(this)
  }

  // ---- What its parts ask and tell ----

  /** Pieces would arrive too, and say nothing of the path; but nothing is cut on the way to this machine itself. */
  get ceilingDatagramBytes(): number {
    const { line = UDP, settings } = this.#options
    const address = line.forbidsFragments ? null : addressAt(this.#options, this.path.current)
    const isHonest = line.forbidsFragments || (address !== null && isLoopback(address))
    return isHonest ? settings.ceilingDatagramBytes : settings.maxDatagramBytes
  }

  /** It has a controller and a pacer of its own from here on. */
  takeControl(now: Micros): void {
    const { maxDatagramBytes } = this.sender
    this.controller = this.#options.newController(maxDatagramBytes)
    this.pacer = new Pacer(maxDatagramBytes)
    this.pacer.adjust(this.controller, this.rtt.hasSample ? this.rtt.smoothed : 0, now)
  }

  probeTimeout(): Micros {
    return this.loss.probeTimeout
  }

  onKeysChanged(why: RekeyReason, now: Micros): void {
    if (why !== RekeyReason.peer) this.builder.wantsPing = true
    this.trace.keysChanged(this.session, this.keys.number, why, now)
  }

  onPacketLost(packet: PacketNumber, bytes: number, now: Micros): void {
    this.packetsLost++
    this.proactive ??= new ProactiveRepeats(this)
    this.proactive.onLost()
    this.trace.packetLost(this.session, packet, bytes, now)
  }

  onPacketFound(): void {
    this.proactive?.onFound()
  }

  onPeerClosed(code: number, reason: string): void {
    this.#owner.onPeerClosed(code, reason)
  }

  onViolation(code: CloseCode, reason: string): void {
    this.#owner.onViolation(code, reason)
  }

  /** What was sent to the old address may be lost: the answer to a PING says so soonest. */
  onMoved(before: PathId, now: Micros): void {
    this.askAtOnce()
    if (isSameIp(addressAt(this.#options, before), addressAt(this.#options, this.path.current))) return
    this.#startOver(now)
    this.#owner.onNewIp()
  }

  // ---- What the session asks for ----

  /** The handshake is through: its keys serve from here on. Returns the control stream. */
  start(met: Met, now: Micros): Stream {
    const { hello, remoteId } = met
    this.loss.peerMaxAckDelay = hello.maxAckDelay
    this.ackFrequency.peerMost = this.isReliable
      ? 0
      : Math.min(hello.mostPacketsPerAck, this.#options.settings.mostPacketsPerAck)
    this.liveness.survive = Math.min(hello.survive, this.liveness.survive)
    this.rekey.start(met.keys, met.localId, remoteId, now)
    this.sender.start(remoteId)
    return this.streams.start(hello)
  }

  /** Fills the batch with what an open session has to say; false: nothing now. */
  fill(out: DatagramBatch, now: Micros): boolean {
    this.rekey.step(now)
    if (this.search.bytes !== this.sender.maxDatagramBytes) this.#resize(now)
    const { sender, path } = this
    const message = path.nextMessage()
    if (message === null) return sender.fillSizeProbe(out, path.current, now) || sender.fill(out, path.current, now)
    sender.fillPathMessage(out, message, now)
    return true
  }

  #resize(now: Micros): void {
    this.sender.resize(this.search.bytes)
    this.trace.datagramsResized(this.session, this.search.bytes, now)
  }

  /** Sends the peer something that it must answer, whatever window and pacer say. */
  askAtOnce(): void {
    this.builder.wantsPing = true
    this.sender.probes = Math.max(this.sender.probes, 1)
  }

  /** When the first of them wants to be looked at, while the session is open. */
  get deadline(): Micros {
    return Math.min(
      this.loss.deadline,
      this.acks.deadline,
      this.sender.deadline,
      this.proactive?.deadline ?? Number.POSITIVE_INFINITY,
      this.streams.allowance.deadline,
      this.liveness.deadline(this.loss.timeouts),
    )
  }

  /** The same while nothing may be sent: an ACK that is due waits, and whoever waits for room costs nothing. */
  get heldDeadline(): Micros {
    return Math.min(this.loss.deadline, this.streams.allowance.deadline, this.liveness.deadline(this.loss.timeouts))
  }

  /** Does what is due; what it means for the life of the session is for the session to say. */
  step(now: Micros): LivenessVerdict {
    if (this.loss.deadline <= now) this.sender.probe(this.loss.onDeadline(now))
    this.proactive?.onDeadline(now)
    this.streams.onDeadline(now)
    const verdict = this.liveness.step(this.loss.timeouts, now)
    if (verdict === LivenessVerdict.ping) this.builder.wantsPing = true
    return verdict
  }

  /** A packet has come and was acted on: now and then that is the time to give back what only a busy session needs. */
  rest(now: Micros): void {
    if (now < this.#restAt) return
    this.#restAt = now + REST_EVERY
    this.streams.trim()
    this.sent.rest()
    if (this.#wasBusy()) this.#quietSince = now
    else if (now - this.#quietSince >= CONTROL_KEPT_FOR) this.#leaveControl()
  }

  /** Since it was asked last. */
  #wasBusy(): boolean {
    const sentBytes = this.sender.bytesSent - this.#sentAtRest
    this.#sentAtRest = this.sender.bytesSent
    return this.streams.openStreams > 0 || sentBytes >= this.#options.settings.maxDatagramBytes
  }

  #leaveControl(): void {
    if (this.isReliable) return
    this.controller = AT_REST.controller
    this.pacer = AT_REST.pacer
  }

  /** Another address is another path: what was learnt of the old one would flood it, or starve it (RFC 9000 §9.4). */
  #startOver(now: Micros): void {
    const { settings, newController } = this.#options
    if (this.controller !== AT_REST.controller) this.controller = newController(settings.maxDatagramBytes)
    this.search.startOver()
    this.loss.onNewPath()
    this.proactive = null
    this.rtt.forget()
    const roundTrip = this.path.roundTrip(now)
    if (roundTrip !== null) this.rtt.sample(roundTrip, 0)
  }

  stats(into: SessionStats): void {
    into.smoothedRtt = this.rtt.smoothed
    into.minRtt = this.rtt.min
    into.windowBytes = this.controller.windowBytes
    into.bytesInFlight = this.sent.bytesInFlight
    into.packetsSent = this.sender.packetsSent
    into.packetsReceived = this.receiver.packetsReceived
    into.packetsLost = this.packetsLost
    into.bytesSent = this.sender.bytesSent
    into.bytesReceived = this.receiver.bytesReceived
    into.openStreams = this.streams.openStreams
    into.heldBytes = this.streams.heldBytes
    into.rekeys = this.keys.number
  }
}

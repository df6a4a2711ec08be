// hot
// What a session is made of, how its parts hang together, and what they do in which order once there are keys. How long that goes on,
// and what is told of it, is for `Session` to say.

import type { DatagramBatch, EndpointOptions, SessionStats } from './api.ts'
import type { CongestionController } from './congestion/controller.ts'
import { Uncontrolled } from './congestion/none.ts'
import { Pacer } from './congestion/pacer.ts'
import type { CloseCode } from './errors.ts'
import { FrameActions } from './frame-actions.ts'
import { addressAt, isLoopback, isSameIp } from './handshake/address.ts'
import type { Hello } from './handshake/hello.ts'
import { rulesOf, UDP } from './line.ts'
import { PacketBuilder } from './packet-builder.ts'
import { PacketReceiver } from './packet-receiver.ts'
import { PacketSender } from './packet-sender.ts'
import { Liveness, LivenessVerdict } from './path/liveness.ts'
import { MtuSearch } from './path/mtu-search.ts'
import { Path } from './path/path.ts'
import { type SessionKeys, silentTrace, type Trace } from './ports.ts'
import { AckFrequency } from './recovery/ack-frequency.ts'
import { AckPolicy } from './recovery/ack-policy.ts'
import { LossDetector } from './recovery/loss.ts'
import { NoLoss } from './recovery/no-loss.ts'
import { ReceivedPackets } from './recovery/received.ts'
import type { Recovery } from './recovery/recovery.ts'
import { Rtt } from './recovery/rtt.ts'
import { SentPackets } from './recovery/sent.ts'
import { SkippedNumbers } from './recovery/skip.ts'
import { KeyRing } from './rekey/key-ring.ts'
import { Rekey, RekeyReason } from './rekey/rekey.ts'
import type { MemoryBudget } from './streams/credit.ts'
import type { Stream } from './streams/stream.ts'
import { StreamTable, type StreamTableOwner } from './streams/table.ts'
import { type Micros, type PathId, SECOND } from './units.ts'
import type { FrameWalker } from './wire/frames.ts'

/** What one session is and whom its parts tell. */
export interface SessionPartsOptions {
  readonly session: number
  readonly isDialler: boolean
  readonly path: PathId
  readonly options: EndpointOptions
  readonly budget: MemoryBudget
  readonly walker: FrameWalker
  readonly streamOwner: StreamTableOwner
  readonly onClose: (code: number, reason: string) => void
  /** The peer has moved, and not only to another port of the same address. */
  readonly onNewIp: () => void
  readonly onViolation: (code: CloseCode, reason: string) => void
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

export class SessionParts {
  readonly trace: Trace
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
  readonly streams: StreamTable
  readonly actions: FrameActions
  readonly loss: Recovery
  readonly builder: PacketBuilder
  readonly sender: PacketSender
  readonly receiver: PacketReceiver
  packetsLost = 0

  readonly #session: number
  readonly #options: EndpointOptions
  readonly #onNewIp: () => void
  #restAt: Micros

  constructor(made: SessionPartsOptions) {
    const { random, settings, newController, trace } = made.options
    const { rtt, sent, received, acks, ackFrequency } = this
    // Closures that named `made` would keep it.
    const { session } = made
    const { isReliable, packetsPerAck, suspectSilence } = rulesOf(made.options.line)
    this.#session = made.session
    this.#options = made.options
    this.#onNewIp = made.onNewIp
    this.#restAt = made.now + REST_EVERY
    acks.packetsPerAck = packetsPerAck
    acks.mostPacketsPerAck = settings.mostPacketsPerAck
    this.trace = trace ?? silentTrace
    this.path = new Path(made.path, random)
    this.search = new MtuSearch(settings.maxDatagramBytes, () => mtuCeiling(this.#options, this.path.current))
    this.liveness = new Liveness(
      {
        isDialler: made.isDialler,
        survive: settings.survive,
        askAfterQuiet: settings.askAfterQuiet,
        isBusy: () => this.streams.openStreams > 0,
      },
      random,
      made.now,
    )
    this.liveness.suspectSilence = suspectSilence
    // TCP controls itself, and must not be controlled twice.
    this.controller = isReliable ? new Uncontrolled() : newController(settings.maxDatagramBytes)
    this.streams = new StreamTable(made.streamOwner, settings, made.budget, made.isDialler ? 1 : 0)
    this.keys = new KeyRing(settings.mostPacketsPerKey)
    const rekey = new Rekey(
      {
        keys: this.keys,
        sent,
        received,
        isDialler: made.isDialler,
        probeTimeout: () => this.loss.probeTimeout,
        onChanged: (why, now) => {
          if (why !== RekeyReason.peer) this.builder.wantsPing = true
          this.trace.keysChanged(session, this.keys.number, why, now)
        },
      },
      settings,
    )
    this.rekey = rekey
    this.actions = new FrameActions({
      streams: this.streams,
      received,
      acks,
      ackFrequency,
      path: this.path,
      search: this.search,
      rekey,
      onMoved: (before, now) => this.#onMoved(before, now),
      onClose: made.onClose,
    })
    this.loss = isReliable
      ? new NoLoss(sent, rtt, this.actions)
      : new LossDetector({
          sent,
          rtt,
          controller: this.controller,
          sink: this.actions,
          sizes: this.search,
          onPacketLost: (packet, bytes, now) => {
            this.packetsLost++
            this.trace.packetLost(session, packet, bytes, now)
          },
        })
    this.actions.loss = this.loss
    this.builder = new PacketBuilder({ sent, received, acks, ackFrequency, rtt, rekey, streams: this.streams })
    this.sender = new PacketSender(
      {
        session: made.session,
        keys: this.keys,
        sent,
        sink: this.actions,
        // There is no window that an ACK of what never arrived could open.
        skipped: isReliable ? null : new SkippedNumbers(random),
        loss: this.loss,
        acks,
        ackFrequency,
        rtt,
        controller: this.controller,
        pacer: new Pacer(settings.maxDatagramBytes),
        builder: this.builder,
        search: this.search,
        trace: this.trace,
        onElicitingSent: (now) => this.liveness.onSent(now),
      },
      settings.maxDatagramBytes,
    )
    this.receiver = new PacketReceiver({
      session: made.session,
      isReliable,
      keys: this.keys,
      rekey,
      received,
      sent,
      acks,
      loss: this.loss,
      path: this.path,
      walker: made.walker,
      actions: this.actions,
      trace: this.trace,
      onAsked: (now) => this.liveness.onAsked(now),
      onViolation: made.onViolation,
    })
  }

  /** The handshake is through: its keys serve from here on. Returns the control stream. */
  start(met: Met, now: Micros): Stream {
    const { hello, remoteId } = met
    this.loss.peerMaxAckDelay = hello.maxAckDelay
    const { isReliable } = rulesOf(this.#options.line)
    this.ackFrequency.peerMost = isReliable
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
    this.trace.datagramsResized(this.#session, this.search.bytes, now)
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
  }

  /** What was sent to the old address may be lost: the answer to a PING says so soonest. */
  #onMoved(before: PathId, now: Micros): void {
    this.askAtOnce()
    if (isSameIp(addressAt(this.#options, before), addressAt(this.#options, this.path.current))) return
    this.#startOver(now)
    this.#onNewIp()
  }

  /** Another address is another path: what was learnt of the old one would flood it, or starve it (RFC 9000 §9.4). */
  #startOver(now: Micros): void {
    const { settings, newController } = this.#options
    this.controller = newController(settings.maxDatagramBytes)
    this.search.startOver()
    this.loss.onNewPath(this.controller)
    this.sender.onNewPath(this.controller)
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

/** Pieces would arrive too, and say nothing of the path; but nothing is cut on the way to this machine itself. */
function mtuCeiling(options: EndpointOptions, path: PathId): number {
  const { line = UDP, settings } = options
  const address = line.forbidsFragments ? null : addressAt(options, path)
  const isHonest = line.forbidsFragments || (address !== null && isLoopback(address))
  return isHonest ? settings.ceilingDatagramBytes : settings.maxDatagramBytes
}

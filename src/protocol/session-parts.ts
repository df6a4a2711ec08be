// What a session is made of, and how its parts hang together. No decisions: `Session` calls them in order.

import type { EndpointOptions, SessionStats } from './api.ts'
import type { CongestionController } from './congestion/controller.ts'
import { Pacer } from './congestion/pacer.ts'
import { FrameActions } from './frame-actions.ts'
import { PacketBuilder } from './packet-builder.ts'
import { PacketSender } from './packet-sender.ts'
import { Liveness } from './path/liveness.ts'
import { Path } from './path/path.ts'
import { silentTrace, type Trace } from './ports.ts'
import { AckPolicy } from './recovery/ack-policy.ts'
import { LossDetector } from './recovery/loss.ts'
import { ReceivedPackets } from './recovery/received.ts'
import { Rtt } from './recovery/rtt.ts'
import { SentPackets } from './recovery/sent.ts'
import { SkippedNumbers } from './recovery/skip.ts'
import { KeyRing } from './rekey/key-ring.ts'
import { Rekey } from './rekey/rekey.ts'
import type { MemoryBudget } from './streams/credit.ts'
import { StreamTable, type StreamTableOwner } from './streams/table.ts'
import type { Micros, PacketNumber, PathId } from './units.ts'
import type { FrameWalker } from './wire/frames.ts'

/** What one session is and whom its parts tell. */
export interface SessionPartsOptions {
  readonly session: number
  readonly isDialler: boolean
  readonly path: PathId
  readonly options: EndpointOptions
  readonly budget: MemoryBudget
  readonly streamOwner: StreamTableOwner
  readonly onClose: (code: number, reason: string) => void
  readonly now: Micros
}

export class SessionParts {
  readonly trace: Trace
  readonly rtt = new Rtt()
  readonly sent = new SentPackets()
  readonly received = new ReceivedPackets()
  readonly acks = new AckPolicy()
  readonly path: Path
  readonly liveness: Liveness
  readonly keys: KeyRing
  readonly rekey: Rekey
  readonly controller: CongestionController
  readonly streams: StreamTable
  readonly actions: FrameActions
  readonly loss: LossDetector
  readonly builder: PacketBuilder
  readonly sender: PacketSender
  packetsLost = 0

  readonly #session: number
  #packetsReceived = 0
  #bytesReceived = 0

  constructor(made: SessionPartsOptions) {
    const { random, settings, newController, trace } = made.options
    const { rtt, sent, received, acks } = this
    this.#session = made.session
    this.trace = trace ?? silentTrace
    this.path = new Path(made.path, random)
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
    this.controller = newController(settings.maxDatagramBytes)
    this.streams = new StreamTable(made.streamOwner, settings, made.budget, made.isDialler ? 1 : 0)
    this.keys = new KeyRing(settings.mostPacketsPerKey)
    const rekey = new Rekey(
      {
        keys: this.keys,
        sent,
        received,
        isDialler: made.isDialler,
        probeTimeout: () => this.loss.probeTimeout,
        onChanged: () => {
          this.builder.wantsPing = true
        },
      },
      settings,
    )
    this.rekey = rekey
    this.actions = new FrameActions({ streams: this.streams, received, path: this.path, rekey, onClose: made.onClose })
    this.loss = new LossDetector({
      sent,
      rtt,
      controller: this.controller,
      sink: this.actions,
      onPacketLost: (packet, bytes, now) => {
        this.packetsLost++
        this.trace.packetLost(made.session, packet, bytes, now)
      },
    })
    this.actions.loss = this.loss
    this.builder = new PacketBuilder({ sent, received, acks, rtt, rekey, streams: this.streams })
    this.sender = new PacketSender(
      {
        session: made.session,
        keys: this.keys,
        sent,
        sink: this.actions,
        skipped: new SkippedNumbers(random),
        loss: this.loss,
        acks,
        rtt,
        controller: this.controller,
        pacer: new Pacer(settings.maxDatagramBytes),
        builder: this.builder,
        trace: this.trace,
        onElicitingSent: (now) => this.liveness.onSent(now),
      },
      settings.maxDatagramBytes,
    )
  }

  /** When the first of them wants to be looked at, while the session is open. */
  get deadline(): Micros {
    return Math.min(
      this.loss.deadline,
      this.acks.deadline,
      this.sender.deadline,
      this.liveness.deadline(this.loss.timeouts),
    )
  }

  /** A packet was authentic. */
  onReceived(packet: PacketNumber, bytes: number, now: Micros): void {
    this.received.add(packet)
    this.#packetsReceived++
    this.#bytesReceived += bytes
    this.trace.packetReceived(this.#session, packet, bytes, now)
  }

  /** The frames of a packet have acted. */
  onActed(packet: PacketNumber, largestBefore: PacketNumber, walker: FrameWalker, now: Micros): void {
    this.acks.onPacket(packet, largestBefore, walker.elicitsAck, now)
    if (walker.wantsHaste) this.acks.hurry(now)
    if (walker.elicitsAck) this.liveness.onAsked(now)
  }

  stats(into: SessionStats): void {
    into.smoothedRtt = this.rtt.smoothed
    into.minRtt = this.rtt.min
    into.windowBytes = this.controller.windowBytes
    into.bytesInFlight = this.sent.bytesInFlight
    into.packetsSent = this.sender.packetsSent
    into.packetsReceived = this.#packetsReceived
    into.packetsLost = this.packetsLost
    into.bytesSent = this.sender.bytesSent
    into.bytesReceived = this.#bytesReceived
    into.openStreams = this.streams.openStreams
    into.heldBytes = this.streams.heldBytes
    into.rekeys = this.keys.number
  }
}

// One client of a `tcp` service: waits for a provider, opens a stream there, keeps the first bytes until the provider has accepted
// it, and then joins the two.
//
//   waiting ──stream opened──▶ opening ──ACCEPTED──▶ joined ──▶ done
//      ▲                         │ refused, or lost before a byte of it left
//      └─────────────────────────┘

import type { Socket } from 'node:net'
import { ACCEPTED, StreamCode, type StreamHandle } from '../protocol/index.ts'
import type { RosterMember } from '../runtime/roster.ts'
import { Splice, type SpliceOutcome } from '../runtime/splice.ts'
import type { StreamOwner } from '../runtime/stream-owner.ts'
import type { Watchdog } from '../runtime/watchdog.ts'
import { writeDirectly } from '../sockets/direct-writes.ts'
import { hearOut, wasResetByPeer } from '../sockets/peer-reset.ts'
import { resetConnection } from '../sockets/reset-connection.ts'
import type { SharedReads } from '../sockets/shared-reads.ts'
import type { ProviderSession } from './provider-session.ts'
import { decideRetry } from './retry.ts'

/** What a connection needs of its service. */
export interface ClientConnectionParts {
  readonly socket: Socket
  /** How it reads. */
  readonly reads: SharedReads
  /** The UUID. */
  readonly service: string
  /** `host:port` of the client. */
  readonly client: string
  /** Bytes kept until the provider has accepted the stream. */
  readonly replayBytes: number
  readonly idleTimeoutMs: number
  readonly watchdog: Watchdog
  /** The best provider that was not tried yet; null: none. */
  readonly choose: (tried: ReadonlySet<ProviderSession>) => ProviderSession | null
  readonly head: () => Uint8Array
  /** Nobody can take the stream now: call `place` again when that may have changed, or `giveUp` when it took too long. */
  readonly onWaiting: (connection: ClientConnection) => void
  readonly onDone: (connection: ClientConnection, outcome: ClientOutcome) => void
}

export type ClientOutcome = SpliceOutcome | 'noProvider' | 'refused' | 'clientGone'

export class ClientConnection implements StreamOwner, RosterMember {
  rosterAt = -1

  readonly #parts: ClientConnectionParts
  readonly #refusedBy = new Set<ProviderSession>()
  #stream: StreamHandle | null = null
  #provider: ProviderSession | null = null
  #splice: Splice | null = null
  #replay: Uint8Array[] = []
  #replayBytes = 0
  #clientEnded = false
  #isListening = false
  #isDone = false

  constructor(parts: ClientConnectionParts) {
    this.#parts = parts
    writeDirectly(parts.socket)
    hearOut(parts.socket)
    parts.socket.on('error', this.#onClientError)
    parts.socket.on('close', this.#onClientClose)
  }

  /** Opens the stream at the best provider there is; without one the connection waits. */
  place(): void {
    if (this.#isDone || this.#stream !== null) return
    const full = new Set(this.#refusedBy)
    for (let provider = this.#parts.choose(full); provider !== null; provider = this.#parts.choose(full)) {
      const stream = provider.openStream(this.#parts.service)
      if (stream !== null) {
        this.#open(provider, stream)
        return
      }
      full.add(provider)
    }
    // Everybody who serves it has refused: waiting would not change that.
    if (this.#refusedBy.size > 0 && full.size === this.#refusedBy.size) this.#fail('refused')
    else this.#parts.onWaiting(this)
  }

  /** Nobody took the client in time. */
  giveUp(): void {
    if (this.#stream === null) this.#fail(this.#refusedBy.size > 0 ? 'refused' : 'noProvider')
  }

  /** The process ends now. */
  cut(): void {
    if (this.#splice === null) this.#fail('clientGone')
    else this.#splice.cut(StreamCode.cancelled)
  }

  onStreamReady(): void {
    const stream = this.#stream
    if (stream === null || this.#splice !== null) return
    const bytes = stream.read()
    if (bytes !== null) this.#onAnswer(stream, bytes)
    else if (stream.readState === 'reset') this.#onRefused(stream)
    else if (stream.readState === 'ended') this.#fail('refused')
    else this.#readClient()
  }

  #open(provider: ProviderSession, stream: StreamHandle): void {
    this.#provider = provider
    this.#stream = stream
    stream.owner = this
    stream.write(this.#parts.head())
    for (const chunk of this.#replay) stream.write(chunk)
    if (this.#clientEnded) stream.finish()
    this.#readClient()
  }

  /** Bytes leave at once, without waiting a round trip for ACCEPTED, as long as they can be said again. */
  #readClient(): void {
    const { socket, replayBytes } = this.#parts
    if (!this.#isListening) {
      this.#isListening = true
      this.#parts.reads.onBytes = this.#onClientBytes
      socket.on('end', this.#onClientEnd)
    }
    if (this.#replayBytes < replayBytes && this.#stream?.isWritable) socket.resume()
    else socket.pause()
  }

  readonly #onClientBytes = (chunk: Uint8Array): void => {
    this.#replay.push(chunk.slice())
    this.#replayBytes += chunk.length
    this.#stream?.write(chunk)
    this.#readClient()
  }

  readonly #onClientEnd = (): void => {
    if (wasResetByPeer(this.#parts.socket)) {
      this.#fail('clientGone')
      return
    }
    this.#clientEnded = true
    this.#stream?.finish()
  }

  #onAnswer(stream: StreamHandle, bytes: Uint8Array): void {
    stream.release(1)
    if (bytes[0] !== ACCEPTED) {
      stream.release(bytes.length - 1)
      this.#fail('refused')
      return
    }
    const { socket, reads, watchdog, idleTimeoutMs } = this.#parts
    socket.off('end', this.#onClientEnd)
    socket.off('error', this.#onClientError)
    socket.off('close', this.#onClientClose)
    this.#replay = []
    this.#refusedBy.clear()
    const splice = new Splice(socket, stream, (outcome) => {
      watchdog.forget(splice)
      this.#finish(outcome)
    })
    this.#splice = splice
    if (this.#clientEnded) splice.noteSocketEnded()
    watchdog.watch(splice, idleTimeoutMs)
    splice.start(bytes.subarray(1), reads)
  }

  #onRefused(stream: StreamHandle): void {
    const decision = decideRetry({
      wasEverSent: stream.wasEverSent,
      isSessionLost: stream.resetCode === StreamCode.sessionLost,
      resetCode: stream.resetCode,
    })
    this.#leaveStream()
    if (decision === 'fail') {
      this.#fail('refused')
      return
    }
    if (decision === 'nextProvider') this.#strikeOut(this.#provider!, stream.resetCode)
    this.#parts.socket.pause()
    this.place()
  }

  /** A provider that drains is out for everybody, and another may yet come: that is worth waiting for. */
  #strikeOut(provider: ProviderSession, code: number): void {
    if (code === StreamCode.draining) provider.isDraining = true
    else this.#refusedBy.add(provider)
  }

  readonly #onClientError = (): void => {
    // `close` follows and does what there is to do.
  }

  readonly #onClientClose = (): void => this.#fail('clientGone')

  #fail(outcome: ClientOutcome): void {
    if (this.#isDone) return
    this.#leaveStream()
    resetConnection(this.#parts.socket)
    this.#finish(outcome)
  }

  #leaveStream(): void {
    const stream = this.#stream
    this.#stream = null
    if (stream === null) return
    stream.owner = null
    stream.reset(StreamCode.cancelled)
    stream.stop(StreamCode.cancelled)
  }

  #finish(outcome: ClientOutcome): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#parts.onDone(this, outcome)
  }
}

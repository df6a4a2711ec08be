// One service whose bytes are carried untouched: its sockets, its places, and the clients that wait for a provider.

import type { Socket } from 'node:net'
import type { ConsumerService } from '../config/read.ts'
import { encodeStreamHead } from '../protocol/index.ts'
import { Roster } from '../runtime/roster.ts'
import { resetConnection } from '../sockets/reset-connection.ts'
import { SharedReads, withSharedReads } from '../sockets/shared-reads.ts'
import { Balancer } from './balancer.ts'
import { ClientConnection, type ClientOutcome } from './client-connection.ts'
import { Listener } from './listener.ts'
import { ProviderQueue } from './provider-queue.ts'
import { newRequestId } from './request-id.ts'
import type { Service, ServiceParts } from './service.ts'
import { type Leave, WaitingRoom } from './waiting-room.ts'

export class TcpService implements Service {
  readonly service: ConsumerService
  readonly #parts: ServiceParts
  readonly #balancer: Balancer
  readonly #room: WaitingRoom
  readonly #connections = new Roster<ClientConnection>()
  readonly #queue = new ProviderQueue<ClientConnection>()
  /** Clients that wait for a place: accepted sockets of which nothing was read yet. */
  readonly #atTheDoor = new Set<Socket>()
  #listener: Listener | null = null
  #whenEmpty: (() => void) | null = null

  constructor(parts: ServiceParts) {
    this.service = parts.service
    this.#parts = parts
    this.#balancer = new Balancer(parts.service.balance)
    this.#room = new WaitingRoom(parts.service.maxConnections)
  }

  /** Rejects with a `ListenError`. */
  async listen(): Promise<void> {
    this.#listener = await Listener.open({
      port: this.service.port,
      reach: this.service.inaddrAny ? 'any' : 'loopback',
      onSocket: (socket) => void this.#admit(socket),
      onError: (cause) => this.#parts.log.error('acceptFailed', { service: this.service.uuid, cause: cause.message }),
    })
  }

  /** `host:port` of the first socket. */
  get address(): string {
    return `${this.#listener?.host}:${this.#listener?.port}`
  }

  onProvidersChanged(): void {
    this.#queue.offer()
  }

  onProviderSuspect(): void {
    // Bytes that were sent cannot be sent again elsewhere: the connection waits for its provider, or for the end of the session.
  }

  /** Takes no new clients; resolves when the last of those that are here has gone. */
  drain(): Promise<void> {
    this.#listener?.close()
    for (const socket of this.#atTheDoor) resetConnection(socket)
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      this.#tellIfEmpty()
    })
  }

  /** Ends every client at once, with a reset. */
  cut(): void {
    for (const connection of this.#connections) connection.cut()
  }

  async #admit(socket: Socket): Promise<void> {
    const client = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`
    const source = socket.remoteAddress ?? ''
    const arrivedAt = performance.now()
    const ignore = () => {}
    socket.on('error', ignore)
    this.#atTheDoor.add(socket)
    const leave = await this.#room.enter(this.service.holdSeconds * 1_000, (giveUp) => socket.once('close', giveUp))
    this.#atTheDoor.delete(socket)
    if (leave === null || socket.destroyed) {
      leave?.()
      if (!socket.destroyed) this.#turnAway(socket)
      return
    }
    this.#serve(socket, { client, source, leave, arrivedAt })
    socket.off('error', ignore)
  }

  #serve(accepted: Socket, visit: { client: string; source: string; leave: Leave; arrivedAt: number }): void {
    const { service, directory, watchdog } = this.#parts
    const holdUntil = visit.arrivedAt + service.holdSeconds * 1_000
    const requestId = newRequestId()
    const reads = new SharedReads()
    const connection = new ClientConnection({
      socket: withSharedReads(accepted, reads),
      reads,
      service: service.uuid,
      client: visit.client,
      replayBytes: service.requestBufferBytes,
      idleTimeoutMs: service.idleTimeoutSeconds * 1_000,
      watchdog,
      choose: (tried) => this.#balancer.choose(directory.providersOf(service.uuid), tried, visit.source),
      head: () =>
        encodeStreamHead({
          kind: 'tcp',
          uuid: service.uuid,
          requestId,
          connectWithinMs: Math.round(service.requestTtlSeconds * 1_000),
          hops: [this.#parts.hopId],
          client: visit.client,
        }),
      onWaiting: (waiting) => this.#queue.wait(waiting, holdUntil),
      onDone: (done, outcome) => this.#onDone(done, outcome, { ...visit, requestId }),
    })
    this.#connections.add(connection)
    connection.place()
  }

  #onDone(
    connection: ClientConnection,
    outcome: ClientOutcome,
    visit: { client: string; requestId: string; leave: Leave },
  ): void {
    this.#queue.leave(connection)
    this.#connections.delete(connection)
    visit.leave()
    this.#tellIfEmpty()
    const { log } = this.#parts
    if (outcome === 'noProvider') log.tally('clientWithoutProvider')
    if (outcome === 'refused') log.tally('clientRefusedByProvider')
    if (!log.isDebug) return
    log.debug('clientDone', { service: this.service.uuid, client: visit.client, request: visit.requestId, outcome })
  }

  #turnAway(socket: Socket): void {
    this.#parts.log.tally('clientTurnedAway')
    resetConnection(socket)
  }

  #tellIfEmpty(): void {
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }
}

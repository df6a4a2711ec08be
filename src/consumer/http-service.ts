// One service whose requests are parsed, checked, balanced and answered one by one.
//
//   Listener ─▶ HttpConnection ─▶ node's parser ─▶ gate ─▶ turn ─▶ place ─▶ HttpExchange ─▶ provider
//                                      └── broken ──────┴── unfit ──────┴── none: an answer of our own

import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { validate as isUuid } from 'uuid'
import { type ForwardingFacts, hasLooped, requestFields, requestIdOf } from '../http/forwarding.ts'
import type { FitRequest } from '../http/gate.ts'
import type { AnswerCode } from '../http/own-answers.ts'
import { TrustedProxies } from '../http/trusted-proxies.ts'
import { encodeStreamHead, StreamCode } from '../protocol/index.ts'
import { Roster } from '../runtime/roster.ts'
import { Balancer } from './balancer.ts'
import { ClientPlaces } from './client-places.ts'
import { HttpConnection } from './http-connection.ts'
import { type ExchangeOutcome, HttpExchange } from './http-exchange.ts'
import { type Arrival, createHttpServer, inspect, responseOf } from './http-server.ts'
import { Listener } from './listener.ts'
import { plainHead } from './plain-head.ts'
import { ProviderQueue } from './provider-queue.ts'
import type { ProviderSession } from './provider-session.ts'
import { Refusals } from './refusals.ts'
import { newRequestId } from './request-id.ts'
import { RetryBudget } from './retry.ts'
import type { Service, ServiceParts } from './service.ts'
import { SlowClients } from './slow-clients.ts'

/** Requests that wait behind others of their connections, in all. */
const MOST_QUEUED = 10_000

/** A request that is fit, and whose it is. */
interface Visit {
  readonly connection: HttpConnection
  readonly arrival: Arrival
  readonly fit: FitRequest
}

/** Such a request when its turn has come. */
interface Call extends Visit {
  readonly response: ServerResponse
  readonly facts: ForwardingFacts
  /** What it is called, here and further on. */
  readonly requestId: string
  /** What it is called on its stream. */
  readonly carriedAs: string
}

export class HttpService implements Service {
  readonly service: ServiceParts['service']
  readonly #parts: ServiceParts
  readonly #server: Server
  readonly #hopName: string
  readonly #trusted: TrustedProxies
  readonly #balancer: Balancer
  readonly #places: ClientPlaces<HttpConnection>
  readonly #refusals: Refusals
  readonly #slow: SlowClients<HttpConnection>
  readonly #queue = new ProviderQueue<HttpExchange>()
  readonly #budget = new RetryBudget()
  readonly #exchanges = new Roster<HttpExchange>()
  readonly #connections = new Map<Socket, HttpConnection>()
  #listener: Listener | null = null
  #queued = 0
  #isDraining = false
  #whenEmpty: (() => void) | null = null

  constructor(parts: ServiceParts) {
    const { service, hopId } = parts
    this.service = service
    this.#parts = parts
    this.#hopName = Buffer.from(hopId).toString('hex')
    this.#trusted = new TrustedProxies(service.trustedProxies)
    this.#balancer = new Balancer(service.balance)
    this.#places = new ClientPlaces(service.maxConnections)
    this.#refusals = new Refusals(service, parts.log)
    this.#slow = new SlowClients({
      isTrusted: (address) => this.#trusted.trusts(address),
      onTooSlow: (connection) => this.#refusals.answerBroken(connection, { code: 'EDGERQ-REQUEST-TIMEOUT' }),
      exchanges: this.#exchanges,
    })
    this.#server = createHttpServer({
      requestBufferBytes: service.requestBufferBytes,
      onArrival: (arrival) => this.#onArrival(arrival),
      onBroken: (error, socket) => this.#refusals.onBroken(error, socket, this.#connections.get(socket)),
    })
  }

  /** Rejects with a `ListenError`. */
  async listen(): Promise<void> {
    this.#listener = await Listener.open({
      port: this.service.port,
      reach: this.service.inaddrAny ? 'any' : 'loopback',
      onSocket: (socket) => this.#onSocket(socket),
      onError: (cause) => this.#parts.log.error('acceptFailed', { service: this.service.uuid, cause: cause.message }),
    })
    this.#slow.start()
  }

  get address(): string {
    return `${this.#listener?.host}:${this.#listener?.port}`
  }

  onProvidersChanged(): void {
    this.#queue.offer()
    const providers = this.#parts.directory.providersOf(this.service.uuid)
    if (!providers.some(({ provider }) => provider.isSuspect)) return
    for (const exchange of this.#exchanges) exchange.onProvidersChanged()
  }

  onProviderSuspect(provider: ProviderSession): void {
    for (const exchange of this.#exchanges) exchange.onProviderSuspect(provider)
  }

  drain(): Promise<void> {
    this.#isDraining = true
    this.#listener?.close()
    for (const connection of [...this.#connections.values()]) connection.drain()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      this.#tellIfEmpty()
    })
  }

  cut(): void {
    for (const exchange of this.#exchanges) exchange.cut(StreamCode.cancelled)
    for (const connection of [...this.#connections.values()]) connection.cut()
  }

  #onSocket(socket: Socket): void {
    const connection = new HttpConnection({
      socket,
      isTrusted: this.#trusted.trusts(socket.remoteAddress),
      places: this.#places,
      holdMs: this.#holdMs,
      onQueued: (change) => this.#onQueued(change),
      onBroken: (spent, broken) => this.#refusals.answerBroken(spent, broken),
      onClosed: (closed) => this.#onClosed(closed),
    })
    if (!this.#slow.admit(connection)) {
      this.#parts.log.tally('clientTurnedAway')
      socket.destroy()
      return
    }
    this.#connections.set(socket, connection)
    this.#readFrom(socket)
  }

  #readFrom(socket: Socket): void {
    this.#server.emit('connection', socket)
    socket.resume()
  }

  #onArrival(arrival: Arrival): void {
    const connection = this.#connections.get(arrival.request.socket)
    // Node hands on what stands behind a request that was refused, too.
    if (connection === undefined || !connection.isOpen) return
    this.#slow.onSpoke(connection)
    const verdict = inspect(arrival.request)
    const isTunnel = arrival.response === null
    if (!verdict.fit) {
      connection.takeNoMore()
      connection.queue({ isTunnel, begin: () => this.#refusals.answer(connection, responseOf(arrival), verdict) })
      return
    }
    const visit = { connection, arrival, fit: verdict.request }
    const isOffered = isTunnel && verdict.request.upgrade === null
    connection.queue({ isTunnel, begin: () => (isOffered ? this.#readAgain(visit) : this.#serve(visit)) })
  }

  /** The offer to upgrade is not passed on, and node has stopped reading HTTP because of it: it is given the request without the offer. */
  #readAgain({ connection, arrival, fit }: Visit): void {
    const { socket } = connection
    connection.yieldTurn()
    if (arrival.early.length > 0) socket.unshift(arrival.early)
    socket.unshift(plainHead(fit))
    this.#readFrom(socket)
  }

  #serve({ connection, arrival, fit }: Visit): void {
    this.#budget.onRequest()
    const facts = this.#factsOf(connection)
    const requestId = requestIdOf(fit.fields, facts)
    // A stream has room for ids of our own form only; one of another form is called so in the provider's log.
    const carriedAs = isUuid(requestId) ? requestId : facts.requestId
    const call = { connection, arrival, fit, response: responseOf(arrival), facts, requestId, carriedAs }
    if (this.#isDraining) this.#refuse(call, 'EDGERQ-STOPPING')
    else if (hasLooped(fit.fields, this.#hopName)) this.#refuse(call, 'EDGERQ-LOOP')
    // Not in this very moment: node has not looked yet at what stands behind the head, and it may be broken.
    else if (connection.hasPlace) process.nextTick(this.#enter, call)
    else void this.#waitForPlace(call)
  }

  async #waitForPlace(call: Call): Promise<void> {
    if (await call.connection.enter()) this.#enter(call)
    else this.#refuse(call, 'EDGERQ-BUSY')
  }

  readonly #enter = (call: Call): void => {
    const { connection, arrival, response } = call
    const { broken } = connection
    if (response.destroyed || connection.socket.destroyed) connection.endTurn()
    else if (broken !== null && !arrival.request.complete) this.#refuse(call, broken.code, broken.detail)
    else this.#exchange(call)
  }

  #refuse({ connection, response, requestId }: Call, code: AnswerCode, detail?: string): void {
    this.#refusals.answer(connection, response, { code, ...(detail !== undefined && { detail }) }, requestId)
  }

  #exchange(call: Call): void {
    const { connection, arrival, fit, response, facts, requestId } = call
    const exchange = new HttpExchange({
      request: arrival.request,
      response,
      fit,
      early: arrival.early,
      fields: requestFields(fit, facts),
      facts: { requestId, service: this.service.name },
      service: this.service.uuid,
      requestBufferBytes: this.service.requestBufferBytes,
      holdMs: this.#holdMs,
      idleTimeoutMs: this.service.idleTimeoutSeconds * 1_000,
      requestTtlMs: this.service.requestTtlSeconds * 1_000,
      watchdog: this.#parts.watchdog,
      budget: this.#budget,
      streamHead: () => this.#streamHead(call),
      choose: (tried) => this.#choose(tried, connection),
      onWaiting: (waiting, untilMs) => this.#queue.wait(waiting, untilMs),
      mustClose: () => this.#isDraining || this.#places.isCrowded,
      onDone: (done, outcome) => this.#onDone(done, outcome, call),
    })
    connection.exchange = exchange
    this.#exchanges.add(exchange)
    exchange.place()
  }

  get #holdMs(): number {
    return this.service.holdSeconds * 1_000
  }

  #factsOf(connection: HttpConnection): ForwardingFacts {
    const { address } = connection
    return {
      clientAddress: address,
      isTrusted: connection.isTrusted,
      hopName: this.#hopName,
      requestId: newRequestId(),
    }
  }

  #streamHead({ connection, carriedAs }: Call): Uint8Array {
    return encodeStreamHead({
      kind: 'http',
      uuid: this.service.uuid,
      requestId: carriedAs,
      connectWithinMs: Math.round(this.service.requestTtlSeconds * 1_000),
      hops: [this.#parts.hopId],
      client: connection.client,
    })
  }

  #choose(tried: ReadonlySet<ProviderSession>, connection: HttpConnection): ProviderSession | null {
    return this.#balancer.choose(this.#parts.directory.providersOf(this.service.uuid), tried, connection.address ?? '')
  }

  #onDone(exchange: HttpExchange, outcome: ExchangeOutcome, { connection, arrival, carriedAs }: Call): void {
    this.#queue.leave(exchange)
    this.#exchanges.delete(exchange)
    const { requestId } = exchange.facts
    if (outcome.startsWith('EDGERQ-')) this.#refusals.note(outcome as AnswerCode, connection, requestId)
    if (this.#parts.log.isDebug) {
      this.#parts.log.debug('requestDone', {
        service: this.service.uuid,
        client: connection.client,
        request: requestId,
        carriedAs: carriedAs === requestId ? undefined : carriedAs,
        method: arrival.request.method,
        target: arrival.request.url,
        status: exchange.status,
        outcome,
      })
    }
    connection.endTurn()
    this.#tellIfEmpty()
  }

  #onQueued(change: number): boolean {
    if (change > 0 && this.#queued >= MOST_QUEUED) return false
    this.#queued += change
    return true
  }

  #onClosed(connection: HttpConnection): void {
    this.#connections.delete(connection.socket)
    this.#slow.forget(connection)
    this.#tellIfEmpty()
  }

  #tellIfEmpty(): void {
    if (!this.#isDraining || this.#connections.size > 0 || this.#exchanges.size > 0) return
    this.#slow.stop()
    this.#whenEmpty?.()
  }
}

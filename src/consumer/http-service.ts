// One service whose requests are parsed, checked, balanced and answered one by one.
//
//   Listener ─▶ HttpConnection ─▶ node's parser ─▶ gate ─▶ turn ─▶ place ─▶ HttpExchange ─▶ provider
//                                      └── broken ──────┴── unfit ──────┴── none: an answer of our own

import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { validate as isUuid, v7 as newRequestId } from 'uuid'
import type { AnswerFacts } from '../http/answer-page.ts'
import { type ForwardingFacts, hasLooped, requestFields, requestIdOf } from '../http/forwarding.ts'
import { type FitRequest, inspectRequest } from '../http/gate.ts'
import type { AnswerCode } from '../http/own-answers.ts'
import { TrustedProxies } from '../http/trusted-proxies.ts'
import { encodeStreamHead, StreamCode } from '../protocol/index.ts'
import { Balancer } from './balancer.ts'
import { causeOfBrokenHead } from './broken-head.ts'
import { ClientPlaces } from './client-places.ts'
import { HttpConnection, KEEP_ALIVE_MS } from './http-connection.ts'
import { type ExchangeOutcome, HttpExchange } from './http-exchange.ts'
import { Listener } from './listener.ts'
import { sendOwnAnswer, writeOwnAnswer } from './own-answer.ts'
import { plainHead } from './plain-head.ts'
import { ProviderQueue } from './provider-queue.ts'
import type { ProviderSession } from './provider-session.ts'
import { RetryBudget } from './retry.ts'
import type { Service, ServiceParts } from './service.ts'
import { SlowClients } from './slow-clients.ts'

/** Requests that wait behind others of their connections, in all. */
const MOST_QUEUED = 10_000

/** What node has read of one request. `early`: bytes behind a head that asked for an upgrade. */
interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse | null
  readonly early: Uint8Array
}

export class HttpService implements Service {
  readonly service: ServiceParts['service']
  readonly #parts: ServiceParts
  readonly #server: Server
  readonly #hopName: string
  readonly #trusted: TrustedProxies
  readonly #balancer: Balancer
  readonly #places: ClientPlaces<HttpConnection>
  readonly #slow: SlowClients
  readonly #queue = new ProviderQueue<HttpExchange>()
  readonly #budget = new RetryBudget()
  readonly #exchanges = new Set<HttpExchange>()
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
    this.#slow = new SlowClients({
      isTrusted: (address) => this.#trusted.trusts(address),
      onTooSlow: (connection) => this.#refuseHead(connection, 'EDGERQ-REQUEST-TIMEOUT'),
      exchanges: this.#exchanges,
    })
    this.#server = this.#makeServer()
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
  }

  onProviderSuspect(provider: ProviderSession): void {
    for (const exchange of [...this.#exchanges]) exchange.onProviderSuspect(provider)
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
    for (const exchange of [...this.#exchanges]) exchange.cut(StreamCode.cancelled)
    for (const socket of [...this.#connections.keys()]) socket.resetAndDestroy()
  }

  #makeServer(): Server {
    const server = createServer({
      maxHeaderSize: this.service.requestBufferBytes,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
      // The gate says no with a code of ours; node's own deadlines only run for servers that listen themselves.
      requireHostHeader: false,
      insecureHTTPParser: false,
      requestTimeout: 0,
      headersTimeout: 0,
    })
    // Node drops fields beyond it without a word, and with them perhaps a second Host; the size of the head bounds them.
    server.maxHeadersCount = 0
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      this.#onArrival({ request, response, early: NOTHING })
    server.on('request', onRequest).on('checkContinue', onRequest).on('checkExpectation', onRequest)
    const onTunnel = (request: IncomingMessage, _socket: unknown, early: Uint8Array) =>
      this.#onArrival({ request, response: null, early })
    server.on('upgrade', onTunnel).on('connect', onTunnel)
    server.on('clientError', (error, socket) => this.#onBroken(error, socket as Socket))
    return server
  }

  #onSocket(socket: Socket): void {
    const connection = new HttpConnection({
      socket,
      places: this.#places,
      holdMs: this.service.holdSeconds * 1_000,
      onQueued: (change) => this.#onQueued(change),
      onClosed: (closed) => this.#onClosed(closed),
    })
    if (!this.#slow.admit(connection)) {
      this.#parts.log.tally('clientTurnedAway')
      socket.destroy()
      return
    }
    this.#connections.set(socket, connection)
    this.#server.emit('connection', socket)
    socket.resume()
  }

  #onArrival(arrival: Arrival): void {
    const { request } = arrival
    const connection = this.#connections.get(request.socket)
    // Node hands on what stands behind a request that was refused, too.
    if (connection === undefined || connection.isRefused) return
    this.#slow.onSpoke(connection)
    const { method = '', url: target = '', httpVersion, rawHeaders: fields } = request
    const verdict = inspectRequest({ method, target, httpVersion, fields })
    if (!verdict.fit) {
      connection.isRefused = true
      connection.queue({ begin: () => this.#refuse(connection, arrival, verdict.code, verdict.detail) })
    } else if (arrival.response === null && verdict.request.upgrade === null) {
      connection.queue({ begin: () => this.#readAgain(connection, verdict.request, arrival.early) })
    } else {
      connection.queue({ begin: () => void this.#serve(connection, arrival, verdict.request) })
    }
  }

  /** The offer to upgrade is not passed on, and node has stopped reading HTTP because of it: it is given the request without the offer. */
  #readAgain(connection: HttpConnection, fit: FitRequest, early: Uint8Array): void {
    const { socket } = connection
    connection.endTurn()
    if (early.length > 0) socket.unshift(early)
    socket.unshift(plainHead(fit))
    this.#server.emit('connection', socket)
    socket.resume()
  }

  async #serve(connection: HttpConnection, arrival: Arrival, fit: FitRequest): Promise<void> {
    this.#budget.onRequest()
    const facts = this.#factsOf(connection)
    const requestId = requestIdOf(fit.fields, facts)
    const answerFacts: AnswerFacts = { requestId, service: this.service.name }
    const response = arrival.response ?? responseFor(arrival.request)
    if (this.#isDraining) return this.#end(connection, response, 'EDGERQ-STOPPING', answerFacts)
    if (hasLooped(fit.fields, this.#hopName)) return this.#end(connection, response, 'EDGERQ-LOOP', answerFacts)
    if (!(await connection.enter())) return this.#end(connection, response, 'EDGERQ-BUSY', answerFacts)
    if (response.destroyed || connection.socket.destroyed) return connection.endTurn()
    const exchange = new HttpExchange({
      request: arrival.request,
      response,
      fit,
      early: arrival.early,
      fields: requestFields(fit, { ...facts, requestId }),
      facts: answerFacts,
      requestBufferBytes: this.service.requestBufferBytes,
      idleTimeoutMs: this.service.idleTimeoutSeconds * 1_000,
      watchdog: this.#parts.watchdog,
      budget: this.#budget,
      streamHead: () => this.#streamHead(connection, requestId),
      choose: (tried) => this.#choose(tried, connection),
      onWaiting: (waiting) => this.#queue.wait(waiting, performance.now() + this.service.holdSeconds * 1_000),
      mustClose: () => this.#isDraining || this.#places.isCrowded,
      onDone: (done, outcome) => this.#onDone(done, outcome, connection, arrival.request),
    })
    this.#exchanges.add(exchange)
    exchange.place()
  }

  #factsOf(connection: HttpConnection): ForwardingFacts {
    const { address } = connection
    return {
      clientAddress: address,
      isTrusted: this.#trusted.trusts(address),
      hopName: this.#hopName,
      requestId: newRequestId(),
    }
  }

  #streamHead(connection: HttpConnection, requestId: string): Uint8Array {
    return encodeStreamHead({
      kind: 'http',
      uuid: this.service.uuid,
      requestId: isUuid(requestId) ? requestId : newRequestId(),
      connectWithinMs: Math.round(this.service.requestTtlSeconds * 1_000),
      hops: [this.#parts.hopId],
      client: connection.client,
    })
  }

  #choose(tried: ReadonlySet<ProviderSession>, connection: HttpConnection): ProviderSession | null {
    return this.#balancer.choose(this.#parts.directory.providersOf(this.service.uuid), tried, connection.address ?? '')
  }

  #refuse(connection: HttpConnection, arrival: Arrival, code: AnswerCode, detail?: string): void {
    const facts = { requestId: newRequestId(), service: this.service.name, ...(detail !== undefined && { detail }) }
    this.#end(connection, arrival.response ?? responseFor(arrival.request), code, facts)
  }

  /** Answers by ourselves and closes. */
  #end(connection: HttpConnection, response: ServerResponse, code: AnswerCode, facts: AnswerFacts): void {
    connection.isRefused = true
    this.#note(code, connection, facts.requestId)
    response.once('close', () => connection.endTurn())
    if (response.destroyed) connection.endTurn()
    else writeOwnAnswer(response, code, facts)
  }

  #onBroken(error: Error, socket: Socket): void {
    const connection = this.#connections.get(socket)
    if (connection === undefined || connection.isRefused || !socket.writable) {
      socket.destroy()
      return
    }
    connection.isRefused = true
    const { code, detail } = causeOfBrokenHead(error)
    if (code === null) socket.destroy()
    else if (!connection.isBusy) this.#refuseHead(connection, code, detail)
    else if (!this.#refuseBody(socket, code, detail))
      connection.lastWords = () => this.#refuseHead(connection, code, detail)
  }

  /** False: the broken bytes do not belong to a request that is being answered. */
  #refuseBody(socket: Socket, code: AnswerCode, detail: string | undefined): boolean {
    for (const exchange of this.#exchanges) {
      if (exchange.isOf(socket) && !exchange.isWholeHere) {
        exchange.refuse(code, detail)
        return true
      }
    }
    return false
  }

  #refuseHead(connection: HttpConnection, code: AnswerCode, detail?: string): void {
    const { socket } = connection
    connection.isRefused = true
    // Browsers open connections ahead; an answer to no request would be taken for one to the next.
    if (socket.bytesRead === 0) return void socket.destroy()
    const facts = { requestId: newRequestId(), service: this.service.name, ...(detail !== undefined && { detail }) }
    this.#note(code, connection, facts.requestId)
    sendOwnAnswer(socket, code, facts)
  }

  #onDone(
    exchange: HttpExchange,
    outcome: ExchangeOutcome,
    connection: HttpConnection,
    request: IncomingMessage,
  ): void {
    this.#queue.leave(exchange)
    this.#exchanges.delete(exchange)
    const { requestId } = exchange.facts
    if (outcome.startsWith('EDGERQ-')) this.#note(outcome as AnswerCode, connection, requestId)
    if (this.#parts.log.isDebug) {
      this.#parts.log.debug('requestDone', {
        service: this.service.uuid,
        client: connection.client,
        request: requestId,
        method: request.method,
        target: request.url,
        status: exchange.status,
        outcome,
      })
    }
    connection.endTurn()
    this.#tellIfEmpty()
  }

  /** An answer of our own: counted for everybody, told in full to who asked for it. */
  #note(code: AnswerCode, connection: HttpConnection, request: string): void {
    const { log } = this.#parts
    log.tally('requestRefused')
    if (!log.isDebug) return
    log.debug('requestRefusedDetail', { service: this.service.uuid, client: connection.client, request, code })
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
    if (this.#isDraining && this.#connections.size === 0 && this.#exchanges.size === 0) {
      this.#slow.stop()
      this.#whenEmpty?.()
    }
  }
}

const NOTHING = new Uint8Array(0)

/** For a request that node thinks of as a tunnel: an answer that is none is written as to any other request. */
function responseFor(request: IncomingMessage): ServerResponse {
  const { socket } = request
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => {
    response.detachSocket(socket)
    socket.destroySoon()
  })
  return response
}

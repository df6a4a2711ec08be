// Node's own HTTP/1 server as the reader of requests, for sockets that somebody else has accepted.

import { createServer, type IncomingMessage, type Server, type ServerOptions, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type GateVerdict, inspectRequest } from '../http/gate.ts'
import { KEEP_ALIVE_MS } from './http-connection.ts'

/** What node has read of one request. */
export interface Arrival {
  readonly request: IncomingMessage
  /** Null: the request asked for an upgrade, and node has left the socket to us. */
  readonly response: ServerResponse | null
  /** Bytes behind the head of such a request. */
  readonly early: Uint8Array
}

export interface HttpServerParts {
  readonly requestBufferBytes: number
  readonly onArrival: (arrival: Arrival) => void
  /** What came is no HTTP, or the client is gone. */
  readonly onBroken: (error: Error, socket: Socket) => void
}

/** Node 22.21, 24.9 and later ask it; before that every request with an Upgrade comes as a tunnel. */
interface Asking {
  readonly shouldUpgradeCallback: (request: IncomingMessage) => boolean
}

export function createHttpServer({ requestBufferBytes, onArrival, onBroken }: HttpServerParts): Server {
  const options: ServerOptions & Asking = {
    maxHeaderSize: requestBufferBytes,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    // The gate says no with a code of ours; node's own deadlines only run for servers that listen themselves.
    requireHostHeader: false,
    insecureHTTPParser: false,
    requestTimeout: 0,
    headersTimeout: 0,
    shouldUpgradeCallback: (request) => {
      const verdict = inspect(request)
      return verdict.fit && verdict.request.upgrade !== null
    },
  }
  const server = createServer(options)
  // Node drops fields beyond it without a word, and with them perhaps a second Host; the size of the head bounds them.
  server.maxHeadersCount = 0
  const onRequest = (request: IncomingMessage, response: ServerResponse) =>
    onArrival({ request, response, early: NOTHING })
  server.on('request', onRequest).on('checkContinue', onRequest).on('checkExpectation', onRequest)
  const onTunnel = (request: IncomingMessage, _socket: unknown, early: Uint8Array) =>
    onArrival({ request, response: null, early })
  server.on('upgrade', onTunnel).on('connect', onTunnel)
  server.on('clientError', (error, socket) => onBroken(error, socket as Socket))
  return server
}

export function inspect({
  method = '',
  url: target = '',
  httpVersion,
  rawHeaders: fields,
}: IncomingMessage): GateVerdict {
  return inspectRequest({ method, target, httpVersion, fields })
}

/** The response of an arrival whose turn it is. One that node has not made is written as to any other request, and ends the connection. */
export function responseOf({ request, response }: Arrival): ServerResponse {
  if (response !== null) return response
  const { socket } = request
  const own = new ServerResponse(request)
  own.shouldKeepAlive = false
  own.assignSocket(socket)
  own.once('finish', () => {
    own.detachSocket(socket)
    socket.destroySoon()
    // Node's server says so for the responses that it has made.
    process.nextTick(() => own.emit('close'))
  })
  return own
}

const NOTHING = new Uint8Array(0)

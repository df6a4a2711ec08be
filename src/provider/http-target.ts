// Requests to the target of one http service. Each is either alone on a connection that is made for it, or takes one that has lain idle.
//
// An idle connection may be closed by the target just as it is taken, and then nobody can tell whether the request was acted upon. So only
// requests that may be sent again go there (RFC 9110 §9.2.2): no body that is already gone when it fails, no method that changes
// anything. Nor does a connection come back after a body went over it: if the two ends differ on where that body ended, there is no next
// request on it to be taken apart.

import { type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import { type FieldList, valuesOf } from '../http/fields.ts'
import type { RequestHead } from '../http/heads.ts'
import { ConnectionPool } from './connection-pool.ts'
import { hostOf } from './target.ts'
import type { TargetConnector } from './target-connector.ts'
import { connectTimedOut } from './target-failure.ts'

export interface TargetRequest {
  readonly method: string
  readonly path: string
  /** All that is to be sent, Host and the length of the body too; `Connection` alone may be left out. */
  readonly fields: FieldList
  /** For the name, the connection and TLS together. */
  readonly connectWithinMs: number
  /** See `mayReuse`. */
  readonly isReusable: boolean
  /** The target has taken the connection, or had one open. */
  readonly onConnected?: () => void
}

/** RFC 9110 §9.2.1: they ask for nothing but an answer. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Of these Node leaves a request without a length as it is; for others it would begin a chunked body. */
const BODILESS_METHODS: ReadonlySet<string> = new Set([...SAFE_METHODS, 'DELETE'])

/** The largest head of an answer. Node's own 16 KiB is less than some answers with many cookies have. */
const MOST_ANSWER_HEAD_BYTES = 65_536

/** Node's codes for a connection that ended under a request. */
const ENDED: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE'])

/** RFC 4559 §5: with them a server knows the connection, and takes whoever comes next on it for the same client. */
const KNOWS_CONNECTION = /^(?:negotiate|ntlm)(?![\w-])/i

/** Whether a request may go on a connection that has lain idle, and so may be sent again if that connection was stale. */
export function mayReuse({ method, body, upgrade, fields }: RequestHead): boolean {
  if (body.kind !== 'none' || upgrade !== null || !SAFE_METHODS.has(method)) return false
  return !valuesOf(fields, 'authorization').some((value) => KNOWS_CONNECTION.test(value))
}

export class HttpTarget {
  /** For `Host` where a client has named none. */
  readonly host: string
  readonly #connector: TargetConnector
  readonly #pool: ConnectionPool

  constructor(connector: TargetConnector) {
    this.host = hostOf(connector.service)
    this.#connector = connector
    this.#pool = new ConnectionPool(connector)
  }

  /** Sends nothing before `write`, `end` or `flushHeaders`. What goes wrong comes as `error`; `failureOf` says what it means. */
  open(target: TargetRequest): ClientRequest {
    const connector = this.#connector
    const options: RequestOptions = {
      method: target.method,
      path: target.path,
      headers: headersOf(target),
      maxHeaderSize: MOST_ANSWER_HEAD_BYTES,
      insecureHTTPParser: false,
      ...(target.isReusable ? { agent: this.#pool } : { createConnection: () => connector.connect() }),
    }
    const request = httpRequest(options)
    request.maxHeadersCount = 0 // else Node drops what is more than 2,000 without a word; the bytes bound them
    request.once('socket', () => this.#limitConnecting(request, target))
    if (target.isReusable) request.once('response', (answer) => this.#noteKeepAlive(answer.socket, answer.rawHeaders))
    return request
  }

  /** True: an idle connection turned out to be closed, and nothing of an answer came. The request may be opened and sent once more. */
  wasStale(request: ClientRequest, error: NodeJS.ErrnoException): boolean {
    return request.reusedSocket && ENDED.has(error.code) && !this.#pool.hasAnswered(request)
  }

  /** Ends idle connections at once and the others after their answers. */
  close(): void {
    this.#pool.close()
  }

  #limitConnecting(request: ClientRequest, { connectWithinMs: withinMs, onConnected = ignore }: TargetRequest): void {
    const { socket } = request
    if (socket === null) return
    if (request.reusedSocket) {
      onConnected()
      return
    }
    socket.once(this.#connector.openedEvent, onConnected)
    const timer = setTimeout(() => request.destroy(connectTimedOut(withinMs)), withinMs)
    const stop = () => clearTimeout(timer)
    socket.once(this.#connector.openedEvent, stop).once('close', stop)
  }

  #noteKeepAlive(socket: Socket, fields: FieldList): void {
    const [keepAlive] = valuesOf(fields, 'keep-alive')
    if (keepAlive !== undefined) this.#pool.announce(socket, keepAlive)
  }
}

/** What Node would write by itself stands there already, so it adds nothing but `Connection: keep-alive` where we say nothing of it. */
function headersOf({ method, fields, isReusable }: TargetRequest): FieldList {
  const has = (name: string) => valuesOf(fields, name).length > 0
  const headers = [...fields]
  if (!isReusable && !has('connection')) headers.push('Connection', 'close')
  if (!BODILESS_METHODS.has(method) && !has('content-length') && !has('transfer-encoding')) {
    headers.push('Content-Length', '0')
  }
  return headers
}

function ignore(): void {}

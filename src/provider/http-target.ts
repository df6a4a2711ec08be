// Requests to the target of one http service. Each is either alone on a connection that is made for it, or takes one that has lain idle.
//
// An idle connection may be closed by the target just as it is taken, and then nobody can tell whether the request was acted upon. So only
// requests that may be sent again go there (RFC 9110 §9.2.2): no body that is already gone when it fails, no method that changes
// anything. Nor does a connection come back after a body went over it: if the two ends differ on where that body ended, there is no next
// request on it to be taken apart.

import { type ClientRequest, request as httpRequest } from 'node:http'
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
    const request = target.isReusable ? this.#openReusable(target) : this.#openAlone(target)
    request.maxHeadersCount = 0 // else Node drops what is more than 2,000 without a word; the bytes bound them
    if (request.reusedSocket) target.onConnected?.()
    else request.once('socket', (socket) => this.#limitConnecting(request, socket, target))
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

  #openReusable({ method, path, fields }: TargetRequest): ClientRequest {
    const request = httpRequest({
      method,
      path,
      headers: fields,
      agent: this.#pool,
      maxHeaderSize: MOST_ANSWER_HEAD_BYTES,
      insecureHTTPParser: false,
    })
    return request.on('response', this.#pool.noteAnswer)
  }

  #openAlone(target: TargetRequest): ClientRequest {
    const { method, path } = target
    return httpRequest({
      method,
      path,
      headers: fieldsAlone(target),
      createConnection: () => this.#connector.connect(),
      maxHeaderSize: MOST_ANSWER_HEAD_BYTES,
      insecureHTTPParser: false,
    })
  }

  #limitConnecting(
    request: ClientRequest,
    socket: Socket,
    { connectWithinMs: withinMs, onConnected }: TargetRequest,
  ): void {
    if (onConnected !== undefined) socket.once(this.#connector.openedEvent, onConnected)
    const timer = setTimeout(() => request.destroy(connectTimedOut(withinMs)), withinMs)
    const stop = () => clearTimeout(timer)
    socket.once(this.#connector.openedEvent, stop).once('close', stop)
  }
}

/**
 * The fields of a request that has its connection to itself. What Node would write by itself stands there, so it adds nothing; to a reusable
 * one it adds `Connection: keep-alive`.
 */
function fieldsAlone({ method, fields }: TargetRequest): FieldList {
  const has = (name: string) => valuesOf(fields, name).length > 0
  const written = [...fields]
  if (!has('connection')) written.push('Connection', 'close')
  if (!BODILESS_METHODS.has(method) && !has('content-length') && !has('transfer-encoding')) {
    written.push('Content-Length', '0')
  }
  return written
}

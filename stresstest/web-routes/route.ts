// What a route of the sample web server is given, and what all of them say in the same way.

import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request and its answer. */
export interface Visit {
  readonly url: URL
  /** The path behind the route's own name: `1000` in `/bytes/1000`. */
  readonly rest: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Answers a request; Node leaves the body out where HEAD or the status forbids it. */
export type Route = (visit: Visit) => void | Promise<void>

/** The URL that was asked for; one without a host of its own gets a made-up one. */
export function urlOf({ url: target = '/' }: IncomingMessage): URL {
  if (URL.canParse(target)) return new URL(target) // absolute-form, as proxies use it
  return new URL(`http://sample${target.startsWith('/') ? target : '/'}`) // `*` is asked of the server as a whole
}

export function sendJson(response: ServerResponse, value: unknown): void {
  const text = `${JSON.stringify(value)}\n`
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(text))
  response.end(text)
}

export function sendText(response: ServerResponse, text: string): void {
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.setHeader('content-length', Buffer.byteLength(text))
  response.end(text)
}

export function sendNotFound(response: ServerResponse): void {
  response.statusCode = 404
  sendText(response, 'There is nothing here; GET /help tells what there is.\n')
}

/** Clients come and go as they like: that one went is no failure of the server. */
export function clientLeft(error: NodeJS.ErrnoException): void {
  const codes = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_DESTROYED']
  if (!codes.includes(error.code ?? '')) throw error
}

// /hash, /echo and /inspect: what arrived here, told in three ways.

import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { clientLeft, sendJson, type Visit } from './route.ts'

/** Answers with the body's length and SHA-256. */
export async function hashBody({ request, response }: Visit): Promise<void> {
  sendJson(response, await digestOf(request))
}

/** Sends the body back as it arrives, in the framing in which it came. */
export async function echoBody({ request, response }: Visit): Promise<void> {
  const { 'content-type': type, 'content-length': length } = request.headers
  response.setHeader('content-type', type ?? 'application/octet-stream')
  if (length !== undefined) response.setHeader('content-length', length)
  else if (request.headers['transfer-encoding'] === undefined) response.setHeader('content-length', 0)
  response.flushHeaders()
  if (request.method === 'HEAD') return void response.end()
  await pipeline(request, response).catch(clientLeft)
}

/** Answers with everything that the request consisted of: the fields as they were spelled and in their order, latin1 as Node reads them. */
export async function inspect({ request, response }: Visit): Promise<void> {
  const { method, url, httpVersion, rawHeaders } = request
  const { sha256, bytes } = await digestOf(request)
  sendJson(response, {
    method,
    url,
    httpVersion,
    rawHeaders,
    bodySha256: sha256,
    bodyBytes: bytes,
    trailers: request.rawTrailers,
  })
}

async function digestOf(request: IncomingMessage): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), bytes }
}

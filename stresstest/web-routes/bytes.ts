// /bytes/N and /trailers: the sample content in every framing that HTTP/1.1 has for an answer.

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { contentChunks, contentSha256 } from '../content.ts'
import { clientLeft, type Visit } from './route.ts'

/**
 * `?framing=chunked` sends chunks; `?framing=close` leaves the length out and ends the body with the connection: the one form in which
 * a cut can look whole.
 */
export async function sendBytes({ url, rest, request, response }: Visit): Promise<void> {
  const length = Number(rest)
  const framing = url.searchParams.get('framing')
  response.setHeader('content-type', 'application/octet-stream')
  if (framing === 'close') {
    response.shouldKeepAlive = false
    response.useChunkedEncodingByDefault = false
  } else if (framing !== 'chunked') {
    response.setHeader('content-length', length)
  }
  if (request.method === 'HEAD') return void response.end()
  await pipeline(Readable.from(contentChunks(length)), response).catch(clientLeft)
}

/** `?bytes=N` of content (1000 when it is not given), then its length and its SHA-256 in trailers. */
export async function sendTrailers({ url, request, response }: Visit): Promise<void> {
  const length = Math.min(Number(url.searchParams.get('bytes')) || 1000, MOST_TRAILED_BYTES)
  response.setHeader('content-type', 'application/octet-stream')
  if (request.method === 'HEAD') return void response.end()
  if (request.httpVersion === '1.0')
    response.setHeader('content-length', length) // it knows no chunks, and so no trailers
  else response.setHeader('trailer', 'X-Sample-Bytes, X-Sample-Sha256')
  response.addTrailers({ 'X-Sample-Bytes': `${length}`, 'X-Sample-Sha256': contentSha256(length) })
  await pipeline(Readable.from(contentChunks(length)), response).catch(clientLeft)
}

/** The hash is computed before the first byte leaves, and nobody shall wait for it. */
const MOST_TRAILED_BYTES = 10_000_000

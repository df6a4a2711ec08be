// The sample web server: what stands behind the tunnel in the demo, in the tests and in a user's first try.
// `node dist/stresstest/web-server.js --port 3088`

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { contentChunks } from './content.ts'
import { type Peer, type PeerAddress, runPeer, startPeer } from './peer.ts'

export interface WebServerOptions extends PeerAddress {
  /** What it calls itself in its hello. */
  readonly name?: string
}

/** Starts it in this process. */
export function startWebServer(options: WebServerOptions = {}): Promise<Peer> {
  const name = options.name ?? 'the sample web server'
  const server = createServer((request, response) => {
    answer(name, request, response).catch((cause: Error) => response.destroy(cause))
  })
  server.requestTimeout = 0 // an upload of many gigabytes may take its time
  return startPeer(server, options)
}

async function answer(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sample')
  const [, first, second] = url.pathname.split('/')
  if (first === '' && second === undefined) return sayHello(name, request, response)
  if (first === 'bytes' && /^\d{1,15}$/.test(second ?? '')) return sendBytes(Number(second), url, request, response)
  if (first === 'hash') return hashBody(request, response)
  if (first === 'slow') return answerLate(url, response)
  if (first === 'events') return sendEvents(url, response)
  response.statusCode = 404
  response.end('There are only /, /bytes/N, /hash (POST or PUT), /slow?ms=N and /events?ms=N here.\n')
}

function sayHello(name: string, request: IncomingMessage, response: ServerResponse): void {
  const fields = Object.entries(request.headers).map(([field, value]) => `${field}: ${value}\n`)
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(`Hello from ${name}.\n\nYour request:\n\n${request.method} ${request.url}\n${fields.join('')}`)
}

/** `?framing=close` leaves the length out and ends the body with the connection: the one form in which a cut can look whole. */
async function sendBytes(length: number, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('content-type', 'application/octet-stream')
  if (url.searchParams.get('framing') === 'close') {
    response.shouldKeepAlive = false
    response.useChunkedEncodingByDefault = false
  } else {
    response.setHeader('content-length', length)
  }
  if (request.method === 'HEAD') return void response.end()
  await pipeline(Readable.from(contentChunks(length)), response).catch(clientLeft)
}

async function hashBody(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify({ sha256: hash.digest('hex'), bytes })}\n`)
}

function answerLate(url: URL, response: ServerResponse): void {
  const delayMs = milliseconds(url)
  const timer = setTimeout(() => response.end(`This took ${delayMs} ms.\n`), delayMs)
  response.on('close', () => clearTimeout(timer))
}

function sendEvents(url: URL, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  let id = 0
  const send = (): boolean => response.write(`id: ${++id}\ndata: ${new Date().toISOString()}\n\n`)
  send()
  const timer = setInterval(send, milliseconds(url))
  response.on('close', () => clearInterval(timer))
}

/** `?ms=`, between 1 ms and an hour; a second when it is not given or makes no sense. */
function milliseconds(url: URL): number {
  const asked = Number(url.searchParams.get('ms') ?? 1000)
  return asked >= 1 && asked <= 3_600_000 ? asked : 1000
}

function clientLeft(error: NodeJS.ErrnoException): void {
  const codes = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_DESTROYED']
  if (!codes.includes(error.code ?? '')) throw error
}

const start = (flags: Record<string, string | undefined>, address: PeerAddress): Promise<Peer> =>
  startWebServer(flags.name === undefined ? address : { ...address, name: flags.name })

await runPeer(import.meta.url, 'web-server', start, { name: { type: 'string' } })

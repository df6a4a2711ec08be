// The sample internal API: what stands between the public and the consumer's port where a service is not public itself. It passes a
// request on with all its attributes, method, target, fields and body, and brings the answer back. A 103 is lost here: it is a hint, and
// Node sends one only in a form of its own.
// `node dist/stresstest/internal-api.js --port 8080 --to http://127.0.0.1:3000`

import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from 'node:http'
import { pipeline } from 'node:stream'
import { answerFields, pairs, requestFields } from './passed-fields.ts'
import { type Peer, type PeerAddress, runPeer, startPeer } from './peer.ts'

export interface InternalApiOptions extends PeerAddress {
  /** Where requests go: `http://127.0.0.1:3000`, the consumer's port of a service. */
  readonly to: string
}

/** Starts it in this process. */
export function startInternalApi(options: InternalApiOptions): Promise<Peer> {
  const target = targetOf(options.to)
  const agent = new Agent({ keepAlive: true })
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url: path, rawHeaders } = request
    const onward = send({ ...target, agent, method, path, headers: requestFields(method, rawHeaders) })
    passRequest(request, onward)
    passAnswer(onward, response)
  }
  const server = createServer(pass)
  server.on('checkContinue', pass) // the 100 is the web server's to give
  server.on('close', () => agent.destroy())
  server.requestTimeout = 0
  return startPeer(server, options)
}

function targetOf(text: string): { readonly host: string; readonly port: string } {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'http:') throw new Error(`--to must be like http://127.0.0.1:3000, not "${text}"`)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port }
}

function passRequest(request: IncomingMessage, onward: ClientRequest): void {
  request.on('end', () => onward.addTrailers(pairs(request.rawTrailers)))
  request.pipe(onward)
}

function passAnswer(onward: ClientRequest, response: ServerResponse): void {
  onward.on('continue', () => response.writeContinue())
  onward.on('response', (answer) => {
    response.sendDate = false // the web server's own is passed on
    const fields = answerFields(onward.method, answer)
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, fields)
    answer.on('end', () => response.addTrailers(pairs(answer.rawTrailers)))
    pipeline(answer, response, (failure) => {
      // A clean end would make a body that was cut look whole where only the end of the connection ends it.
      if (failure) response.socket?.resetAndDestroy()
    })
  })
  onward.on('error', (error) => refuse(response, error))
  // Whoever does not wait for the answer any more does not want it made either.
  response.on('close', () => onward.destroy())
}

function refuse(response: ServerResponse, { code }: NodeJS.ErrnoException): void {
  if (response.headersSent) return
  response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end(`The internal API had no answer from the service's port (${code}).\n`)
}

const start = (flags: Record<string, string | undefined>, address: PeerAddress): Promise<Peer> =>
  startInternalApi({ ...address, to: flags.to ?? 'http://127.0.0.1:3000' })

await runPeer(import.meta.url, 'internal-api', start, { to: { type: 'string' } })

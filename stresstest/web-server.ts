// The sample web server: what stands behind the tunnel in the demo, in the tests and in a user's first try.
// `node dist/stresstest/web-server.js --port 3088`

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Peer, type PeerAddress, runPeer, startPeer } from './peer.ts'
import { echoBody, hashBody, inspect } from './web-routes/bodies.ts'
import { sendBytes, sendTrailers } from './web-routes/bytes.ts'
import { Counts } from './web-routes/counts.ts'
import { answerStatus, sendCookies, sendEarlyHints } from './web-routes/heads.ts'
import { type Route, sendNotFound, sendText, urlOf, type Visit } from './web-routes/route.ts'
import { answerUpgrade } from './web-routes/upgrades.ts'
import { answerLate, sendEvents } from './web-routes/waits.ts'

export interface WebServerOptions extends PeerAddress {
  /** What it calls itself in its hello. */
  readonly name?: string
}

const HELP = `/                           a hello with your request in it
/bytes/N                    N bytes of the sample content; ?framing=chunked or ?framing=close
/trailers?bytes=N           the same with length and SHA-256 in trailers
/hash                       SHA-256 and length of the body that you send
/echo                       the body that you send
/inspect                    your request as JSON: method, URL, fields, body, trailers
/status/NNN                 an answer with this status
/cookies                    two Set-Cookie fields
/early-hints                a 103 before the 200
/slow?ms=N                  an answer after N ms
/events?ms=N                a server-sent event each N ms
/count?id=ID                POST counts the id; GET tells how often it was seen, or without an id of all of them
/abort-seen                 how many clients went before their answer was whole
/ws                         WebSocket: your messages
/upgrade                    your bytes, after a 101
`

/** Starts it in this process. */
export function startWebServer(options: WebServerOptions = {}): Promise<Peer> {
  const counts = new Counts()
  const routes = routesOf(options.name ?? 'the sample web server', counts)
  const server = createServer((request, response) => {
    counts.watch(response)
    answer(routes, request, response).catch((cause: Error) => response.destroy(cause))
  })
  server.on('upgrade', answerUpgrade)
  server.requestTimeout = 0 // an upload of many gigabytes may take its time
  return startPeer(server, options)
}

/** By the first part of the path. */
function routesOf(name: string, counts: Counts): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ['', (visit) => (visit.url.pathname === '/' ? sayHello(name, visit) : sendNotFound(visit.response))],
    ['help', ({ response }) => sendText(response, HELP)],
    ['bytes', (visit) => (/^\d{1,15}$/.test(visit.rest) ? sendBytes(visit) : sendNotFound(visit.response))],
    ['trailers', sendTrailers],
    ['hash', hashBody],
    ['echo', echoBody],
    ['inspect', inspect],
    ['status', answerStatus],
    ['cookies', sendCookies],
    ['early-hints', sendEarlyHints],
    ['slow', answerLate],
    ['events', sendEvents],
    ['count', counts.count],
    ['abort-seen', counts.abortSeen],
  ])
}

async function answer(
  routes: ReadonlyMap<string, Route>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = urlOf(request)
  const [, first = '', ...rest] = url.pathname.split('/')
  const route = routes.get(first)
  if (route === undefined) sendNotFound(response)
  else await route({ url, rest: rest.join('/'), request, response })
}

/** Without what is another in every request, so that the same request has the same answer: `edgerq-stresstest` compares them. */
function sayHello(name: string, { request, response }: Visit): void {
  const { 'x-request-id': _id, ...headers } = request.headers
  const fields = Object.entries(headers).map(([field, value]) => `${field}: ${value}\n`)
  sendText(response, `Hello from ${name}.\n\nYour request:\n\n${request.method} ${request.url}\n${fields.join('')}`)
}

const start = (flags: Record<string, string | undefined>, address: PeerAddress): Promise<Peer> =>
  startWebServer(flags.name === undefined ? address : { ...address, name: flags.name })

await runPeer(import.meta.url, 'web-server', start, { name: { type: 'string' } })

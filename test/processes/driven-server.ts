// A web server that does nothing by itself: each test says what happens to its requests, and when.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Peer, startPeer } from '../../stresstest/peer.ts'
import { textOf } from './clients.ts'
import { ask } from './http-clients.ts'

export interface DrivenServer extends Peer {
  /** For events that are not plain requests. */
  readonly server: Server
  /** Resolves with the next request, of whose answer nothing is written yet. */
  visit(): Promise<Visit>
  /** Carries out all requests of this test; those of the one before are forgotten. */
  serve(listener: (request: IncomingMessage, response: ServerResponse) => void): void
}

export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** The one thing it answers by itself, at once. */
const ASIDE = '/aside'

export async function startDrivenServer(): Promise<DrivenServer> {
  let carryOut: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const server = createServer((request, response) => {
    if (request.url === ASIDE) response.end()
    else server.emit('visit', request, response)
  })
  server.requestTimeout = 0
  server.on('visit', (request, response) => carryOut(request, response))
  const peer = await startPeer(server, {})
  return {
    ...peer,
    server,
    serve: (listener) => {
      carryOut = listener
    },
    visit: async () => {
      const [request, response] = (await once(server, 'visit')) as [IncomingMessage, ServerResponse]
      return { request, response }
    },
  }
}

/** Another client's request to a driven server is answered. Whatever was sent on the same way before has arrived by then. */
export async function askAside(port: number): Promise<void> {
  await textOf(await ask(port, { path: ASIDE }))
}

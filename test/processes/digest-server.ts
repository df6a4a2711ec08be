// A web server that says in the head of its answer what it received, so that HEAD can be asked for it as well as POST.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Peer, startPeer } from '../../stresstest/peer.ts'

/** Answers every request with `X-Method`, `X-Body-Bytes` and `X-Body-Sha256`. */
export function startDigestServer(): Promise<Peer> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.requestTimeout = 0
  return startPeer(server, {})
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  const digest = { 'x-method': request.method, 'x-body-bytes': bytes, 'x-body-sha256': hash.digest('hex') }
  response.writeHead(200, digest).end()
}

// Sends back what it is sent, and its own end only after the other's: the smallest peer that knows half-close.
// `node dist/stresstest/echo-server.js --port 7007`

import { createServer } from 'node:net'
import { type Peer, type PeerAddress, runPeer, startPeer } from './peer.ts'

/** Starts it in this process. */
export function startEchoServer(address: PeerAddress = {}): Promise<Peer> {
  // allowHalfOpen: what was received before the client's FIN is still sent back after it, and then pipe() ends our half.
  return startPeer(
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => socket.pipe(socket)),
    address,
  )
}

await runPeer(import.meta.url, 'echo-server', (_flags, address) => startEchoServer(address))

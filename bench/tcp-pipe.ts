// What a tunnel is compared with: accepts TCP connections and joins each to one of its own at the target, byte for byte.
// Two in a row are what any tunnel over TCP does at least. `node dist/bench/tcp-pipe.js --port 0 --to 3088`

import { connect, createServer, type Socket } from 'node:net'
import { type Peer, type PeerAddress, runPeer, startPeer, wholeNumber } from '../stresstest/peer.ts'

/** Starts it in this process. */
export function startTcpPipe(address: PeerAddress, targetPort: number): Promise<Peer> {
  return startPeer(
    createServer({ allowHalfOpen: true, noDelay: true }, (client) => join(client, targetPort)),
    address,
  )
}

function join(client: Socket, targetPort: number): void {
  const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  client.pipe(target).pipe(client)
  client.on('close', () => target.destroy())
  target.on('close', () => client.destroy())
  target.on('error', () => {}) // its 'close' follows
}

await runPeer(import.meta.url, 'tcp-pipe', (flags, address) => startTcpPipe(address, wholeNumber(flags.to, 'to')), {
  to: { type: 'string' },
})

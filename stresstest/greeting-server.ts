// Speaks first, as SMTP and SSH servers do: nothing may wait for a client's bytes before it carries the server's.
// `node dist/stresstest/greeting-server.js --port 2525`

import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { type Peer, type PeerAddress, runPeer, startPeer } from './peer.ts'

export const GREETING = '220 sample.invalid is glad to see you\r\n'

/** Starts it in this process. It answers each line with `250` and the line, and `QUIT` with `221` and its end. */
export function startGreetingServer(address: PeerAddress = {}): Promise<Peer> {
  return startPeer(createServer({ noDelay: true }, greet), address)
}

function greet(socket: Socket): void {
  socket.write(GREETING)
  createInterface({ input: socket }).on('line', (line) => {
    if (line === 'QUIT') socket.end('221 bye\r\n')
    else socket.write(`250 ${line}\r\n`)
  })
}

await runPeer(import.meta.url, 'greeting-server', (_flags, address) => startGreetingServer(address))

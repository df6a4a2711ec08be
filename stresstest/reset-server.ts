// Breaks off: sends some bytes of the sample content and then a TCP reset, as a server does that crashes in mid-answer.
// `node dist/stresstest/reset-server.js --port 7008 --bytes 500000`

import { createServer } from 'node:net'
import { contentAt } from './content.ts'
import { type Peer, type PeerAddress, runPeer, startPeer, wholeNumber } from './peer.ts'

export interface ResetServerOptions extends PeerAddress {
  /** Bytes that it hands to its kernel before the reset; how many of them still arrive is the network's affair. */
  readonly bytes?: number
}

/** Starts it in this process. */
export function startResetServer(options: ResetServerOptions = {}): Promise<Peer> {
  const bytes = options.bytes ?? 0
  const server = createServer({ noDelay: true }, (socket) => {
    if (bytes === 0) return void socket.resetAndDestroy()
    socket.write(contentAt(0, bytes), () => socket.resetAndDestroy())
  })
  return startPeer(server, options)
}

const start = (flags: Record<string, string | undefined>, address: PeerAddress): Promise<Peer> =>
  startResetServer({ ...address, bytes: wholeNumber(flags.bytes, 'bytes') })

await runPeer(import.meta.url, 'reset-server', start, { bytes: { type: 'string' } })

// Sockets of which nothing is wanted any more, and whose clients may not know that yet.

import type { Socket } from 'node:net'

/** A client that still sends is listened to until it has been quiet for this long … */
const QUIET_MS = 2_000
/** … but no longer than this in all, as in nginx: most of those who upload read an answer only when they have sent everything. */
const MOST_LINGER_MS = 30_000

/** What still comes goes nowhere, neither to node's parser; but the client's end is seen. */
export function readIntoNothing(socket: Socket): void {
  socket.removeAllListeners('data')
  socket.on('data', ignore)
  socket.resume()
  // Node's parser reads past the stream, which waits for a first read ever since and would not begin another: this ends that one.
  socket.push('')
}

/**
 * Ends our half and reads on, into nothing, until the client ends its own or time is up: the reset for what nobody has read would overtake
 * the answer. When both halves have ended the socket closes by itself.
 */
export function closeLingering(socket: Socket): void {
  if (socket.destroyed) return
  const until = performance.now() + MOST_LINGER_MS
  const timer = setTimeout(() => socket.destroy(), QUIET_MS)
  socket.end()
  readIntoNothing(socket)
  socket.on('data', () => {
    if (performance.now() < until) timer.refresh()
  })
  socket.once('close', () => clearTimeout(timer))
}

function ignore(): void {}

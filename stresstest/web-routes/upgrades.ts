// /ws and /upgrade: connections that stop being HTTP. The first speaks WebSocket; the second, after its 101, is a plain echo that
// knows half-close, for what has to be seen byte by byte.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { urlOf } from './route.ts'

/** A client that sends and does not read makes us wait beyond this. */
const MOST_UNSENT_BYTES = 1_000_000

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })

/** For the 'upgrade' event of a server. */
export function answerUpgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
  const { pathname } = urlOf(request)
  if (pathname === '/ws') sockets.handleUpgrade(request, connection, head, echoMessages)
  else if (pathname === '/upgrade') echoBytes(request, connection, head)
  else connection.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}

function echoMessages(socket: WebSocket): void {
  socket.on('error', () => {}) // its 'close' follows
  socket.on('message', (message: RawData, isBinary: boolean) => {
    socket.send(message as Buffer, { binary: isBinary }, () => {
      if (socket.bufferedAmount <= MOST_UNSENT_BYTES) socket.resume()
    })
    if (socket.bufferedAmount > MOST_UNSENT_BYTES) socket.pause()
  })
}

function echoBytes(request: IncomingMessage, connection: Duplex, head: Buffer): void {
  connection.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
  )
  if (head.length > 0) connection.unshift(head) // what the client sent without waiting for the 101
  connection.pipe(connection)
}

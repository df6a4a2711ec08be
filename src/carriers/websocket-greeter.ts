// The web server of a WebSocket listener: one path for those who ask for a WebSocket, and a few words for others.

import http from 'node:http'
import https from 'node:https'
import tls from 'node:tls'
import { WebSocketServer } from 'ws'
import { NO_CHANNEL } from './carrier.ts'
import type { Greeted, Greeter } from './door.ts'
import { plainHost } from './host-text.ts'
import { channelOf } from './tls-channel.ts'
import { refusalOf } from './tls-failure.ts'
import { WEBSOCKET_SETTINGS, WebSocketConnection } from './websocket-connection.ts'

/** A WebSocket's request has a dozen short fields; a proxy adds a few. */
const MAX_HEADER_BYTES = 8_192

const NOT_FOUND = 'Nothing is here.\n'
const UPGRADE_REQUIRED = 'This address is for edgerq providers, which call it by WebSocket. There is no page to see.\n'

/** The server of Node does not listen: it is handed the sockets that our own accepted and let in. `secure`: null: plain HTTP. */
export function greetWebSockets(door: Greeted, path: string, secure: tls.TlsOptions | null): Greeter {
  const server = secure === null ? http.createServer(HTTP) : https.createServer({ ...secure, ...HTTP })
  const webSockets = new WebSocketServer({ noServer: true, clientTracking: false, ...WEBSOCKET_SETTINGS })
  server.on('request', (request, response) => {
    const [status, words] = isFor(path, request) ? [426, UPGRADE_REQUIRED] : [404, NOT_FOUND]
    const fields = { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'Upgrade, close', Upgrade: 'websocket' }
    response.writeHead(status as number, fields).end(words)
  })
  server.on('upgrade', (request: http.IncomingMessage, _, head: Buffer) => {
    const { socket } = request
    if (!isFor(path, request)) {
      socket.end(
        `HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: ${NOT_FOUND.length}\r\n\r\n${NOT_FOUND}`,
      )
      return
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const peer = { host: plainHost(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
      const channel = socket instanceof tls.TLSSocket ? channelOf(socket) : NO_CHANNEL
      door.onOpen(socket, new WebSocketConnection(webSocket, peer, channel))
    })
  })
  server.on('tlsClientError', (error: Error, socket: tls.TLSSocket) => door.onRefused(socket, refusalOf(error, socket)))
  return { receive: (socket) => ({ socket, greet: () => server.emit('connection', socket) }) }
}

const HTTP = { maxHeaderSize: MAX_HEADER_BYTES }

function isFor(path: string, { url = '' }: http.IncomingMessage): boolean {
  const end = url.indexOf('?')
  return (end < 0 ? url : url.slice(0, end)) === path
}

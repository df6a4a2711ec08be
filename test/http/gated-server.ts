// Node's own HTTP server with the gate as all that it does: passes what is fit, refuses the rest. And a client that sends it raw bytes.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { type FitRequest, type GateVerdict, inspectRequest, MOST_REQUEST_FIELDS } from '../../src/http/gate.ts'

export class GatedServer {
  /** The requests that the gate found fit, in the order in which they came. */
  readonly passed: FitRequest[] = []
  /** Bodies that came whole, as latin1. */
  readonly bodies: string[] = []
  readonly #server: Server
  /** Node goes on to read what it has of a connection that an answer is to close. */
  readonly #refused = new WeakSet<Duplex>()

  constructor() {
    const onRequest = (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response)
    this.#server = createServer({ requireHostHeader: false, keepAlive: true }, onRequest)
    this.#server.maxHeadersCount = MOST_REQUEST_FIELDS + 1
    this.#server.on('checkContinue', onRequest)
    this.#server.on('checkExpectation', onRequest)
    this.#server.on('upgrade', (request, socket) => this.#onUpgrade(request, socket))
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  /** Everything that came back until the server closed the connection. */
  async send(bytes: string): Promise<string> {
    const socket = connect({ port: (this.#server.address() as AddressInfo).port, host: '127.0.0.1' })
    let answer = ''
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text
    })
    socket.on('error', () => {}) // bytes that nobody has read any more make a reset of the end
    socket.write(bytes, 'latin1')
    await new Promise((resolve) => socket.once('close', resolve))
    return answer
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (this.#refused.has(request.socket)) return
    const verdict = this.#inspect(request)
    if (!verdict.fit) {
      this.#refused.add(request.socket)
      response.writeHead(400, { Connection: 'close' }).end(verdict.code)
      return
    }
    let body = ''
    request.setEncoding('latin1').on('data', (text) => {
      body += text
    })
    request.once('end', () => {
      this.bodies.push(body)
      response.end('passed')
    })
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex): void {
    if (this.#refused.has(socket)) return
    const verdict = this.#inspect(request)
    socket.end(verdict.fit ? 'HTTP/1.1 101 x\r\n\r\n' : `HTTP/1.1 400 x\r\n\r\n${verdict.code}`)
  }

  #inspect(request: IncomingMessage): GateVerdict {
    const { method = '', url: target = '', httpVersion, rawHeaders: fields } = request
    const verdict = inspectRequest({ method, target, httpVersion, fields })
    if (verdict.fit) this.passed.push(verdict.request)
    return verdict
  }
}

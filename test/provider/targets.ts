// Services with a target that listens on this machine, and what a request to one of them came to.

import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Health, ProviderService, Target, TargetTls } from '../../src/config/read.ts'
import type { HttpTarget, TargetRequest } from '../../src/provider/http-target.ts'

const UUID = '11111111-2222-3333-4444-555555555555'
const OFF: Health = { kind: 'off', intervalSeconds: 10 }

export interface ServiceWish {
  readonly tls?: TargetTls
  readonly health?: Health
}

export function serviceAt(target: Target, { tls, health = OFF }: ServiceWish = {}): ProviderService {
  return { uuid: UUID, name: 'web', protocol: 'http', target, tls: tls ?? null, health }
}

export function tcp(port: number, hostname = '127.0.0.1'): Target {
  return { kind: 'tcp', hostname, port }
}

/** A server whose connections are known, so that a test can end it and them. */
export class Listening {
  readonly sockets: Socket[] = []
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => {})
      this.sockets.push(socket)
    })
  }

  static async on(server: Server, where: { readonly host?: string; readonly path?: string } = {}): Promise<Listening> {
    const listening = new Listening(server)
    server.listen(where.path === undefined ? { port: 0, host: where.host ?? '127.0.0.1' } : { path: where.path })
    await once(server, 'listening')
    return listening
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
  }
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly fields: readonly string[]
}

const GET: TargetRequest = { method: 'GET', path: '/', fields: ['Host', 'a'], connectWithinMs: 5_000, isReusable: true }

/** Opens a request, a GET that may reuse a connection unless `wish` says otherwise, and ends it. */
export function sent(target: HttpTarget, wish: Partial<TargetRequest> = {}): ClientRequest {
  return target.open({ ...GET, ...wish }).end()
}

/** The whole answer; rejects with the error of the request. */
export function answerTo(request: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (answer: IncomingMessage) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const body = Buffer.concat(chunks).toString('latin1')
        resolve({ status: answer.statusCode ?? 0, body, fields: answer.rawHeaders })
      })
    })
  })
}

/** The error of a request that must fail. */
export async function errorOf(request: ClientRequest): Promise<NodeJS.ErrnoException> {
  try {
    const { status } = await answerTo(request)
    throw new Error(`it was answered with ${status}`)
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

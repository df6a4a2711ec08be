// The TCP sockets of one service: on loopback both 127.0.0.1 and ::1, or all addresses of the machine.

import { createServer, type Server, type Socket } from 'node:net'

export interface ListenerOptions {
  readonly port: number
  readonly reach: 'loopback' | 'any'
  readonly onSocket: (socket: Socket) => void
  /** A failure after listening began, such as a process that has run out of descriptors. */
  readonly onError: (cause: Error) => void
}

/** The port cannot be had; the message says why and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** Clients that have connected and were not accepted yet; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4_096
/** With port 0 the IPv4 socket chooses; the same number may be taken on ::1. */
const TRIES_FOR_A_FREE_PAIR = 16

export class Listener {
  readonly #servers: Server[]
  readonly host: string
  readonly port: number

  private constructor(servers: Server[], host: string, port: number) {
    this.#servers = servers
    this.host = host
    this.port = port
  }

  /** Rejects with a `ListenError`. */
  static async open(options: ListenerOptions): Promise<Listener> {
    if (options.reach === 'any') return openAny(options)
    for (let tries = 1; ; tries++) {
      const listener = await openLoopback(options, tries)
      if (listener !== null) return listener
    }
  }

  static of(servers: Server[], host: string): Listener {
    const address = servers[0]!.address()
    if (address === null || typeof address === 'string') throw new Error('A TCP server has an address and a port.')
    return new Listener(servers, host, address.port)
  }

  /** Takes no new clients; those that are connected stay. */
  close(): void {
    for (const server of this.#servers) server.close()
  }
}

async function openAny(options: ListenerOptions): Promise<Listener> {
  const all = await tryListen(options, '::', options.port)
  if (all instanceof Error && !isFamilyMissing(all)) throw listenError(all, '[::]', options.port)
  if (!(all instanceof Error)) return Listener.of([all], '0.0.0.0')
  const ipv4 = await tryListen(options, '0.0.0.0', options.port)
  if (ipv4 instanceof Error) throw listenError(ipv4, '0.0.0.0', options.port)
  return Listener.of([ipv4], '0.0.0.0')
}

/** Null: the free port that was found is taken on ::1; another try finds another. */
async function openLoopback(options: ListenerOptions, tries: number): Promise<Listener | null> {
  const ipv4 = await tryListen(options, '127.0.0.1', options.port)
  if (ipv4 instanceof Error) throw listenError(ipv4, '127.0.0.1', options.port)
  const listener = Listener.of([ipv4], '127.0.0.1')
  const ipv6 = await tryListen(options, '::1', listener.port)
  if (!(ipv6 instanceof Error)) return Listener.of([ipv4, ipv6], '127.0.0.1')
  if (isFamilyMissing(ipv6)) return listener
  listener.close()
  if (options.port === 0 && tries < TRIES_FOR_A_FREE_PAIR) return null
  throw listenError(ipv6, '[::1]', listener.port)
}

function tryListen(options: ListenerOptions, host: string, port: number): Promise<Server | NodeJS.ErrnoException> {
  // Half-open: an end is passed on as an end. Paused: nothing is read before there is somewhere to put it.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, options.onSocket)
  return new Promise((resolve) => {
    server.once('error', resolve)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', resolve)
      server.on('error', options.onError)
      resolve(server)
    })
  })
}

function isFamilyMissing(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT'
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): ListenError {
  const where = `TCP port ${port} on ${host}`
  if (cause.code === 'EADDRINUSE')
    return new ListenError(
      `${where} is taken; end the program that holds it (ss -ltnp 'sport = :${port}' shows which) or choose another <port>`,
      { cause },
    )
  if (cause.code === 'EACCES')
    return new ListenError(
      `${where} may not be opened by this user; choose a <port> above 1023 or grant CAP_NET_BIND_SERVICE`,
      { cause },
    )
  return new ListenError(`${where} cannot be opened: ${cause.message}`, { cause })
}

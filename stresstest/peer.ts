// What our sample servers have in common: a port to listen on, a ready line, and an end that waits for nobody.

import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import type { AddressInfo, Server, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** A server that runs in this process. */
export interface Peer {
  readonly host: string
  readonly port: number
  /** Stops listening and cuts the connections that are open. */
  close(): Promise<void>
}

export interface PeerAddress {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
}

/** Opens the port of `server` (which may be an HTTP server) and remembers its connections until `close`. */
export async function startPeer(server: Server, address: PeerAddress): Promise<Peer> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {}) // a client that resets is an everyday event; its 'close' follows
  })
  server.listen(address.port ?? 0, address.host ?? '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return { host: bound.address, port: bound.port, close }
}

type PeerFlags = NonNullable<ParseArgsConfig['options']>
type PeerStart = (flags: Record<string, string | undefined>, address: PeerAddress) => Promise<Peer>

/** Runs a sample server as a program when `moduleUrl` is the file that Node was asked to run; does nothing when it was imported. */
export async function runPeer(moduleUrl: string, name: string, start: PeerStart, more: PeerFlags = {}): Promise<void> {
  if (!isProgram(moduleUrl)) return
  try {
    const options: PeerFlags = { port: { type: 'string' }, host: { type: 'string', default: '127.0.0.1' }, ...more }
    const flags = parseArgs({ options }).values as Record<string, string | undefined>
    const peer = await start(flags, { host: flags.host ?? '127.0.0.1', port: wholeNumber(flags.port, 'port') })
    const host = peer.host.includes(':') ? `[${peer.host}]` : peer.host
    console.log(`${name} ready tcp=${host}:${peer.port}`)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void peer.close())
  } catch (error) {
    console.error(`${name}: ${explain(error)}`)
    process.exitCode = 1
  }
}

/** Reads a flag that counts something; 0 when it is not given. */
export function wholeNumber(text: string | undefined, name: string): number {
  if (text === undefined) return 0
  if (!/^\d{1,15}$/.test(text)) throw new Error(`--${name} must be a whole number, not "${text}"`)
  return Number(text)
}

/** True when this is the file that was named on Node's command line. */
export function isProgram(moduleUrl: string): boolean {
  const started = process.argv[1]
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl)
}

function explain(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `port ${port} is taken by another program; end that one or choose another port`
  return message
}

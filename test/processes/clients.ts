// Clients as the world has them: some read to the end, some stop reading, and all of them can tell an end from a reset.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { CHUNK_BYTES, ContentCheck, contentAt, contentChunks } from '../../stresstest/content.ts'
import { DEADLINE_MS } from '../../stresstest/rig/child-program.ts'

const noReuse = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })

/** A socket on its way to being connected; it keeps its own half open when the other side ends. */
export function dial(port: number, host = '127.0.0.1'): Socket {
  return connect({ port, host, allowHalfOpen: true, noDelay: true })
}

/** A connected socket that reads nothing until it is asked to. */
export async function open(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = dial(port, host)
  await once(socket, 'connect')
  return socket
}

/** Sends a GET and resolves with the head of its answer; the body waits. */
export async function get(port: number, path: string): Promise<IncomingMessage> {
  const asked = request({ host: '127.0.0.1', port, path, agent: noReuse })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return answer
}

/** Downloads `bytes` of the sample content and checks each of them. */
export async function download(port: number, bytes: number): Promise<void> {
  await readContent(await get(port, `/bytes/${bytes}`), bytes)
}

/** Reads a body to its end: throws unless it is `bytes` of the sample content and not one less. */
export async function readContent(body: Readable, bytes: number): Promise<void> {
  const check = new ContentCheck()
  for await (const chunk of chunksOf(body)) check.accept(chunk)
  if (check.receivedBytes !== bytes) throw new Error(`${check.receivedBytes} bytes arrived instead of ${bytes}`)
}

export interface Digest {
  readonly sha256: string
  readonly bytes: number
}

/** Uploads `bytes` of the sample content; resolves with what the web server says that it received. */
export async function upload(port: number, bytes: number): Promise<Digest> {
  const headers = { 'content-length': bytes }
  const asked = request({ host: '127.0.0.1', port, path: '/hash', method: 'PUT', agent: noReuse, headers })
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>
  const [[answer]] = await Promise.all([answered, pipeline(Readable.from(contentChunks(bytes)), asked)])
  return JSON.parse(await textOf(answer)) as Digest
}

/** Everything that comes until the other side ends; a reset rejects. */
export async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of chunksOf(body)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** SHA-256 of everything that comes until the other side ends; a reset rejects. */
export async function sha256Of(body: Readable): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(body)) hash.update(chunk)
  return hash.digest('hex')
}

/** A plain `for await` would destroy a socket at its end, and with it the half that may still send. */
function chunksOf(body: Readable): AsyncIterableIterator<Buffer> {
  return body.iterator({ destroyOnReturn: false })
}

/** Exactly the next `bytes` bytes; what came behind them stays in the stream. */
export async function read(stream: Readable, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let missing = bytes; missing > 0; ) {
    const chunk = stream.read(Math.min(missing, stream.readableLength)) as Buffer | null
    if (chunk === null) await untilMore(stream, missing)
    else {
      chunks.push(chunk)
      missing -= chunk.length
    }
  }
  return Buffer.concat(chunks)
}

async function untilMore(stream: Readable, missing: number): Promise<void> {
  if (stream.readableEnded) throw new Error(`ended ${missing} bytes too early`)
  const done = new AbortController()
  const events = [once(stream, 'readable', done), once(stream, 'end', done)]
  await Promise.race(events).finally(() => done.abort())
}

/** Sends `text` and reads the same number of bytes back. */
export async function exchange(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  return (await read(socket, Buffer.byteLength(text))).toString()
}

export type Ending = 'end' | 'reset'

/**
 * Reads and drops all that comes; resolves with how it ended. For a socket whose own half is still open, and whose `remoteAddress`
 * was never read: when a reset finds the socket paused, Node tells of an end, and only the kernel's having forgotten the peer
 * betrays it. (After our own FIN the kernel forgets the peer at a clean end too.)
 */
export function ending(socket: Socket): Promise<Ending> {
  return new Promise((resolve, reject) => {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve('reset')
      else reject(error)
    })
    socket.on('end', () => resolve(socket.remoteAddress === undefined ? 'reset' : 'end'))
    socket.resume()
  })
}

/** One after the other: a machine that stands still is seen by one of them. */
const STALL_LOOKS = 10
const STALL_LOOK_MS = 30

/**
 * Sends the sample content until no more of it leaves because nobody reads, or until `mostBytes` have; resolves with the bytes that
 * left.
 */
export async function fill(socket: Socket, mostBytes = Number.POSITIVE_INFINITY): Promise<number> {
  let sentBytes = 0
  for (; sentBytes < mostBytes; sentBytes += CHUNK_BYTES) {
    const sent = new Promise<void>((resolve) => socket.write(contentAt(sentBytes, CHUNK_BYTES), () => resolve()))
    if (await isStalled(sent)) break
  }
  return sentBytes
}

/** The way is full, and not merely slow. */
async function isStalled(sent: Promise<void>): Promise<boolean> {
  const hasLeft = sent.then(() => true)
  for (let look = 0; look < STALL_LOOKS; look++) {
    if (await Promise.race([hasLeft, pause(STALL_LOOK_MS, false, { ref: false })])) return false
  }
  return true
}

/** Resolves when a client of a `tcp` service that nobody provides was shown the door; its <hold> must be 0. */
export async function turnedAway(port: number): Promise<void> {
  const socket = dial(port)
  await ending(socket)
  socket.destroy()
}

/** True when a connection to the port is refused. */
export async function isRefused(port: number, host = '127.0.0.1'): Promise<boolean> {
  const socket = dial(port, host)
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}

/** Asks again and again; throws when the answer is still no after the deadline. For what nobody announces. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`)
    await pause(10) // leaves the processor to those we wait for
  }
}

// The fastest web server that node:net can be, so that it is not what we measure: it looks for the ends of request heads and
// answers from buffers that are made once. GET / (a small answer), GET /bytes/N, PUT /sink with a Content-Length.

import { createServer, type Socket } from 'node:net'
import { type Peer, type PeerAddress, runPeer, startPeer } from '../stresstest/peer.ts'

const SMALL_BODY = 'Hello from the origin.\n'
const SMALL_ANSWER = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${SMALL_BODY.length}\r\n\r\n${SMALL_BODY}`)
const EMPTY_ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
const CHUNK = Buffer.alloc(256 * 1024, 'x')
const HEAD_END = '\r\n\r\n'

/** Starts it in this process. */
export function startOrigin(address: PeerAddress = {}): Promise<Peer> {
  return startPeer(
    createServer({ noDelay: true }, (socket) => void new Conversation(socket)),
    address,
  )
}

/** One connection: heads in, answers out, in order. */
class Conversation {
  readonly #socket: Socket
  #head = ''
  /** Bytes of an upload that are still to come. */
  #bodyBytes = 0

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#read(chunk))
  }

  #read(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#bodyBytes > 0) at += this.#skipBody(chunk.length - at)
      else at = this.#readHead(chunk, at)
    }
  }

  #skipBody(available: number): number {
    const taken = Math.min(available, this.#bodyBytes)
    this.#bodyBytes -= taken
    if (this.#bodyBytes === 0) this.#socket.write(EMPTY_ANSWER)
    return taken
  }

  /** Takes the rest of a head, or as much of it as is there; returns where it stopped. */
  #readHead(chunk: Buffer, from: number): number {
    const kept = this.#head.length
    const text = this.#head + chunk.toString('latin1', from)
    const end = text.indexOf(HEAD_END)
    if (end === -1) {
      this.#head = text
      return chunk.length
    }
    this.#head = ''
    this.#answer(text.slice(0, end))
    return from + end + HEAD_END.length - kept
  }

  #answer(head: string): void {
    const size = head.match(/^GET \/bytes\/(\d+) /)?.[1]
    if (head.startsWith('GET / ')) this.#socket.write(SMALL_ANSWER)
    else if (size !== undefined) this.#send(Number(size))
    else this.#expectBody(Number(head.match(/^content-length: *(\d+)/im)?.[1] ?? 0))
  }

  #expectBody(bytes: number): void {
    this.#bodyBytes = bytes
    if (bytes === 0) this.#socket.write(EMPTY_ANSWER)
  }

  #send(bytes: number): void {
    this.#socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`)
    let missing = bytes
    const fill = (): void => {
      while (missing > 0) {
        const length = Math.min(missing, CHUNK.length)
        missing -= length
        if (!this.#socket.write(length === CHUNK.length ? CHUNK : CHUNK.subarray(0, length))) break
      }
      if (missing > 0) this.#socket.once('drain', fill)
    }
    fill()
  }
}

await runPeer(import.meta.url, 'origin', (_flags, address) => startOrigin(address))

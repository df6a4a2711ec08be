// One connection that is kept busy with small requests, one at a time, and notes how long each took.

import type { Socket } from 'node:net'
import type { Latencies } from './latencies.ts'

export const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: bench\r\n\r\n')

/** As soon as an answer has come the next request goes. */
export class Caller {
  /** Never resolves; rejects when the connection breaks. */
  readonly failed: Promise<never>
  readonly #socket: Socket
  readonly #answerBytes: number
  readonly #latencies: Latencies
  #received = 0
  #sentAt = 0
  #finished: (() => void) | null = null
  #isIdle = false

  constructor(socket: Socket, answerBytes: number, latencies: Latencies) {
    this.#socket = socket
    this.#answerBytes = answerBytes
    this.#latencies = latencies
    this.failed = new Promise((_resolve, reject) => {
      socket.on('error', reject)
      socket.on('end', () => reject(new Error('a connection was closed while it was in use')))
      socket.on('data', (chunk) => this.#onBytes(chunk.length, reject))
    })
    this.#send()
  }

  /** Sends no further request and resolves when the answer that is out has come. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.#finished = resolve
    })
  }

  /** What is still out counts with the time that it has waited. */
  close(): void {
    if (!this.#isIdle) this.#note()
    this.#socket.destroy()
  }

  #send(): void {
    this.#received = 0
    this.#sentAt = performance.now()
    this.#socket.write(REQUEST)
  }

  #onBytes(bytes: number, reject: (error: Error) => void): void {
    this.#received += bytes
    if (this.#received < this.#answerBytes) return
    if (this.#received > this.#answerBytes) {
      reject(new Error('an answer had more bytes than the first one'))
      return
    }
    this.#note()
    if (this.#finished === null) {
      this.#send()
      return
    }
    this.#isIdle = true
    this.#finished()
  }

  #note(): void {
    this.#latencies.add((performance.now() - this.#sentAt) * 1000)
  }
}

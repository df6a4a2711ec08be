// A stream of a session as a Node Duplex: back-pressure both ways, half-close, and a reset of the peer as an error, never as an end.

import { Duplex } from 'node:stream'
import { StreamCode, type StreamHandle, streamSentence } from '../protocol/index.ts'
import type { StreamOwner } from './stream-owner.ts'

/** The peer, or the loss of the session, ended the stream before its end. */
export class StreamResetError extends Error {
  /** One of `StreamCode`. */
  readonly code: number

  constructor(code: number) {
    super(streamSentence(code))
    this.name = 'StreamResetError'
    this.code = code
  }
}

/** Credit for bytes goes back to the peer when the reader asks for more: what it was given before has then left us. */
export class StreamDuplex extends Duplex implements StreamOwner {
  readonly #stream: StreamHandle
  #wantsBytes = false
  #unreleasedBytes = 0
  #writeDone: ((error?: Error | null) => void) | null = null

  constructor(stream: StreamHandle) {
    super({ allowHalfOpen: true, decodeStrings: true })
    this.#stream = stream
    stream.owner = this
  }

  onStreamReady(): void {
    if (this.destroyed) return
    const failure = this.#writeFailure
    if (this.#stream.isWritable || failure !== null) this.#finishWrite(failure)
    if (this.#wantsBytes || this.#stream.readState === 'reset') this.#push()
  }

  override _read(): void {
    this.#wantsBytes = true
    this.#release()
    this.#push()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const wantsMore = this.#stream.write(chunk)
    const failure = this.#writeFailure
    if (wantsMore || failure !== null) done(failure)
    else this.#writeDone = done
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.finish()
    done(this.#writeFailure)
  }

  /** Why nobody will take what is written: the peer wants no more, or the session went while our half was open. */
  get #writeFailure(): StreamResetError | null {
    if (this.#stream.stopCode >= 0) return new StreamResetError(this.#stream.stopCode)
    return this.#stream.isClosed ? new StreamResetError(StreamCode.sessionLost) : null
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.writableFinished) this.#stream.reset(StreamCode.cancelled)
    if (!this.readableEnded) this.#stream.stop(StreamCode.cancelled)
    this.#release()
    this.#stream.owner = null
    this.#writeDone = null
    done(error)
  }

  #push(): void {
    while (this.#wantsBytes) {
      const bytes = this.#stream.read()
      if (bytes === null) break
      this.#unreleasedBytes += bytes.length
      this.#wantsBytes = this.push(bytes)
    }
    const { readState } = this.#stream
    if (readState === 'reset') this.destroy(new StreamResetError(this.#stream.resetCode))
    else if (readState === 'ended' && this.#wantsBytes) {
      this.#wantsBytes = false
      this.push(null)
    }
  }

  #release(): void {
    if (this.#unreleasedBytes === 0) return
    this.#stream.release(this.#unreleasedBytes)
    this.#unreleasedBytes = 0
  }

  #finishWrite(error: Error | null): void {
    const done = this.#writeDone
    this.#writeDone = null
    done?.(error)
  }
}

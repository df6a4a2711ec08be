import assert from 'node:assert/strict'
import type { SessionHandle, StreamHandle } from '../../src/protocol/api.ts'
import { SECOND } from '../../src/protocol/units.ts'
import { EndpointPair, SETTLING } from './endpoint-pair.ts'
import { newEndpoint } from './endpoints.ts'
import { heldBytes } from './heap.ts'

const STREAMS = 10_000
const MESSAGE = new Uint8Array(100).fill(7)

/** The listener opens all streams; the dialler sends back what comes, and its own end after the other's. */
class Talk {
  readonly pair: EndpointPair
  readonly opened: StreamHandle[] = []
  session: SessionHandle | null = null
  echoed = 0
  ended = 0

  constructor() {
    const settings = { initialMaxStreams: 16_384, ceilingMaxStreams: 16_384 }
    const dialler = {
      endpoint: newEndpoint({ seed: 1, settings }),
      application: { onEvent() {}, onReady: (stream: StreamHandle) => this.#echo(stream) },
    }
    const listener = {
      endpoint: newEndpoint({ seed: 2, settings, acceptsSessions: true }),
      application: {
        onEvent: (event: { kind: string; session: SessionHandle }) => {
          if (event.kind === 'opened') this.session = event.session
        },
        onReady: (stream: StreamHandle) => this.#onAnswer(stream),
      },
    }
    this.pair = new EndpointPair(dialler, listener)
    this.pair.dial()
    assert.ok(this.pair.run(SECOND, () => this.session !== null))
  }

  openAll(): void {
    for (let count = 0; count < STREAMS; count++) this.opened.push(this.session!.openStream()!)
  }

  #echo(stream: StreamHandle): void {
    for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) {
      stream.write(bytes)
      stream.release(bytes.length)
    }
    if (stream.readState === 'ended') stream.finish()
  }

  #onAnswer(stream: StreamHandle): void {
    for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) {
      this.echoed += bytes.length
      stream.release(bytes.length)
    }
    if (stream.readState === 'ended') this.ended++
  }
}

describe('ten thousand streams in one session', () => {
  it('hold little while nothing moves, and nothing once they have ended', () => {
    const talk = new Talk()
    const before = heldBytes()
    talk.openAll()
    for (const stream of talk.opened) stream.write(MESSAGE)
    assert.ok(talk.pair.run(60 * SECOND, () => talk.echoed === STREAMS * MESSAGE.length))
    // Something else goes on meanwhile: the others rest all the same.
    for (let second = 0; second < 12; second++) {
      talk.opened[0]!.write(MESSAGE)
      talk.pair.run(SECOND)
    }
    const idle = (heldBytes() - before) / STREAMS
    assert.ok(idle < 2 * 1_400, `${idle} bytes for both ends of one`)
    for (const stream of talk.opened) stream.finish()
    talk.opened.length = 0
    talk.pair.run(60 * SECOND, () => talk.ended === STREAMS)
    talk.pair.run(2 * SETTLING)
    assert.deepEqual([talk.ended, talk.session!.openedStreams], [STREAMS, 0])
    const left = (heldBytes() - before) / STREAMS
    assert.ok(left < idle * 0.2, `${idle} bytes each, and ${left} when all had ended`)
  })
})

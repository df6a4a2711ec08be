// An application that notes everything it is told and acts only when the test says so.

import type { SessionEvent, SessionHandle, StreamHandle } from '../../src/protocol/api.ts'
import type { Application } from './endpoint-pair.ts'
import { assertBytes } from './streams/stream-bytes.ts'

export class Bookkeeper implements Application {
  readonly events: SessionEvent[] = []
  readonly accepted: StreamHandle[] = []
  session: SessionHandle | null = null
  /** Bytes read from each stream so far. */
  readonly read = new Map<StreamHandle, number>()
  /** What is done with a stream that is ready, besides noting it. */
  onStream: (stream: StreamHandle) => void = () => {}

  onEvent(event: SessionEvent): void {
    this.events.push(event)
    if (event.kind === 'opened') this.session = event.session
    if (event.kind === 'accepted') this.accepted.push(event.stream)
  }

  onReady(stream: StreamHandle): void {
    this.onStream(stream)
  }

  /** Reads, checks and releases all there is now. */
  drain(stream: StreamHandle): void {
    let offset = this.read.get(stream) ?? 0
    for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) {
      assertBytes(bytes, offset)
      offset += bytes.length
      stream.release(bytes.length)
    }
    this.read.set(stream, offset)
  }

  /** The kinds of the events, a closing with whoever ended it, its code and its reason. */
  get told(): string[] {
    return this.events.map((event) =>
      event.kind === 'closed' ? `closed by ${event.by} ${event.code} ${event.reason}`.trim() : event.kind,
    )
  }
}

// A stream table on its own: what its session would be told is noted, and frames come from the test.

import type { EndpointSettings, SessionHandle } from '../../../src/protocol/api.ts'
import { BoundedQueue } from '../../../src/protocol/bounded-queue.ts'
import { FrameActions } from '../../../src/protocol/frame-actions.ts'
import { MtuSearch } from '../../../src/protocol/path/mtu-search.ts'
import { Path } from '../../../src/protocol/path/path.ts'
import { AckFrequency } from '../../../src/protocol/recovery/ack-frequency.ts'
import { AckPolicy } from '../../../src/protocol/recovery/ack-policy.ts'
import { NoLoss } from '../../../src/protocol/recovery/no-loss.ts'
import { ReceivedPackets } from '../../../src/protocol/recovery/received.ts'
import { Rtt } from '../../../src/protocol/recovery/rtt.ts'
import { SentFrame, SentPackets } from '../../../src/protocol/recovery/sent.ts'
import { KeyRing } from '../../../src/protocol/rekey/key-ring.ts'
import { Rekey } from '../../../src/protocol/rekey/rekey.ts'
import { DEFAULT_SETTINGS } from '../../../src/protocol/settings.ts'
import { MemoryBudget } from '../../../src/protocol/streams/credit.ts'
import type { Stream } from '../../../src/protocol/streams/stream.ts'
import { type PeerStreamLimits, StreamTable, type StreamTableOwner } from '../../../src/protocol/streams/table.ts'
import type { Micros } from '../../../src/protocol/units.ts'
import { CreditFrame } from '../../../src/protocol/wire/credit-frames.ts'
import { ResetStreamFrame, StopSendingFrame } from '../../../src/protocol/wire/stream-frames.ts'
import { Prng } from '../../sim/prng.ts'
import { type FrameWish, streamFrame } from './stream-bytes.ts'

export interface TableWish {
  readonly ownBit?: 0 | 1
  readonly settings?: Partial<EndpointSettings>
  readonly peer?: Partial<PeerStreamLimits>
  readonly budget?: MemoryBudget
}

const ZEROS = new Uint8Array(262_144)
const GENEROUS_PEER: PeerStreamLimits = { maxStreams: 1_000, streamWindow: 262_144, sessionWindow: 1_048_576 }

export class TableBench implements StreamTableOwner {
  readonly table: StreamTable
  readonly budget: MemoryBudget
  /** What becomes of sent frames is told here. */
  readonly actions: FrameActions
  readonly control: Stream
  readonly accepted: Stream[] = []
  /** Times that more streams were said to be available. */
  availabilities = 0
  hasWork = false
  readonly #ready = new BoundedQueue<Stream>(1_000_000)

  constructor(wish: TableWish = {}) {
    const settings = { ...DEFAULT_SETTINGS, ...wish.settings }
    this.budget = wish.budget ?? new MemoryBudget(settings.memoryBudget)
    this.table = new StreamTable(this, settings, this.budget, wish.ownBit ?? 0)
    this.control = this.table.start({ ...GENEROUS_PEER, ...wish.peer })
    const received = new ReceivedPackets()
    const keys = new KeyRing(settings.mostPacketsPerKey)
    const sent = new SentPackets()
    const rekey = { keys, sent, received, isDialler: true, probeTimeout: () => 0, onKeysChanged() {} }
    this.actions = new FrameActions({
      streams: this.table,
      received,
      acks: new AckPolicy(),
      ackFrequency: new AckFrequency(),
      path: new Path(0, new Prng(1)),
      search: new MtuSearch(1_200, { ceilingDatagramBytes: 1_200 }),
      rekey: new Rekey(rekey, settings),
      loss: new NoLoss(sent, new Rtt(), { onFrameAcked() {}, onFrameLost() {} }),
      onMoved: () => {},
      onPeerClosed: () => {},
    })
  }

  clock: Micros = 0

  get handle(): SessionHandle {
    throw new Error('no session is needed here')
  }

  onWork(): void {
    this.hasWork = true
  }

  onStreamReady(stream: Stream): void {
    this.#ready.push(stream)
  }

  onStreamAccepted(stream: Stream): void {
    this.accepted.push(stream)
  }

  onStreamsAvailable(): void {
    this.availabilities++
  }

  /** The streams that are ready, as an endpoint gives them out. */
  takeReady(): Stream[] {
    const ready: Stream[] = []
    for (let stream = this.#ready.shift(); stream !== null; stream = this.#ready.shift()) {
      stream.isReady = false
      ready.push(stream)
    }
    return ready
  }

  /** The bytes are zeros: what becomes of them is the receive half's matter, and tested there. */
  receive(wish: FrameWish): number {
    return this.table.onStream(streamFrame(wish), ZEROS)
  }

  receiveReset(id: number, code: number, finalSize: number): number {
    const frame = new ResetStreamFrame()
    frame.id = id
    frame.code = code
    frame.finalSize = finalSize
    return this.table.onResetStream(frame)
  }

  receiveStop(id: number, code: number): number {
    const frame = new StopSendingFrame()
    frame.id = id
    frame.code = code
    return this.table.onStopSending(frame)
  }

  receiveMaxData(limit: number): number {
    return this.table.onMaxData(credit(0, limit))
  }

  receiveMaxStreamData(id: number, limit: number): number {
    return this.table.onMaxStreamData(credit(id, limit))
  }

  receiveMaxStreams(limit: number): number {
    return this.table.onMaxStreams(credit(0, limit))
  }
}

function credit(id: number, limit: number): CreditFrame {
  const frame = new CreditFrame()
  frame.id = id
  frame.limit = limit
  return frame
}

/** The id of the peer's nth stream at a listener, from 1. */
export function peerId(number: number): number {
  return number * 2 - 1
}

/** Both halves come to their ordinary end. */
export function finishBoth(bench: TableBench, stream: Stream): void {
  bench.receive({ id: stream.id, offset: stream.receive.highest, length: 0, fin: true })
  stream.finish()
  stream.send.onSent(0, 0, true)
  bench.actions.onFrameAcked(SentFrame.streamFin, stream.id, 0, 0)
}

/** Reads all there is, without releasing it; returns how much that was. */
export function readAll(stream: Stream): number {
  let count = 0
  for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) count += bytes.length
  return count
}

// hot
// What is on its way: one slot for each packet number between the oldest that matters and the newest, and one record for each frame
// that must be repaired if its packet is lost. Rings of typed arrays; a packet costs no object.
//
//   packets   … [ 41 acked ][ 42 in flight ][ 43 lost ][ 44 in flight ] …       oldest = 42, next = 45
//   records           [ 42: MAX_DATA ][ 42: stream 4, 0–900 ][ 43: stream 4, 900–2000 ] …
//
// The packet that is being built is `next`: `record` notes its frames, then `commit` makes it count or `discard` forgets them.

import type { Micros, PacketNumber, StreamId } from '../units.ts'
import { Deliveries } from './deliveries.ts'

/** What a slot holds. */
export const SentState = { none: 0, inFlight: 1, lost: 2, skipped: 3, bare: 4 } as const

/** Which frame a record stands for. */
export const SentFrame = {
  stream: 0,
  streamFin: 1,
  resetStream: 2,
  stopSending: 3,
  maxData: 4,
  maxStreamData: 5,
  maxStreams: 6,
  /** `offset` is the largest packet that it acknowledged. */
  ack: 7,
  /** `offset` is the number of the keys that it is about. */
  rekey: 8,
  /** A packet of nothing but padding: `offset` is its size, `length` the epoch of the search that sent it. */
  sizeProbe: 9,
  /** `offset` is the number of the wish. */
  ackFrequency: 10,
} as const

/** Beside the kind of a record: its bytes had been sent before. */
const REPEATED = 0x80
const KIND = 0x7f

/** Told what became of a frame. All arguments are numbers: nothing is allocated. */
export interface SentFrameSink {
  onFrameAcked(kind: number, stream: StreamId, offset: number, length: number): void
  onFrameLost(kind: number, stream: StreamId, offset: number, length: number): void
}

/** Of a session that has something to say; both rings double as they fill, and one that is idle has none. */
const FIRST_PACKETS = 16
const FIRST_RECORDS = 32
/** Above the largest window (10,000 datagrams) and what was lost meanwhile. */
export const MOST_TRACKED_PACKETS = 32_768
/** The same in bytes, for a line on which no window but the peer's holds back: four times what a peer of ours lets come at once. */
const MOST_BYTES_IN_FLIGHT = 64 * 1_048_576
/** Beyond so many, what is lost or skipped is forgotten early: a full window of new packets must always fit in behind it. */
const MOST_REMEMBERED_PACKETS = MOST_TRACKED_PACKETS / 2
/** A packet of 65,507 bytes with the smallest frames would hold more; the builder stops here. */
export const MOST_FRAMES_PER_PACKET = 512

/** Shared by all rings that are not there. */
const NONE_8 = new Uint8Array(0)
const NONE_16 = new Uint16Array(0)
const NONE_32 = new Uint32Array(0)
const NONE_F64 = new Float64Array(0)

export class SentPackets {
  /** The number of the packet being built. */
  next: PacketNumber = 0
  /** Every packet below is settled. */
  oldest: PacketNumber = 0
  bytesInFlight = 0
  packetsInFlight = 0
  /** What the path had delivered when each of the packets left. */
  readonly deliveries = new Deliveries()

  /** None before it is in flight. */
  #firstInFlight: PacketNumber = 0
  #mask = -1
  #state = NONE_8
  #sentAt = NONE_F64
  #bytes = NONE_16
  #recordEnd = NONE_F64

  #recordMask = -1
  #kind = NONE_8
  #stream = NONE_F64
  #offset = NONE_F64
  #length = NONE_32
  /** Records are counted from the first ever; the ring holds `#recordOldest … #recordNext`. */
  #recordNext = 0
  #recordOldest = 0

  /** Room for another packet: its number must fit into the ring at its largest. */
  get hasRoom(): boolean {
    return this.next - this.oldest < MOST_TRACKED_PACKETS && this.bytesInFlight < MOST_BYTES_IN_FLIGHT
  }

  /** Frames noted so far for the packet being built. */
  get framesNoted(): number {
    return this.#recordNext - this.#startOf(this.next)
  }

  /** Notes a frame of the packet being built. */
  record(kind: number, stream: StreamId, offset: number, length: number, isRepeated = false): void {
    if (this.#recordNext - this.#recordOldest > this.#recordMask) this.#growRecords()
    const slot = this.#recordNext & this.#recordMask
    this.#kind[slot] = isRepeated ? kind | REPEATED : kind
    this.#stream[slot] = stream
    this.#offset[slot] = offset
    this.#length[slot] = length
    this.#recordNext++
  }

  /** Forgets the frames of the packet being built: it will not leave. */
  discard(): void {
    this.#recordNext = this.#startOf(this.next)
  }

  /** The packet being built has left and is in flight. */
  commit(bytes: number, now: Micros): void {
    const packet = this.next
    this.#close(SentState.inFlight, bytes, now)
    this.bytesInFlight += bytes
    this.packetsInFlight++
    this.deliveries.onSent(packet, this.bytesInFlight, bytes, now)
  }

  /** The packet has left, but asks for no ACK: nothing is owed for it. */
  commitBare(now: Micros): void {
    this.discard()
    if (this.oldest === this.next) {
      // Nothing else is remembered, so this need not be either.
      this.next++
      this.oldest++
      return
    }
    this.#close(SentState.bare, 0, now)
  }

  /** Leaves a number out, so that a peer that acknowledges it is caught. */
  skip(now: Micros): void {
    this.#close(SentState.skipped, 0, now)
  }

  /** The oldest packet in flight; `next`: none is. */
  firstInFlight(): PacketNumber {
    let packet = Math.max(this.#firstInFlight, this.oldest)
    while (packet < this.next && this.#state[packet & this.#mask] !== SentState.inFlight) packet++
    this.#firstInFlight = packet
    return packet
  }

  state(packet: PacketNumber): number {
    return this.#state[packet & this.#mask]!
  }

  sentAt(packet: PacketNumber): Micros {
    return this.#sentAt[packet & this.#mask]!
  }

  bytes(packet: PacketNumber): number {
    return this.#bytes[packet & this.#mask]!
  }

  /** The packet only asks whether the path carries one so large: its loss says nothing of congestion (RFC 9000 §14.4). */
  isSizeProbe(packet: PacketNumber): boolean {
    const start = this.#startOf(packet)
    return start < this.#recordEnd[packet & this.#mask]! && this.#kind[start & this.#recordMask] === SentFrame.sizeProbe
  }

  /** The packet arrived: its frames are told so and its slot is free. */
  settle(packet: PacketNumber, sink: SentFrameSink): void {
    const slot = packet & this.#mask
    if (this.#state[slot] === SentState.inFlight) this.#land(slot)
    this.#state[slot] = SentState.none
    const end = this.#recordEnd[slot]!
    for (let i = this.#startOf(packet); i < end; i++) {
      const r = i & this.#recordMask
      sink.onFrameAcked(this.#kind[r]! & KIND, this.#stream[r]!, this.#offset[r]!, this.#length[r]!)
    }
  }

  /** The packet is taken for lost: no longer in flight, but remembered in case it arrives after all. */
  lose(packet: PacketNumber, sink: SentFrameSink): void {
    const slot = packet & this.#mask
    this.#land(slot)
    this.#state[slot] = SentState.lost
    this.repeat(packet, sink)
  }

  /** The packet's frames are wanted again, whatever becomes of the packet. */
  repeat(packet: PacketNumber, sink: SentFrameSink): void {
    const end = this.#recordEnd[packet & this.#mask]!
    for (let i = this.#startOf(packet); i < end; i++) {
      const r = i & this.#recordMask
      sink.onFrameLost(this.#kind[r]! & KIND, this.#stream[r]!, this.#offset[r]!, this.#length[r]!)
    }
  }

  /** The same for bytes of streams alone, in pieces of at most `mostBytes`, and only for those that the packet was the first to carry. */
  repeatSmall(packet: PacketNumber, mostBytes: number, sink: SentFrameSink): void {
    const end = this.#recordEnd[packet & this.#mask]!
    for (let i = this.#startOf(packet); i < end; i++) {
      const r = i & this.#recordMask
      const kind = this.#kind[r]!
      if (kind > SentFrame.streamFin || this.#length[r]! > mostBytes) continue
      sink.onFrameLost(kind, this.#stream[r]!, this.#offset[r]!, this.#length[r]!)
    }
  }

  /**
   * Frees the slots at the old end. Lost and skipped packets sent since `forgetBefore` are still waited for, but not once they would hold
   * up new ones: on a fast path the ring is full long before, and with nothing on its way no ACK would ever come to free it.
   */
  advance(forgetBefore: Micros): void {
    while (this.oldest < this.next) {
      const slot = this.oldest & this.#mask
      const state = this.#state[slot]!
      if (state === SentState.inFlight) break
      const isWaitedFor =
        (state === SentState.lost || state === SentState.skipped) && this.#sentAt[slot]! >= forgetBefore
      if (isWaitedFor && this.next - this.oldest < MOST_REMEMBERED_PACKETS) break
      this.#state[slot] = SentState.none
      this.#recordOldest = this.#recordEnd[slot]!
      this.oldest++
    }
  }

  /** Everything is settled, for now: gives the rings back. They are made anew when there is something to remember. */
  rest(): void {
    if (this.oldest !== this.next || this.#recordNext !== this.#recordOldest) return
    this.#mask = -1
    this.#state = NONE_8
    this.#sentAt = NONE_F64
    this.#bytes = NONE_16
    this.#recordEnd = NONE_F64
    this.deliveries.rest()
    this.#recordMask = -1
    this.#kind = NONE_8
    this.#stream = NONE_F64
    this.#offset = NONE_F64
    this.#length = NONE_32
  }

  #close(state: number, bytes: number, now: Micros): void {
    if (this.next - this.oldest > this.#mask) this.#growPackets()
    const slot = this.next & this.#mask
    this.#state[slot] = state
    this.#sentAt[slot] = now
    this.#bytes[slot] = bytes
    this.#recordEnd[slot] = this.#recordNext
    this.next++
  }

  #land(slot: number): void {
    this.bytesInFlight -= this.#bytes[slot]!
    this.packetsInFlight--
  }

  /** A packet's records begin where its predecessor's end. */
  #startOf(packet: PacketNumber): number {
    return packet === this.oldest ? this.#recordOldest : this.#recordEnd[(packet - 1) & this.#mask]!
  }

  #growPackets(): void {
    const size = Math.max(FIRST_PACKETS, (this.#mask + 1) * 2)
    this.#state = regrown(this.#state, new Uint8Array(size), this.oldest, this.next)
    this.#sentAt = regrown(this.#sentAt, new Float64Array(size), this.oldest, this.next)
    this.#bytes = regrown(this.#bytes, new Uint16Array(size), this.oldest, this.next)
    this.#recordEnd = regrown(this.#recordEnd, new Float64Array(size), this.oldest, this.next)
    this.deliveries.grow(size, this.oldest, this.next)
    this.#mask = size - 1
  }

  #growRecords(): void {
    const size = Math.max(FIRST_RECORDS, (this.#recordMask + 1) * 2)
    this.#kind = regrown(this.#kind, new Uint8Array(size), this.#recordOldest, this.#recordNext)
    this.#stream = regrown(this.#stream, new Float64Array(size), this.#recordOldest, this.#recordNext)
    this.#offset = regrown(this.#offset, new Float64Array(size), this.#recordOldest, this.#recordNext)
    this.#length = regrown(this.#length, new Uint32Array(size), this.#recordOldest, this.#recordNext)
    this.#recordMask = size - 1
  }
}

/** Moves the entries `from…to` of a ring into a larger one: each keeps its number, so its slot follows from the new mask. */
function regrown<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(
  ring: T,
  larger: T,
  from: number,
  to: number,
): T {
  const oldMask = ring.length - 1
  const newMask = larger.length - 1
  for (let i = from; i < to; i++) larger[i & newMask] = ring[i & oldMask]!
  return larger
}

// hot
// One message to `sendmsg`, built once and filled in for each call: where to, which bytes, and how long each datagram in them is.
//
//   struct msghdr  name, name's length, vectors, their number, control, its length, flags     56 bytes
//   struct iovec   where the bytes are, how many                                              16
//   control        length, level, type, segment size                                          24
//
// Sockets share it: a call is over before the next is prepared.

import type { Libc } from './libc.ts'
import { MOST_NAME_BYTES } from './socket-name.ts'

/** What one call may carry: datagrams (UDP_MAX_SEGMENTS of older kernels), and bytes (65,535 less the headers of UDP and IPv4). */
export const MOST_SEGMENTS = 64
export const MOST_CALL_BYTES = 65_507

const MSG_DONTWAIT = 0x40
const SOL_UDP = 17
const UDP_SEGMENT = 103

const HEADER_BYTES = 56
const VECTOR_AT = HEADER_BYTES
const CONTROL_AT = VECTOR_AT + 16
const CONTROL_BYTES = 24
const NAME_AT = CONTROL_AT + CONTROL_BYTES
const CONTROL_HEAD_BYTES = 16

/** Indexes of 32-bit words in the header, the vector and the control part; those of 64 bits take two. */
const Word = {
  name: 0,
  nameBytes: 2,
  vectors: 4,
  vectorCount: 6,
  control: 8,
  controlBytes: 10,
  base: VECTOR_AT / 4,
  length: VECTOR_AT / 4 + 2,
  controlLength: CONTROL_AT / 4,
  level: CONTROL_AT / 4 + 2,
  type: CONTROL_AT / 4 + 3,
  segment: (CONTROL_AT + CONTROL_HEAD_BYTES) / 4,
} as const

const TWO_32 = 4_294_967_296

export class OutgoingMessage {
  readonly #libc: Libc
  readonly #bytes = new Uint8Array(NAME_AT + MOST_NAME_BYTES)
  readonly #words = new Uint32Array(this.#bytes.buffer)
  /** Whose address is known: the driver hands the same batch over again and again. */
  #buffer: Uint8Array | null = null
  #bufferAt = 0
  #name: Uint8Array | null = null

  constructor(libc: Libc) {
    this.#libc = libc
    const at = libc.addressOf(this.#bytes)
    this.#point(Word.name, at + NAME_AT)
    this.#point(Word.vectors, at + VECTOR_AT)
    this.#words[Word.vectorCount] = 1
    this.#point(Word.control, at + CONTROL_AT)
    this.#words[Word.controlLength] = CONTROL_HEAD_BYTES + 2
    this.#words[Word.level] = SOL_UDP
    this.#words[Word.type] = UDP_SEGMENT
  }

  /** What is sent from now on is in `buffer` and goes to `name`, which nobody may change. */
  aim(buffer: Uint8Array, name: Uint8Array): void {
    if (buffer !== this.#buffer) {
      this.#buffer = buffer
      this.#bufferAt = this.#libc.addressOf(buffer)
    }
    if (name === this.#name) return
    this.#name = name
    this.#bytes.set(name, NAME_AT)
    this.#words[Word.nameBytes] = name.length
  }

  /** The bytes from `at` on, cut by the kernel at every `segmentBytes`. False: `errorName` says why not. */
  send(fd: number, at: number, bytes: number, segmentBytes: number): boolean {
    this.#point(Word.base, this.#bufferAt + at)
    this.#words[Word.length] = bytes
    const isBatch = bytes > segmentBytes
    this.#words[Word.controlBytes] = isBatch ? CONTROL_BYTES : 0
    if (isBatch) this.#words[Word.segment] = segmentBytes
    return this.#libc.sendmsg(fd, this.#bytes, MSG_DONTWAIT) >= 0
  }

  #point(word: number, address: number): void {
    this.#words[word] = address
    this.#words[word + 1] = address / TWO_32
  }
}

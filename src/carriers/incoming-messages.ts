// hot
// What one call to `recvmmsg` brings: several messages, and in each as many datagrams of one sender as the kernel has joined (UDP_GRO).
//
//   struct mmsghdr   struct msghdr 56, bytes received 4, zero 4        64 bytes each
//   control          length 8, level 4, type 4, segment size 4         24 bytes each, with what aligns them
//
// Sockets share it: what arrived is lent until the next call.

import type { Libc } from './libc.ts'
import { MOST_NAME_BYTES } from './socket-name.ts'

/** So many full messages are half a megabyte, which caches hold; of 16 nothing more was to be seen, of 4 a little less. */
export const MOST_MESSAGES = 8

/** The kernel joins datagrams to less than this, so no message is cut (GRO_LEGACY_MAX_SIZE). */
const MESSAGE_BYTES = 65_536

const MSG_DONTWAIT = 0x40
const SOL_UDP = 17
const UDP_GRO = 104

const HEADER_WORDS = 16
const NAME_BYTES = 32
const CONTROL_BYTES = 24
const LEAST_CONTROL_BYTES = 20

/** Indexes of 32-bit words in each header, and in each control part. */
const Word = { name: 0, nameBytes: 2, vectors: 4, vectorCount: 6, control: 8, controlBytes: 10, received: 14 } as const
const ControlWord = { level: 2, type: 3, segment: 4 } as const

const TWO_32 = 4_294_967_296

export class IncomingMessages {
  /** The senders' addresses as the kernel wrote them, each at `nameAt`. */
  readonly names = new Uint32Array((MOST_MESSAGES * NAME_BYTES) / 4)

  readonly #libc: Libc
  readonly #headers = new Uint8Array(MOST_MESSAGES * HEADER_WORDS * 4)
  readonly #words = new Uint32Array(this.#headers.buffer)
  readonly #vectors = new Uint32Array(MOST_MESSAGES * 4)
  readonly #controls = new Uint32Array((MOST_MESSAGES * CONTROL_BYTES) / 4)
  readonly #bytes = new Uint8Array(MOST_MESSAGES * MESSAGE_BYTES)
  /** Views of full datagrams, made once for each size: bulk has but one. */
  readonly #views: Uint8Array[][] = Array.from({ length: MOST_MESSAGES }, () => [])

  constructor(libc: Libc) {
    this.#libc = libc
    const bytesAt = libc.addressOf(this.#bytes)
    const [namesAt, vectorsAt, controlsAt] = [this.names, this.#vectors, this.#controls].map((words) =>
      libc.addressOf(new Uint8Array(words.buffer)),
    ) as [number, number, number]
    for (let message = 0; message < MOST_MESSAGES; message++) {
      const header = message * HEADER_WORDS
      point(this.#words, header + Word.name, namesAt + message * NAME_BYTES)
      point(this.#words, header + Word.vectors, vectorsAt + message * 16)
      this.#words[header + Word.vectorCount] = 1
      point(this.#words, header + Word.control, controlsAt + message * CONTROL_BYTES)
      point(this.#vectors, message * 4, bytesAt + message * MESSAGE_BYTES)
      this.#vectors[message * 4 + 2] = MESSAGE_BYTES
    }
  }

  /** How many messages came; -1: none, `errorName` says why. */
  read(fd: number): number {
    for (let message = 0; message < MOST_MESSAGES; message++) this.#lend(message)
    return this.#libc.recvmmsg(fd, this.#headers, MOST_MESSAGES, MSG_DONTWAIT, null)
  }

  /** Index of a word in `names`. */
  nameAt(message: number): number {
    return (message * NAME_BYTES) / 4
  }

  bytesOf(message: number): number {
    return this.#words[message * HEADER_WORDS + Word.received]!
  }

  /** How long each datagram of a message is; the last may be shorter. */
  segmentOf(message: number): number {
    const control = (message * CONTROL_BYTES) / 4
    const isJoined =
      this.#words[message * HEADER_WORDS + Word.controlBytes]! >= LEAST_CONTROL_BYTES &&
      this.#controls[control + ControlWord.level] === SOL_UDP &&
      this.#controls[control + ControlWord.type] === UDP_GRO
    return isJoined ? this.#controls[control + ControlWord.segment]! : this.bytesOf(message)
  }

  /** A datagram of a message. */
  datagram(message: number, at: number, bytes: number, segmentBytes: number): Uint8Array {
    const start = message * MESSAGE_BYTES + at
    if (bytes !== segmentBytes) return this.#bytes.subarray(start, start + bytes)
    const views = this.#views[message]!
    if (views.length > 0 && views[0]!.length !== bytes) views.length = 0
    const index = at / segmentBytes
    if (index < views.length) return views[index]!
    const view = this.#bytes.subarray(start, start + bytes)
    views.push(view)
    return view
  }

  /** The kernel writes how much it used over how much there is. */
  #lend(message: number): void {
    this.#words[message * HEADER_WORDS + Word.nameBytes] = MOST_NAME_BYTES
    this.#words[message * HEADER_WORDS + Word.controlBytes] = CONTROL_BYTES
  }
}

function point(words: Uint32Array, word: number, address: number): void {
  words[word] = address
  words[word + 1] = address / TWO_32
}

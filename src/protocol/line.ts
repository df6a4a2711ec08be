// What the packets of an endpoint travel over, and what its sessions do otherwise where nothing is lost: over TCP, TLS and WebSocket a path
// is one connection, packets arrive whole and in order, and the line controls itself.

import { LEAST_INIT_BYTES, LEAST_LINE_INIT_BYTES, PACKETS_PER_ACK } from './limits.ts'
import { MILLISECOND, type Micros, type PathId, SECOND } from './units.ts'

/** Wire-visible: the number is mixed into the handshake. */
export const LineKind = { udp: 0, tcp: 1, tls: 2, websocket: 3 } as const
export type LineKind = (typeof LineKind)[keyof typeof LineKind]

export interface Line {
  readonly kind: LineKind
  /** A datagram arrives as it was sent or not at all. Where pieces may travel, their arrival says nothing of what the path carries. */
  readonly forbidsFragments: boolean
  /** What both ends of the connection under a path know and nobody between them: 32 bytes with TLS of our own, else empty. */
  bindingOf(path: PathId): Uint8Array
}

/** Where the two sorts of lines differ. */
export interface LineRules {
  /** Every packet arrives, once and in order, or the path is gone: nothing is repeated, and paths never move. */
  readonly isReliable: boolean
  /** A shorter INIT is refused, and none is padded beyond it. */
  readonly leastInitBytes: number
  /** An ACK is owed after so many packets that ask for one. */
  readonly packetsPerAck: number
  /** Silence there must be, beside probe timeouts, before a session is suspect. */
  readonly suspectSilence: Micros
  /** CLOSE packets of a goodbye. */
  readonly goodbyes: number
}

const DATAGRAMS: LineRules = {
  isReliable: false,
  leastInitBytes: LEAST_INIT_BYTES,
  packetsPerAck: PACKETS_PER_ACK,
  // A pause of the process on a fast path must not count.
  suspectSilence: 500 * MILLISECOND,
  // Nobody acknowledges them, so they leave at once.
  goodbyes: 3,
}

const RELIABLE: LineRules = {
  isReliable: true,
  leastInitBytes: LEAST_LINE_INIT_BYTES,
  // Half a megabyte in full packets: an ACK only frees memory here.
  packetsPerAck: 32,
  // TCP repeats what it lost after 200 ms and then half a second, a second: whoever suspects it sooner suspects every lost segment.
  suspectSilence: 2 * SECOND,
  goodbyes: 1,
}

const NO_BINDING = new Uint8Array(0)

export const UDP: Line = { kind: LineKind.udp, forbidsFragments: false, bindingOf: () => NO_BINDING }

export function rulesOf(line: Line = UDP): LineRules {
  return line.kind === LineKind.udp ? DATAGRAMS : RELIABLE
}

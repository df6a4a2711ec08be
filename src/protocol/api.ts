// What the core shows to the rest: the six calls, the handles of sessions and streams, and the events. Types only.

import type { CongestionController } from './congestion/controller.ts'
import type { Line } from './line.ts'
import type { Crypto, Random, Trace } from './ports.ts'
import type { Micros, PathId, StreamId } from './units.ts'

/** Several datagrams to one destination, back to back; all but the last are `segmentBytes` long. Owned by the driver. */
export interface DatagramBatch {
  buffer: Uint8Array
  length: number
  segmentBytes: number
  path: PathId
}

/** The six calls of the driver, in the order of its turn (docs/architecture.md). */
export interface ProtocolEndpoint {
  /** `datagram` is borrowed until the call returns and is decrypted in place; may hold several packets back to back. */
  receive(datagram: Uint8Array, from: PathId, now: Micros): void
  onDeadline(now: Micros): void
  /** `Infinity`: nothing to wait for. */
  nextDeadline(): Micros
  /** Fills `out` for ONE destination; false: nothing to send now. */
  nextDatagrams(out: DatagramBatch, now: Micros): boolean
  nextEvent(): SessionEvent | null
  /** A stream on which something happened since it was last given out: bytes, an end, a reset, room to write. */
  nextReadyStream(): StreamHandle | null
  /** Set by the driver: something more waits for its turn. Called within calls to the endpoint and to its streams, which go on. */
  onWork: () => void
}

/** How one side behaves; what the peer must know of it travels in the handshake. Sizes in bytes, times in µs. */
export interface EndpointSettings {
  /** Size of a full datagram at first, bytes of UDP payload. */
  readonly maxDatagramBytes: number
  /** Up to which size a path is searched for larger ones; not above the first: it stays as it is. */
  readonly ceilingDatagramBytes: number
  /** Silence that ends a session; the smaller value of the two sides holds. */
  readonly survive: Micros
  /**
   * How long a peer that was busy on open streams may be quiet until it is asked whether it is still there; `Infinity`: until the next
   * keep-alive. For sides that have somewhere else to go.
   */
  readonly askAfterQuiet: Micros
  /** Streams the peer may hold open at once, at start and at most. Equal values: the limit never moves. */
  readonly initialMaxStreams: number
  readonly ceilingMaxStreams: number
  /** Receive windows at start and at most, for a stream and for a session. */
  readonly initialStreamWindow: number
  readonly ceilingStreamWindow: number
  readonly initialSessionWindow: number
  readonly ceilingSessionWindow: number
  /** Bytes that all sessions of the process may hold for readers that are slower than the link. */
  readonly memoryBudget: number
  /** New keys are agreed on once one direction has so many packets under the old ones; at least LEAST_PACKETS_PER_KEY. */
  readonly rekeyAfterPackets: number
  /** The same once keys that are used are so old. */
  readonly rekeyAfter: Micros
  /** A session whose keys could not be changed for so long after they should have been, while the peer was heard, is closed. */
  readonly rekeyWithin: Micros
  /** A session that has sent so many packets under one key and got no other is closed. */
  readonly mostPacketsPerKey: number
  /** How many packets one ACK is for at most, where the sender is fast and asks for fewer ACKs. */
  readonly mostPacketsPerAck: number
  /** How long after its start a listener lets in only who has shown where it is: INITs that were recorded before cannot. */
  readonly cautionAfterStart: Micros
}

export interface EndpointOptions {
  readonly random: Random
  readonly crypto: Crypto
  readonly trace?: Trace
  /** What all its packets travel over. Default: UDP. */
  readonly line?: Line
  readonly settings: EndpointSettings
  /** True: strangers may open sessions here. False: their packets are dropped. */
  readonly acceptsSessions: boolean
  /** 16 bytes that survive a restart, and 8 that do not: how the peer tells a restart from a second instance. */
  readonly instanceId: Uint8Array
  readonly bootId: Uint8Array
  /** Makes the controller of one session; a reliable line has its own. */
  readonly newController: (maxDatagramBytes: number) => CongestionController
  /** Where a path leads, as handshake/address.ts says; null: the carrier has forgotten it. Default: a path is its own address. */
  readonly addressOf?: (path: PathId) => Uint8Array | null
  /** ms since 1970; may step. Default: the time that the calls bring. */
  readonly wallClockMs?: () => number
}

/** What a listener did with the INITs that had heard of it; sums since its start. */
export interface ReceptionCounters {
  inits: number
  initBytes: number
  /** In answer to them, COOKIEs and RESPs together: never more than came. */
  answerBytes: number
  cookies: number
  /** INITs of which the costly part was done. */
  read: number
  /** Sessions that were made and not confirmed yet. */
  halfOpen: number
}

/** One live association with a peer. */
export interface SessionHandle {
  /** Counts from 1 in this endpoint. */
  readonly id: number
  readonly path: PathId
  /** The connection id that we chose, 8 bytes: with it a RESET for this session can be made after a restart. */
  readonly localId: Uint8Array
  /** True: we dialled. Decides bit 0 of the streams we open. */
  readonly isDialler: boolean
  /** The peer's instance id as 32 hex digits; empty until it is known. */
  readonly peerInstance: string
  /** The peer's boot id as 16 hex digits: another one means that it was started anew. Empty until it is known. */
  readonly peerBoot: string
  /** The peer's static public key, 32 bytes; empty until it is known, and where links have no keys. */
  readonly peerKey: Uint8Array
  readonly isSuspect: boolean
  /** The stream for messages about the session itself, open from the start. */
  readonly control: StreamHandle
  /** What the caller wants to find again from an event. */
  owner: unknown
  /**
   * Null: not now (the peer's limit or `most` is reached, or the session is not open); `streamsAvailable` says when to ask again. `most`: how
   * many that we opened may be open at once.
   */
  openStream(most?: number): StreamHandle | null
  /** Streams we opened that are not finished on both sides. */
  readonly openedStreams: number
  /** Says goodbye and forgets the session; a `closed` event follows. */
  close(code: number, reason: string): void
  stats(into: SessionStats): void
}

/** Filled by `stats`; sums since the session opened. */
export interface SessionStats {
  smoothedRtt: Micros
  minRtt: Micros
  windowBytes: number
  bytesInFlight: number
  packetsSent: number
  packetsReceived: number
  packetsLost: number
  bytesSent: number
  bytesReceived: number
  openStreams: number
  /** Bytes received and not yet released by their readers. */
  heldBytes: number
  /** How often the session has changed its keys. */
  rekeys: number
}

/** What a read half is doing. */
export type ReadState = 'open' | 'ended' | 'reset'

/**
 * Two independent halves. Reading: `read` shows bytes, `release` says that they have left us; only that returns credit to the peer.
 * Writing: `write` takes the bytes whole and says whether more is welcome.
 */
export interface StreamHandle {
  readonly id: StreamId
  readonly session: SessionHandle
  /** What the caller wants to find again when the stream is ready. */
  owner: unknown

  /** Takes `bytes` whole; they are copied. False: wait until `isWritable` before writing more. */
  write(bytes: Uint8Array): boolean
  /** True while the unsent bytes are below the high-water mark and the half is open. */
  readonly isWritable: boolean
  /** Ends our half after the bytes written so far. */
  finish(): void
  /** Gives up our half: the peer sees a reset with `code`, not an end. */
  reset(code: number): void
  /** Some byte of the stream has been put in a datagram: from now on it may have reached the peer. */
  readonly wasEverSent: boolean
  /** The peer asked us to stop sending, with this code; -1: it did not. The half is then reset already. */
  readonly stopCode: number

  /**
   * The next bytes in order, or null: none now. The view stays valid and unchanged for as long as it is referenced; after `borrow` only
   * until its bytes are released.
   */
  read(): Uint8Array | null
  /** True while `read` has bytes to give. */
  readonly isReadable: boolean
  /** The reader promises from now on to look at nothing that it has released, so that its memory can be used again. */
  borrow(): void
  /** The bytes have left this process's hands: credit for them goes back to the peer. */
  release(bytes: number): void
  /** `ended` and `reset` are told only once every byte before the end was read (a reset: at once). */
  readonly readState: ReadState
  /** The code of the peer's reset, or of the lost session; -1 while there is none. */
  readonly resetCode: number
  /** Asks the peer to stop sending; what still arrives is dropped and credited. */
  stop(code: number): void
  /** Both halves are finished or the session is gone: nothing will happen here any more. */
  readonly isClosed: boolean
}

/** Who or what ended a session. */
export type ClosedBy =
  | 'local' // we said goodbye
  | 'peer' // the peer said goodbye
  | 'silence' // nothing heard for <survive>
  | 'reset' // the peer has forgotten the session (it restarted)
  | 'restart' // the same instance came back with a new boot id
  | 'noAnswer' // the dial was never answered
  | 'line' // the connection under it ended, or brought what the peer cannot have sent
  | 'violation' // the peer broke the protocol

export type SessionEvent =
  /** The handshake is through. */
  | { readonly kind: 'opened'; readonly session: SessionHandle }
  /** The peer opened a stream. */
  | { readonly kind: 'accepted'; readonly session: SessionHandle; readonly stream: StreamHandle }
  | { readonly kind: 'suspect'; readonly session: SessionHandle }
  | { readonly kind: 'recovered'; readonly session: SessionHandle }
  /** The peer has another IP address, and has shown so. */
  | { readonly kind: 'moved'; readonly session: SessionHandle }
  /** A stream was refused to us, and another may be opened now. */
  | { readonly kind: 'streamsAvailable'; readonly session: SessionHandle }
  | {
      readonly kind: 'closed'
      readonly session: SessionHandle
      readonly by: ClosedBy
      readonly code: number
      readonly reason: string
    }

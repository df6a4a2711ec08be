// What every carrier is: something that moves opaque datagrams between this process and numbered remote addresses.

/** Several datagrams to one destination, back to back in one buffer; all but the last are `segmentBytes` long. */
export interface OutgoingBatch {
  /** Room for `maxBatchBytes`. A carrier that cannot send it at once keeps it and leaves another in its place. */
  buffer: Uint8Array
  /** Bytes used in `buffer`. */
  length: number
  segmentBytes: number
  /** Where it goes: a number that this carrier gave out. */
  path: number
}

/** What the packets travel over. */
export type CarrierKind = 'udp' | 'tcp' | 'tls' | 'websocket'

/** Where a listener can be called. `loopback`: from this machine only. `any`: at all its addresses. */
export type Reach = 'loopback' | 'any'

export interface CarrierTraits {
  readonly kind: CarrierKind
  /** Nothing is lost between the two ends (TCP): the session then runs no loss timers of its own. */
  readonly reliable: boolean
  readonly ordered: boolean
  /** A datagram that is too large for the path is lost, and never cut in pieces on its way: what arrives whole was sent whole. */
  readonly forbidsFragments: boolean
  /** Largest datagram it can move, in bytes of payload. */
  readonly maxDatagramBytes: number
  /** Largest batch that is worth building for one `send`, in bytes. */
  readonly maxBatchBytes: number
}

/** Told of what arrives. `datagram` is borrowed until the call returns, and may be written to meanwhile (decryption in place). */
export type OnDatagram = (datagram: Uint8Array, from: number) => void

/** A local address that the carrier listens on or dials from. */
export interface BoundAddress {
  readonly host: string
  readonly port: number
}

/** Whom to call. */
export interface DialTarget {
  /** A literal address; through a proxy, which looks names up itself, also a name. */
  readonly host: string
  readonly port: number
  /** How long it may take until the connection stands; 3,000 if it is left out. */
  readonly withinMs?: number
}

/** A name for which a certificate is (RFC 5280 §4.2.1.6). Its kind counts: an authority may be trusted with names of one kind only. */
export interface PeerName {
  readonly kind: 'dns' | 'ip' | 'uri' | 'email'
  readonly value: string
}

/** What the connection under a path says of the other end, beyond what our own handshake does. */
export interface Channel {
  /** 32 bytes that are the same at both ends of one TLS connection and of no other (RFC 9266); empty without TLS. */
  readonly binding: Uint8Array
  /** Of the peer's verified certificate; empty without one. */
  readonly peerNames: readonly PeerName[]
}

export interface Carrier {
  readonly traits: CarrierTraits
  /** Where it is bound, one entry for each socket. */
  readonly addresses: readonly BoundAddress[]
  /** Must be set before the first datagram can arrive; the driver does it. */
  onDatagram: OnDatagram
  /** Told, at most once a second for each path, that the far host says nobody listens there (ICMP; a hint that can be forged). */
  onUnreachable: (path: number) => void
  /** Told that `send` to this path, which was not writable, is welcome again. */
  onWritable: (path: number) => void
  /**
   * Told, in a turn of its own, that the connection under a path has ended: by the peer, by an error, by our own rules; not after
   * `disconnect`. The message of `cause` is for operators. The number is not used again.
   */
  onPathGone: (path: number, cause: Error) => void
  /** Told when a socket failed for good; the carrier is unusable then. */
  onFailure: (cause: Error) => void
  /**
   * Sends the batch now or drops it, as a network would; never queues without bound. A reliable carrier drops nothing (`isWritable`). When it returns, `batch.buffer` is the caller's to fill again.
   * False: the local send buffer was full and at least one datagram was dropped.
   */
  send(batch: OutgoingBatch): boolean
  /**
   * False: more waits than should. A reliable carrier drops nothing, so what is sent nevertheless is taken, and counted as a
   * mistake of ours; `onWritable` follows.
   */
  isWritable(path: number): boolean
  /**
   * The number for a literal address, for dialling. The same address always gives the same number while it is in use. Where a
   * connection must be made first it throws: that is for `connect`.
   */
  pathTo(host: string, port: number): number
  /** The number under which the target can be sent to, once it can. Rejects with a `CarrierError` if the connection fails. */
  connect(to: DialTarget): Promise<number>
  /** Ends the connection under a path as soon as what was sent has left, or in 2 seconds. Without connections: nothing. */
  disconnect(path: number): void
  /** What vouches for the far end of a path. */
  channelOf(path: number): Channel
  /** `host:port` (IPv6 in brackets) for messages; a path that was forgotten gives `unknown`. */
  describe(path: number): string
  /** The far address as bytes: IP 16 (an IPv4 one behind ::ffff:, RFC 4291 §2.5.5.2), port 2; null: forgotten. */
  addressOf(path: number): Uint8Array | null
  /** Which paths are still needed; asked when the table of addresses is full, so that strangers cannot grow it. */
  isPathInUse: (path: number) => boolean
  close(): Promise<void>
}

/** Of a path without TLS. */
export const NO_CHANNEL: Channel = { binding: new Uint8Array(0), peerNames: [] }

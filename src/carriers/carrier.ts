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

export interface CarrierTraits {
  /** Nothing is lost between the two ends (TCP): the session then runs no loss timers of its own. */
  readonly reliable: boolean
  readonly ordered: boolean
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

export interface Carrier {
  readonly traits: CarrierTraits
  /** Where it is bound, one entry for each socket. */
  readonly addresses: readonly BoundAddress[]
  /** Must be set before the first datagram can arrive; the driver does it. */
  onDatagram: OnDatagram
  /** Told, at most once a second for each path, that the far host says nobody listens there (ICMP; a hint that can be forged). */
  onUnreachable: (path: number) => void
  /** Told when a socket failed for good; the carrier is unusable then. */
  onFailure: (cause: Error) => void
  /**
   * Sends the batch now or drops it, as a network would; never queues without bound. When it returns, `batch.buffer` is the caller's to fill again.
   * False: the local send buffer was full and at least one datagram was dropped.
   */
  send(batch: OutgoingBatch): boolean
  /** The number for a literal address, for dialling. The same address always gives the same number while it is in use. */
  pathTo(host: string, port: number): number
  /** `host:port` (IPv6 in brackets) for messages; a path that was forgotten gives `unknown`. */
  describe(path: number): string
  /** The far address as bytes: IP 16 (an IPv4 one behind ::ffff:, RFC 4291 §2.5.5.2), port 2; null: forgotten. */
  addressOf(path: number): Uint8Array | null
  /** Which paths are still needed; asked when the table of addresses is full, so that strangers cannot grow it. */
  isPathInUse: (path: number) => boolean
  close(): Promise<void>
}

// The numbers that travel through the whole core. Aliases, not brands: they are added, compared and stored in
// typed arrays on every packet, and a brand would only be cast away there.

/** A point or span of time in microseconds, from a monotonic clock that the caller owns. `Infinity`: never. */
export type Micros = number

/** Counts the packets that one side has sealed in a session, from 0; never restarts, never reused (nonces depend on it). */
export type PacketNumber = number

/** A stream's name: bit 0 says who opened it (0 listener, 1 dialler), the rest counts. Stream 0 is the control stream. */
export type StreamId = number

/** One remote address as the carrier numbers it. The core compares it and hands it back, nothing more. */
export type PathId = number

export const MILLISECOND: Micros = 1_000
export const SECOND: Micros = 1_000_000

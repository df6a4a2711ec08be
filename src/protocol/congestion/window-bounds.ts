// Between which sizes every congestion window stays and where it starts, whatever the controller.

/** Fewer than two datagrams in flight would turn every delayed ACK into a stall (RFC 9002 §7.2). */
const MIN_DATAGRAMS = 2
/** Bounds what one session can pin in memory: 12 MB of 1,200-byte datagrams, enough for 1 Gbit/s over 96 ms. */
const MAX_DATAGRAMS = 10_000
/** RFC 9002 §7.2, after RFC 6928. */
const INITIAL_DATAGRAMS = 10
/** See `initialWindow`. */
const INITIAL_BYTES_AT_MOST = 160_000

export function smallestWindow(maxDatagramBytes: number): number {
  return MIN_DATAGRAMS * maxDatagramBytes
}

export function largestWindow(maxDatagramBytes: number): number {
  return MAX_DATAGRAMS * maxDatagramBytes
}

/**
 * What may leave before anything is known of the path. Up to 1,472 bytes this is RFC 9002's ten datagrams. Above that the RFC
 * goes down to two, to spare small links; but datagrams that large only cross loopback and jumbo networks, where two of them
 * would leave a batch nearly empty. So ten of them may leave there too, up to 160 kB: 130 µs of a 10 Gbit/s link.
 */
export function initialWindow(maxDatagramBytes: number): number {
  const tenDatagrams = Math.min(INITIAL_DATAGRAMS * maxDatagramBytes, INITIAL_BYTES_AT_MOST)
  return Math.max(tenDatagrams, smallestWindow(maxDatagramBytes))
}

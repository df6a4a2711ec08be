// Every number that two rooms of the core share. A number with one user stands beside it.

import { MILLISECOND, type Micros, SECOND } from './units.ts'

// ---- Wire-visible: change one of these and old peers no longer understand us. ----

/** The one version spoken; stands in byte 1 of every handshake packet. */
export const PROTOCOL_VERSION = 1
/** Chosen by whoever will receive packets that carry it. */
export const CONNECTION_ID_BYTES = 8
/** Type and key phase 1, connection id 8, counter 8, length 2. */
export const SHORT_HEADER_BYTES = 19
/** A shorter data packet is padded to this: a RESET (39 to 63 bytes) is then always shorter than what it answers. */
export const LEAST_SHORT_PACKET_BYTES = 64
/** Every path carries it (IPv6's least MTU is 1,280), and a listener answers no INIT that is shorter: no amplification. */
export const LEAST_INIT_BYTES = 1_200
/** On a reliable line nothing is padded: header 12, keys and tags 96, a hello without settings 42, macs 32. A shorter one holds no hello. */
export const LEAST_LINE_INIT_BYTES = 182
/** What Ethernet carries. A longer INIT would cost more to check than it proves. */
export const MOST_INIT_BYTES = 1_500
/** An address token is as long as the listener likes, up to what one byte counts. */
export const MOST_ADDRESS_TOKEN_BYTES = 255
/** Sizes and offsets end where a double stops counting exactly; no BigInt anywhere. */
export const LARGEST_VARINT = Number.MAX_SAFE_INTEGER
/** Ranges in one ACK, sent and accepted: bounds what an ACK costs to parse. */
export const MOST_ACK_RANGES = 64
/** Unit of the delay field of an ACK, µs (RFC 9000 §18.2, ack_delay_exponent 3). */
export const ACK_DELAY_UNIT: Micros = 8
export const MOST_CLOSE_REASON_BYTES = 256
export const INSTANCE_ID_BYTES = 16
export const BOOT_ID_BYTES = 8
export const RESET_TOKEN_BYTES = 16
/** The stream of messages about the session itself, open from the start on both sides. */
export const CONTROL_STREAM = 0

// ---- Local choice: each side may have its own. ----

/** An ACK waits at most this long for company; told to the peer with the timer's own lateness in it (as quic-go does). */
export const MAX_ACK_DELAY: Micros = 25 * MILLISECOND
export const TOLD_MAX_ACK_DELAY: Micros = 26 * MILLISECOND
/** An ACK is owed after so many packets that ask for one (RFC 9000 §13.2.2), unless a fast sender asks for fewer ACKs. */
export const PACKETS_PER_ACK = 2
/** Until the first sample (RFC 9002 §6.2.2). */
export const INITIAL_RTT: Micros = 333 * MILLISECOND
/** Timers are no finer (RFC 9002 §6.1.2). */
export const TIMER_GRANULARITY: Micros = MILLISECOND
/** Largest datagram that UDP over IPv4 can carry. */
export const MOST_DATAGRAM_BYTES = 65_507
/** Unsent bytes of one stream beyond which its writer is told to wait: two full batches, so that a turn never runs dry. */
export const WRITE_HIGH_WATER_BYTES = 128 * 1024
/**
 * The same while the peer has asked for all that was written, so that nobody stands still: a writer that seldom stops costs less, and a pause of
 * the process on either side (5 ms at 800 Mbit/s) finds enough to send behind it.
 */
export const FLOWING_HIGH_WATER_BYTES = 512 * 1024
/** Sessions that have sent a good INIT and nothing else yet; a quarter of them for one neighbourhood of addresses. */
export const MOST_UNCONFIRMED_SESSIONS = 256
export const MOST_UNCONFIRMED_NEIGHBOURS = MOST_UNCONFIRMED_SESSIONS / 4
/** How long such a session is kept. */
export const CONFIRM_WITHIN: Micros = 5 * SECOND
/** Keys under which fewer packets went are not worth a handshake; a peer that wants new ones more often is up to something. */
export const LEAST_PACKETS_PER_KEY = 50
/** A dial that nobody answers is given up after this; the caller tries again with a new one. */
export const DIAL_FOR: Micros = 30 * SECOND

import type { EndpointSettings } from './api.ts'
import { SECOND } from './units.ts'

const KIB = 1_024
const MIB = 1_048_576

/** What a side uses unless it is told otherwise: small at the start, grown where a stream proves that it needs more. */
export const DEFAULT_SETTINGS: EndpointSettings = {
  maxDatagramBytes: 1_200,
  ceilingDatagramBytes: 1_200,
  survive: 60 * SECOND,
  askAfterQuiet: Number.POSITIVE_INFINITY,
  initialMaxStreams: 100,
  ceilingMaxStreams: 16_384,
  initialStreamWindow: 256 * KIB,
  // 200 Mbit/s over 80 ms at 5 % loss takes all of it.
  ceilingStreamWindow: 16 * MIB,
  initialSessionWindow: MIB,
  ceilingSessionWindow: 24 * MIB,
  memoryBudget: 256 * MIB,
  // Far below what ChaCha20-Poly1305 bears (RFC 9001 §6.6 sets no limit on sealing), so that a stolen key opens little.
  rekeyAfterPackets: 2 ** 20,
  rekeyAfter: 120 * SECOND,
  rekeyWithin: 180 * SECOND,
  mostPacketsPerKey: 2 ** 24,
  // Fewer ACKs would save little more, and a lost one would be missed.
  mostPacketsPerAck: 10,
  cautionAfterStart: 120 * SECOND,
}

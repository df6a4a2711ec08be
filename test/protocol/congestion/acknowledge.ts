import type { AckedBytes } from '../../../src/protocol/congestion/controller.ts'
import { MILLISECOND } from '../../../src/protocol/units.ts'

/** An ACK of one datagram on a quiet 100 ms path with a full window, but for `differences`. It says nothing of the path's rate. */
export function acknowledge(differences: Partial<AckedBytes>): AckedBytes {
  const bytes = differences.bytes ?? 1_200
  const rtt = 100 * MILLISECOND
  const quiet = { latestRtt: rtt, smoothedRtt: rtt, minRtt: rtt }
  const delivery = { delivered: 0, deliveredBefore: 0, lostSince: 0, inFlightThen: 0, rate: 0, isStarved: false }
  return { bytes, newestSentAt: 0, bytesInFlight: bytes, isWindowLimited: true, ...quiet, ...delivery, ...differences }
}

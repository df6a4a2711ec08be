// The path that the figures of most scenarios are for, the same that QUIC implementations test each other on.

import { MILLISECOND } from '../../src/protocol/units.ts'
import type { LinkSettings } from '../sim/link-settings.ts'

export const basePath: Partial<LinkSettings> = {
  delay: 15 * MILLISECOND,
  bitsPerSecond: 10_000_000,
  queuePackets: 25,
}

export const basePathRtt = 30 * MILLISECOND

export const KILOBYTE = 1_000
export const MEGABYTE = 1_000_000

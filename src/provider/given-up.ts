// Whether anybody still waits for what a stream is asked for.

import type { StreamHandle } from '../protocol/index.ts'

/**
 * The consumer has given the stream up, or is gone itself. Its own half may have ended whole before that, so `readState` alone would not
 * tell. Only while our half is open: a stream that ended well is closed too.
 */
export function wasGivenUp(stream: StreamHandle): boolean {
  return stream.readState === 'reset' || stream.stopCode >= 0 || stream.isClosed
}

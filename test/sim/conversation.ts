// One side of one stream: what the talker calls when its stream is ready, when its time has come, or when it is lost.

import type { StreamHandle } from '../../src/protocol/api.ts'
import type { Micros } from '../../src/protocol/units.ts'

export interface Conversation {
  readonly stream: StreamHandle
  /** Both halves have come to their end, as far as the application goes. */
  readonly isDone: boolean
  /** When it wants to go on by itself; `Infinity`: when its stream is ready. */
  readonly nextAction: Micros
  goOn(now: Micros): void
  /** The session is gone. */
  abandon(): void
}

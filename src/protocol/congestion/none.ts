// The controller of a carrier that controls itself: TCP must not be controlled twice.

import type { CongestionController } from './controller.ts'

/** Never holds anything back and learns nothing. */
export class Uncontrolled implements CongestionController {
  readonly name = 'none'
  readonly windowBytes = Infinity
  readonly inSlowStart = false
  readonly pacingRate = 0

  onSent(): void {}
  onAcked(): void {}
  onLost(): void {}
  onPersistentCongestion(): void {}
  onSpuriousLoss(): void {}
  onMaxDatagramBytes(): void {}
}

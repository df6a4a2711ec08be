// hot
// The round trip without queues, and when the path must be drained to see it again (draft-ietf-ccwg-bbr §5.3.4.3).
//
// We leave the draft in one place: who comes within a hair of the least round trip has seen it again, and need not drain the path for it. On
// a path of our own that saves two per cent; beside others who keep a queue standing nothing comes near, and the path is drained as ever.

import { MILLISECOND, type Micros, SECOND } from '../../units.ts'

/** MinRTTFilterLen, ProbeRTTInterval */
const KEPT_FOR: Micros = 10 * SECOND
const LOOKED_FOR_AFTER: Micros = 5 * SECOND
/** A hair: a 32nd of the round trip, or what the turns of two event loops may add to any. */
const NEARNESS = 1 / 32
const TURNS: Micros = MILLISECOND

export class LeastRoundTrip {
  /** `Infinity`: none was measured yet. */
  value: Micros = Infinity
  /** It was not seen for so long that it must be looked for. */
  isStale = false
  #measuredAt: Micros = 0
  #recent: Micros = Infinity
  #recentAt: Micros = 0

  onSample(rtt: Micros, now: Micros): void {
    this.isStale = this.#recent < Infinity && now > this.#recentAt + LOOKED_FOR_AFTER
    if (rtt < this.#recent || this.isStale) {
      this.#recent = rtt
      this.#recentAt = now
    } else if (rtt <= this.#recent + Math.max(TURNS, this.#recent * NEARNESS)) this.#recentAt = now
    if (this.#recent <= this.value || now > this.#measuredAt + KEPT_FOR) {
      this.value = this.#recent
      this.#measuredAt = this.#recentAt
    }
  }

  /** The path was drained: what was seen meanwhile is the least there is. */
  onLookedFor(now: Micros): void {
    this.#recentAt = now
  }
}

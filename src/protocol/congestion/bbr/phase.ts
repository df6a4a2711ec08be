/** What BBR is doing (draft-ietf-ccwg-bbr §5.3). Those from `down` to `up` are the cycle in which it looks for more now and then. */
export const Phase = { startup: 0, drain: 1, down: 2, cruise: 3, refill: 4, up: 5, probeRtt: 6 } as const
export type Phase = (typeof Phase)[keyof typeof Phase]

/** For each phase: how fast to send, of the measured rate, and how much may be in flight, of the pipe that it fills (draft §5.6.1). */
export const PACING_GAINS = [2.77, 0.5, 0.9, 1, 1, 1.25, 1] as const
export const WINDOW_GAINS = [2, 2, 2, 2, 2, 2.25, 0.5] as const

export function isInCycle(phase: Phase): boolean {
  return phase >= Phase.down && phase <= Phase.up
}

/** It is about to send more than before, and expects the path to say no. */
export function isLookingForMore(phase: Phase): boolean {
  return phase === Phase.startup || phase === Phase.refill || phase === Phase.up
}

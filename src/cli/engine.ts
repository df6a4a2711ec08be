// How V8 is set for a daemon: small while it is idle or sets up sessions, large enough for the work once work goes on.

import { setFlagsFromString } from 'node:v8'
import { loadTrim, SpareMemory } from './spare-memory.ts'

/**
 * Left alone the nursery grows to 32 MB while sessions are set up and never shrinks: 1,000 idle sessions then cost 50 kB each instead of 8 to
 * 23. But requests want it: in the smallest one a collection meets so many that are under way that a request costs a fifth more processor
 * (docs/decisions.md).
 */
const KEEP_NURSERY = '--semi-space-growth-factor=1'
const GROW_NURSERY = '--semi-space-growth-factor=2'

/**
 * V8 collects when much was allocated, and at rest little is: what work has left behind stays for hours. Told so it collects once it has rested
 * for some seconds, in steps of a few milliseconds, and gives the memory back (docs/decisions.md).
 */
const COLLECT_AT_REST = '--optimize-for-size'
const COLLECT_WHEN_FULL = '--no-optimize-for-size'

/**
 * V8 throws the code of functions away that no full collection has seen at work for a while. Bulk brings full collections many times a
 * second, and what answers requests would be compiled anew after each download (docs/decisions.md).
 */
const KEEP_CODE = '--no-flush-bytecode'

const AT_REST = [KEEP_NURSERY, COLLECT_AT_REST]
const AT_WORK = [GROW_NURSERY, COLLECT_WHEN_FULL]

const LOOK_EVERY_MS = 1_000
/** A core's share that no idle process needs, and that setting up sessions needs for a moment only. */
const BUSY_SHARE = 0.2
const BUSY_LOOKS = 3

/** Call it once, first of all. */
export function tuneEngine(): void {
  setFlagsFromString(KEEP_CODE)
  for (const flag of AT_REST) setFlagsFromString(flag)
  const workload = new Workload()
  const spare = new SpareMemory()
  let before = process.cpuUsage()
  let isAtWork = false
  const look = () => {
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    const isSustained = workload.isSustained((user + system) / (LOOK_EVERY_MS * 1_000))
    if (spare.isWorthTrimming(isSustained, process.memoryUsage.rss())) void giveBack(spare)
    if (isSustained === isAtWork) return
    isAtWork = isSustained
    for (const flag of isAtWork ? AT_WORK : AT_REST) setFlagsFromString(flag)
  }
  setInterval(look, LOOK_EVERY_MS).unref()
}

async function giveBack(spare: SpareMemory): Promise<void> {
  const trim = await loadTrim()
  trim?.()
  spare.onTrimmed(process.memoryUsage.rss())
}

/** Tells work that goes on from work that is done in a moment. */
export class Workload {
  #busyLooks = 0

  /** `share`: of a core, since the last look. */
  isSustained(share: number): boolean {
    this.#busyLooks = share >= BUSY_SHARE ? this.#busyLooks + 1 : 0
    return this.#busyLooks >= BUSY_LOOKS
  }
}

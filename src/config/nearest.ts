// The known name that a mistyped one was probably meant to be.

/** No known name is longer; this also bounds the work on names that were made to be long. */
const LONGEST_NAME = 32

/** The nearest of `known`, or null if none is near: about one slip in three characters. */
export function nearest(typed: string, known: Iterable<string>): string | null {
  if (typed.length > LONGEST_NAME) return null
  const plain = typed.toLowerCase()
  let best: string | null = null
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1
  for (const name of known) {
    if (Math.abs(name.length - plain.length) >= least) continue
    const slips = slipsBetween(plain, name)
    if (slips >= least) continue
    best = name
    least = slips
  }
  return best
}

/**
 * Optimal string alignment: characters added, left out, changed, or two neighbours swapped.
 * `prot` to `port`: r and o are swapped, 1 slip. Three rows of the usual table are enough.
 */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(row[j - 1]! + 1, last[j]! + 1, change)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}

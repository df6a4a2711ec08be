// The time of one step that takes microseconds.

/** So many short ones that some of them meet no other load; `calls` are made in each. */
const ROUNDS = 50

/** Time of one call in µs: the best round, because whatever else the machine does only ever adds to it. */
export function stepCost(calls: number, step: (call: number) => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.hrtime.bigint()
    for (let call = 0; call < calls; call++) step(call)
    best = Math.min(best, Number(process.hrtime.bigint() - begun) / calls)
  }
  return best / 1_000
}

export function tellCost(what: string, micros: number, more = ''): void {
  console.log(`${what.padEnd(44)} ${micros.toFixed(2).padStart(8)} µs  ${more}`.trimEnd())
}

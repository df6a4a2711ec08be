// Measures and prints what single calls cost.

const ROUNDS = 7

/** Time of one call in ns: the best round, because whatever else the machine does only ever adds to it. */
export function cost(calls: number, step: (call: number) => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.hrtime.bigint()
    for (let call = 0; call < calls; call++) step(call)
    best = Math.min(best, Number(process.hrtime.bigint() - begun) / calls)
  }
  return best
}

export function tell(what: string, ns: number): void {
  console.log(`${what.padEnd(48)} ${ns.toFixed(0).padStart(8)} ns`)
}

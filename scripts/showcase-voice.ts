// How the demo speaks: one line for each thing that happened, with its time in a column of its own.

const NAME_COLUMNS = 44
const RESULT_COLUMNS = 58

export function say(text: string): void {
  console.log(text)
}

export function passed(name: string, result: string, took: string): void {
  say(`  ✓ ${name.padEnd(NAME_COLUMNS)} ${result.padEnd(RESULT_COLUMNS)} ${took.padStart(9)}`)
}

export function failed(name: string, why: string): void {
  say(`  ✗ ${name.padEnd(NAME_COLUMNS)} ${why}`)
}

/** The time since a `performance.now()`, for people. */
export function since(begun: number): string {
  const tookMs = performance.now() - begun
  return `${tookMs.toFixed(tookMs < 100 ? 1 : 0)} ms`
}

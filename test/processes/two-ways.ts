// How an attack on one way through the tunnel is told from all else that keeps a machine busy: the same requests go through a second way at
// the same time, which nobody attacks.

import assert from 'node:assert/strict'
import { load } from './load.ts'

const ROUND = ['--duration', '2', '--rate', '100', '--connections', '10']

/** Programs that have just been started are slow by themselves. */
export const WARMING_UP = ['--requests', '2000', '--connections', '10']
/**
 * What every hundredth request may take on a machine with a core or two that also runs the client, the target, the attackers and the tests:
 * some turns of the scheduler and a garbage collection. Below it twice as long tells nothing.
 */
export const FLOOR_MS = 20

/**
 * At both ports at the same time: what else this machine has to do makes both slower. Whatever it does at times spoils a round, but not most
 * of them.
 */
export async function p99InMostRounds(ports: readonly [number, number], rounds: number): Promise<[number, number]> {
  const p99s: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    const seen = await Promise.all(ports.map((port) => load(port, '/bytes/1000', ...ROUND)))
    for (const [at, { errors, latencyMs }] of seen.entries()) {
      assert.deepEqual(errors, {})
      p99s[at]!.push(latencyMs!.p99)
    }
  }
  return [median(p99s[0]), median(p99s[1])]
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

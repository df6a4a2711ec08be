// Short ways to say what a source must or must not give.

import assert from 'node:assert/strict'
import type { Problem } from '../../src/config/problems.ts'
import { readSource, type Source, type XmlElement } from '../../src/config/source.ts'

export function rootOf(source: string | Uint8Array): XmlElement {
  const outcome = readSource(source)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome.root
}

export function assertRefused(source: string | Uint8Array, place: string, pattern: RegExp): void {
  const [problem, ...others] = problemsOf(readSource(source))
  assert.ok(problem, 'it was accepted')
  assert.deepEqual(others, [])
  assert.match(problem.what, pattern)
  assert.equal(`${problem.line}:${problem.column}`, place)
}

export function problemsOf(outcome: Source): readonly Problem[] {
  return outcome.ok ? [] : outcome.problems
}

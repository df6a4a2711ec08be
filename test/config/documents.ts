// Small files that are in order, with room for what a test wants to see in them.

import assert from 'node:assert/strict'
import { readConsumer, readProvider } from '../../src/config/read.ts'

export const UUID = '11111111-2222-3333-4444-555555555555'
export const OTHER_UUID = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'

/** A consumer file of one line, so that the columns in the expectations can be counted. */
export function consumer(root: string, service = ''): string {
  const services = `<services><service><uuid>${UUID}</uuid><port>3000</port>${service}</service></services>`
  return `<service_consumer><listener/>${services}${root}</service_consumer>`
}

export function provider(root: string, pipe: string, service = ''): string {
  const services = `<services><service><uuid>${UUID}</uuid><hostname>a</hostname><port>80</port>${service}</service></services>`
  return `<service_provider><pipes><pipe><hostname>${pipe}</hostname><port>1</port>${services}</pipe></pipes>${root}</service_provider>`
}

export function problemsOf(text: string): readonly string[] {
  const isConsumer = text.includes('<service_consumer')
  const outcome = isConsumer ? readConsumer(text, 'f') : readProvider(text, 'f')
  return outcome.ok ? [] : outcome.problems
}

export function assertProblem(text: string, pattern: RegExp): void {
  const problems = problemsOf(text)
  assert.equal(problems.length, 1, problems.join('\n'))
  assert.match(problems[0]!, pattern)
}

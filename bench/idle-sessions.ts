// What an idle session costs the consumer. One edgerq-sp opens them all, each from a pipe of its own, so that it can be run anywhere.
// `node dist/bench/idle-sessions.js [--sessions 1000]`

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { wholeNumber } from '../stresstest/peer.ts'
import { type ChildProgram, endWithChildrenOnSignal } from '../stresstest/rig/child-program.ts'
import { type Daemon, launchProvider, startConsumer } from '../stresstest/rig/daemons.ts'
import { cpuSeconds, residentBytes } from '../stresstest/rig/usage.ts'

const UUID = '11111111-2222-3333-4444-555555555555'

/** The provider's log says this once for each session that is up. */
const REGISTERED = /registered/i

/** Longer than the longest interval between two keep-alives (17 s), so that each session has lived through one. */
const IDLE_SECONDS = 20

const OPEN_DEADLINE_MS = 120_000

/**
 * Opens `count` sessions to the consumer that listens on `port` and resolves when all of them serve. They must stay up, idle, until
 * the returned program ends. Any program that does that can take this one's place.
 */
export async function dialSessions(folder: string, port: number, count: number): Promise<ChildProgram> {
  const services = [{ uuid: UUID, protocol: 'tcp', port: 9 }] // nobody connects, so nothing need be there
  const pipes = Array.from({ length: count }, () => ({ port, services }))
  const provider = launchProvider({ name: 'provider', folder }, { pipes })
  const deadline = performance.now() + OPEN_DEADLINE_MS
  while (sessionsOf(provider) < count) {
    if (provider.status !== null) throw new Error(`the provider ended\n${provider.logs()}`)
    if (performance.now() > deadline) throw new Error(`only ${sessionsOf(provider)} of ${count} sessions came up`)
    await pause(100)
  }
  return provider
}

/** Measures and prints. */
export async function measureIdleSessions(folder: string, count: number): Promise<void> {
  const consumer = await startConsumer({ name: 'consumer', folder }, { services: [{ uuid: UUID, protocol: 'tcp' }] })
  const port = consumer.ready.port('udp')
  const first = await dialSessions(join(folder), port, 1) // what is allocated once, for any number, is not counted
  await first.end()
  const before = residentBytes(consumer.program.pid)
  await dialSessions(folder, port, count)
  print('when all are up', consumer, before, count)
  const cpuBefore = cpuSeconds(consumer.program.pid)
  await pause(IDLE_SECONDS * 1000)
  print(`after ${IDLE_SECONDS} s`, consumer, before, count)
  const share = (cpuSeconds(consumer.program.pid) - cpuBefore) / IDLE_SECONDS
  console.log(`${'processor'.padEnd(16)} ${(share * 100).toFixed(1)} % of a core for keeping ${count} sessions alive`)
}

function print(when: string, consumer: Daemon, before: number, count: number): void {
  const growth = residentBytes(consumer.program.pid) - before
  const each = (growth / count / 1000).toFixed(1)
  console.log(`${when.padEnd(16)} ${count} sessions: ${(growth / 1e6).toFixed(1)} MB more than none, ${each} kB each`)
}

function sessionsOf(provider: ChildProgram): number {
  return provider.stderr.filter((line) => REGISTERED.test(line)).length
}

endWithChildrenOnSignal()
const own = mkdtempSync(join(tmpdir(), 'edgerq-idle-'))
try {
  const { values } = parseArgs({ options: { sessions: { type: 'string', default: '1000' } } })
  await measureIdleSessions(own, wholeNumber(values.sessions, 'sessions'))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  rmSync(own, { recursive: true, force: true })
}
// The children are up, and end with this process.
process.exit()

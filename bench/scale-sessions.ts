// What idle sessions cost the consumer, and how long it takes them all to come up, and to come back after the consumer was killed.

import { setTimeout as pause } from 'node:timers/promises'
import { ChildProgram } from '../stresstest/rig/child-program.ts'
import { type Daemon, startConsumer } from '../stresstest/rig/daemons.ts'
import { builtProgram } from '../stresstest/rig/places.ts'
import { cpuSeconds, residentBytes } from '../stresstest/rig/usage.ts'
import type { Growth } from './growth.ts'

const UUID = '11111111-2222-3333-4444-555555555555'

/** Twice the longest pause between two keep-alives of a provider (16 s), so that each session lives through two. */
const IDLE_MS = 34_000
/** For one step, also on a machine that is not quiet. */
const UP_DEADLINE_MS = 600_000
/** Of a core, for keeping the last step's sessions alive. */
const MOST_CPU_PERCENT = 8
const MOST_KB_EACH = 12

/** Providers beyond this are a program of their own: one that serves thousands would be the limit itself. */
const PROVIDERS_PER_PROGRAM = 2_500

export async function measureSessions(folder: string, counts: readonly number[]): Promise<Growth> {
  const crowds: ChildProgram[] = []
  let consumer = await startConsumer({ name: 'consumer', folder }, configOf(0))
  const port = consumer.ready.port('udp')
  // What is allocated once, for any number, is not counted.
  await gather(crowds, port, 1)
  const before = residentBytes(consumer.program.pid)
  const steps: Step[] = []
  for (const count of counts) {
    console.error(`${count} sessions`)
    steps.push(await measureStep(consumer, crowds, { count, port, before }))
  }
  console.error('the consumer is killed, and started again')
  await consumer.program.kill()
  const killedAt = performance.now()
  consumer = await startConsumer({ name: 'consumer', folder }, configOf(port))
  await until(
    () => told(crowds, AGAIN) >= counts.at(-1)!,
    () => `only ${told(crowds, AGAIN)} came back`,
  )
  const backSeconds = (performance.now() - killedAt) / 1_000
  return growthOf(counts, steps, backSeconds)
}

interface Step {
  readonly upSeconds: number
  readonly upCpuSeconds: number
  readonly grownBytes: number
  readonly cpuPercent: number
}

interface StepStart {
  /** In all. */
  readonly count: number
  readonly port: number
  /** RSS of the consumer without sessions. */
  readonly before: number
}

async function measureStep(
  consumer: Daemon,
  crowds: ChildProgram[],
  { count, port, before }: StepStart,
): Promise<Step> {
  const { pid } = consumer.program
  const [begunAt, cpuAtBegin] = [performance.now(), cpuSeconds(pid)]
  await gather(crowds, port, count)
  const [upAt, cpuWhenUp] = [performance.now(), cpuSeconds(pid)]
  await pause(IDLE_MS)
  const cpuPercent = ((cpuSeconds(pid) - cpuWhenUp) / (performance.now() - upAt)) * 1e5
  const grownBytes = residentBytes(pid) - before
  return { upSeconds: (upAt - begunAt) / 1_000, upCpuSeconds: cpuWhenUp - cpuAtBegin, grownBytes, cpuPercent }
}

/** Starts as many providers as are missing, and waits until all have registered. */
async function gather(crowds: ChildProgram[], port: number, count: number): Promise<void> {
  for (let missing = count - told(crowds, ONCE); missing > 0; missing -= PROVIDERS_PER_PROGRAM) {
    const pipes = Math.min(missing, PROVIDERS_PER_PROGRAM)
    const command = builtProgram('bench/crowd', '--port', `${port}`, '--pipes', `${pipes}`, '--uuid', UUID)
    crowds.push(new ChildProgram({ name: `crowd ${crowds.length + 1}`, command }))
  }
  await until(
    () => told(crowds, ONCE) >= count,
    () => `only ${told(crowds, ONCE)} of ${count} sessions came up`,
  )
}

/** What a crowd says in its lines: how many have registered, and how many more than once. */
const [ONCE, AGAIN] = [1, 2]

function told(crowds: readonly ChildProgram[], field: number): number {
  return crowds.reduce((sum, { stdout }) => sum + Number(stdout.at(-1)?.split(' ')[field] ?? 0), 0)
}

async function until(isSo: () => boolean, otherwise: () => string): Promise<void> {
  const deadline = performance.now() + UP_DEADLINE_MS
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(otherwise())
    await pause(50)
  }
}

function configOf(listenerPort: number) {
  return { listenerPort, services: [{ uuid: UUID, protocol: 'tcp' }] }
}

function growthOf(counts: readonly number[], steps: readonly Step[], backSeconds: number): Growth {
  const kbEach = steps.map(({ grownBytes }, step) => grownBytes / counts[step]! / 1_000)
  const added = counts.map((count, step) => count - (counts[step - 1] ?? 1))
  const slopes = steps.map(
    ({ grownBytes }, step) => (grownBytes - (steps[step - 1]?.grownBytes ?? 0)) / added[step]! / 1_000,
  )
  const upCpu = steps.map(({ upCpuSeconds }, step) => (upCpuSeconds / added[step]!) * 1_000)
  const cpu = steps.map(({ cpuPercent }) => cpuPercent)
  const last = steps.length - 1
  return {
    name: 'scale-sessions',
    title: `Idle sessions, each with an address and an instance of its own, ${IDLE_MS / 1_000} s after the last was up`,
    counted: 'sessions',
    counts,
    figures: [
      { name: 'until those of the step were up', unit: 's', digits: 1, values: steps.map((step) => step.upSeconds) },
      { name: 'processor time to take one in', unit: 'ms', digits: 2, values: upCpu },
      { name: 'memory of the consumer, each', unit: 'kB', digits: 1, values: kbEach, atMost: MOST_KB_EACH },
      { name: 'the same of those of the step alone', unit: 'kB', digits: 1, values: slopes },
      { name: 'consumer, of a core', unit: '%', digits: 1, values: cpu, atMost: MOST_CPU_PERCENT },
      {
        name: 'all back after the consumer was killed',
        unit: 's',
        digits: 1,
        values: counts.map((_, step) => (step === last ? backSeconds : Number.NaN)),
      },
    ],
  }
}

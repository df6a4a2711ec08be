// What services cost one consumer and one provider that serves them all: time to start, memory, and what the ready line is like then.

import { setTimeout as pause } from 'node:timers/promises'
import type { ChildProgram } from '../stresstest/rig/child-program.ts'
import { launchProvider, startConsumer } from '../stresstest/rig/daemons.ts'
import { residentBytes } from '../stresstest/rig/usage.ts'
import type { Growth } from './growth.ts'

const REGISTER_DEADLINE_MS = 60_000

interface Step {
  readonly startMs: number
  readonly readyBytes: number
  readonly registerMs: number
  readonly consumerBytes: number
  readonly providerBytes: number
}

/** Each number with daemons of its own. */
export async function measureServices(folder: string, counts: readonly number[]): Promise<Growth> {
  const steps: Step[] = []
  for (const count of counts) {
    console.error(`${count} services`)
    steps.push(await measureStep(folder, count))
  }
  return growthOf(counts, steps)
}

async function measureStep(folder: string, count: number): Promise<Step> {
  const services = Array.from({ length: count }, (_, index) => ({ uuid: uuidOf(index), protocol: 'tcp' }))
  const startedAt = performance.now()
  const consumer = await startConsumer({ name: `consumer-${count}`, folder }, { services })
  const readyAt = performance.now()
  const port = consumer.ready.port('udp')
  const targets = services.map((service) => ({ ...service, port: 9 })) // nobody connects, so nothing need be there
  const provider = launchProvider({ name: `provider-${count}`, folder }, { pipes: [{ port, services: targets }] })
  await registered(provider, count)
  const step = {
    startMs: readyAt - startedAt,
    readyBytes: consumer.program.stdout[0]!.length,
    registerMs: performance.now() - readyAt,
    consumerBytes: residentBytes(consumer.program.pid),
    providerBytes: residentBytes(provider.pid),
  }
  await Promise.all([provider.end(), consumer.program.end()])
  return step
}

async function registered(provider: ChildProgram, count: number): Promise<void> {
  const deadline = performance.now() + REGISTER_DEADLINE_MS
  while (provider.stderr.filter((line) => line.includes('"serviceRegistered"')).length < count) {
    if (performance.now() > deadline) throw new Error(`the provider did not register all\n${provider.logs()}`)
    await pause(20)
  }
}

function uuidOf(index: number): string {
  return `33333333-4444-5555-6666-${String(index).padStart(12, '0')}`
}

function growthOf(counts: readonly number[], steps: readonly Step[]): Growth {
  const [first] = steps
  const each = (bytes: (step: Step) => number) =>
    steps.map((step, at) =>
      at === 0 ? Number.NaN : (bytes(step) - bytes(first!)) / (counts[at]! - counts[0]!) / 1_000,
    )
  return {
    name: 'scale-services',
    title: 'Services of one consumer, all served by one provider',
    counted: 'services',
    counts,
    figures: [
      {
        name: 'consumer, from its start to its ready line',
        unit: 'ms',
        digits: 0,
        values: steps.map((s) => s.startMs),
      },
      {
        name: 'provider, from its start to the last REGISTERED',
        unit: 'ms',
        digits: 0,
        values: steps.map((s) => s.registerMs),
      },
      { name: 'ready line', unit: 'bytes', digits: 0, values: steps.map(({ readyBytes }) => readyBytes) },
      { name: 'memory of the consumer, each', unit: 'kB', digits: 1, values: each((step) => step.consumerBytes) },
      { name: 'memory of the provider, each', unit: 'kB', digits: 1, values: each((step) => step.providerBytes) },
    ],
  }
}

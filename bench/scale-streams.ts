// What open streams of one session cost both daemons while nothing moves on them, and one more request beside them. Each is a client's
// connection to a `tcp` service, with a connection of the provider to the target behind it.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { ChildProgram } from '../stresstest/rig/child-program.ts'
import { type Daemon, startConsumer, startProvider } from '../stresstest/rig/daemons.ts'
import { builtProgram } from '../stresstest/rig/places.ts'
import { ReadyLine } from '../stresstest/rig/ready-line.ts'
import { cpuSeconds, residentBytes } from '../stresstest/rig/usage.ts'
import type { Growth } from './growth.ts'

const UUID = '22222222-3333-4444-5555-666666666666'

/** Clients that connect at a time: a peer begins with a hundred streams, and is allowed more as it uses them. */
const AT_ONCE = 50
/** What memory is read after: blocks of streams on which nothing moves have been given back by then. */
const SETTLE_MS = 22_000
const REQUESTS = 101

interface Stage {
  readonly consumer: Daemon
  readonly provider: Daemon
  readonly port: number
}

interface Step {
  readonly openSeconds: number
  readonly consumerBytes: number
  readonly providerBytes: number
  readonly requestMs: number
  readonly cpuPercent: number
}

/** Needs as many descriptors as there are streams, and some: in this process, in each daemon and in the target. */
export async function measureStreams(folder: string, counts: readonly number[]): Promise<Growth> {
  const stage = await layStage(folder, counts.at(-1)! + AT_ONCE)
  await requests(stage.port)
  const before = bytesOf(stage)
  const clients: Socket[] = []
  const steps: Step[] = []
  for (const count of counts) {
    console.error(`${count} streams`)
    steps.push(await measureStep(stage, clients, { count, before }))
  }
  for (const client of clients) client.destroy()
  return growthOf(counts, steps)
}

async function layStage(folder: string, most: number): Promise<Stage> {
  const echo = new ChildProgram({ name: 'target', command: builtProgram('stresstest/echo-server') })
  const [line] = await echo.line(/ ready .*$/)
  const services = [{ uuid: UUID, protocol: 'tcp', max_connections: most }]
  const consumer = await startConsumer({ name: 'consumer', folder }, { services })
  const target = { uuid: UUID, protocol: 'tcp', port: new ReadyLine(line).port('tcp') }
  const pipe = { port: consumer.ready.port('udp'), services: [target] }
  const provider = await startProvider({ name: 'provider', folder }, { pipes: [pipe] })
  return { consumer, provider, port: consumer.ready.port(UUID) }
}

type Before = readonly [consumer: number, provider: number]

async function measureStep(stage: Stage, clients: Socket[], start: { count: number; before: Before }): Promise<Step> {
  const { consumer } = stage
  const begunAt = performance.now()
  while (clients.length < start.count) {
    const missing = Math.min(AT_ONCE, start.count - clients.length)
    clients.push(...(await Promise.all(Array.from({ length: missing }, () => opened(stage.port)))))
  }
  const openSeconds = (performance.now() - begunAt) / 1_000
  const [settledAt, cpuBefore] = [performance.now(), cpuSeconds(consumer.program.pid)]
  await pause(SETTLE_MS)
  const cpuPercent = ((cpuSeconds(consumer.program.pid) - cpuBefore) / (performance.now() - settledAt)) * 1e5
  const requestMs = await requests(stage.port)
  const [consumerBytes, providerBytes] = bytesOf(stage)
  const [consumerBefore, providerBefore] = start.before
  return {
    openSeconds,
    consumerBytes: consumerBytes - consumerBefore,
    providerBytes: providerBytes - providerBefore,
    requestMs,
    cpuPercent,
  }
}

/** A client that has been answered once, so that its stream is open all the way to the target. */
async function opened(port: number): Promise<Socket> {
  const client = connect({ port, host: '127.0.0.1', noDelay: true })
  client.write('?')
  await once(client, 'data')
  return client
}

/** The median of some requests, each on a connection of its own, one after the other. */
async function requests(port: number): Promise<number> {
  const times: number[] = []
  for (let request = 0; request < REQUESTS; request++) {
    const begunAt = performance.now()
    const client = await opened(port)
    times.push(performance.now() - begunAt)
    client.destroy()
  }
  return times.sort((a, b) => a - b)[REQUESTS >> 1]!
}

function bytesOf({ consumer, provider }: Stage): Before {
  return [residentBytes(consumer.program.pid), residentBytes(provider.program.pid)]
}

function growthOf(counts: readonly number[], steps: readonly Step[]): Growth {
  const each = (bytes: (step: Step) => number) => steps.map((step, at) => bytes(step) / counts[at]! / 1_000)
  const opens = steps.map(({ openSeconds }, at) => (counts[at]! - (counts[at - 1] ?? 0)) / openSeconds)
  return {
    name: 'scale-streams',
    title: `Open streams of one session, to a target that has answered each once, ${SETTLE_MS / 1_000} s after the last`,
    counted: 'streams',
    counts,
    figures: [
      { name: 'opened, those of the step', unit: '1/s', digits: 0, values: opens },
      { name: 'memory of the consumer, each', unit: 'kB', digits: 1, values: each((step) => step.consumerBytes) },
      { name: 'memory of the provider, each', unit: 'kB', digits: 1, values: each((step) => step.providerBytes) },
      { name: 'one more request, p50', unit: 'ms', digits: 2, values: steps.map(({ requestMs }) => requestMs) },
      { name: 'consumer, of a core', unit: '%', digits: 1, values: steps.map(({ cpuPercent }) => cpuPercent) },
    ],
  }
}

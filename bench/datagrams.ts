// What it costs to move datagrams from one process to another over loopback, with and without the kernel's batching, nothing sealed and
// nothing repeated: `node dist/bench/datagrams.js`. The figures of docs/decisions.md are from here.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Carrier, OutgoingBatch } from '../src/carriers/carrier.ts'
import { dgramSockets } from '../src/carriers/dgram-socket.ts'
import { openUdpCarrier } from '../src/carriers/udp.ts'
import { openUdpOffload } from '../src/carriers/udp-offload.ts'
import type { UdpSockets } from '../src/carriers/udp-socket.ts'
import { type Figure, Samples } from './samples.ts'

const WAYS = ['plain', 'batching'] as const
type Way = (typeof WAYS)[number]

const SIZES = [64, 1_200, 1_400, 16_000]
const ROUNDS = 3
const WARM_UP_MS = 500
const RUN_MS = 1_500
/** What may be under way without an answer: what the kernel's buffer surely holds, bookkeeping of small datagrams included. */
const WINDOW_BYTES = 1_000_000
const WINDOW_DATAGRAMS = 1_000
/** After so long without an answer what was under way counts as lost. */
const LOST_AFTER_MS = 50

const RATE: Figure = { name: 'datagrams a second', unit: '', digits: 0 }
const SENDING: Figure = { name: 'CPU of one, sender', unit: 'µs', digits: 2 }
const RECEIVING: Figure = { name: 'CPU of one, receiver', unit: 'µs', digits: 2 }

/** What the receiver tells: its port at first, and then, each time that it is asked, what it has got so far and what that took. */
interface Received {
  readonly port: number
  readonly datagrams: number
  readonly cpuMicros: number
}

async function compare(): Promise<void> {
  const samples = new Samples()
  for (let round = 0; round < ROUNDS; round++) {
    for (const bytes of SIZES) for (const way of WAYS) await measure(way, bytes, samples)
  }
  for (const figure of samples.figures) {
    console.log(`\n${figure.name}${figure.unit && ` (${figure.unit})`}; median of ${ROUNDS}`)
    for (const route of samples.routes(figure)) {
      console.log(`${route.padEnd(24)}${samples.summary(figure, route)!.median.toFixed(figure.digits).padStart(12)}`)
    }
  }
}

async function socketsOf(way: Way): Promise<UdpSockets> {
  if (way === 'plain') return dgramSockets
  const { sockets, whyNot } = await openUdpOffload()
  if (sockets === null) throw new Error(`Nothing to compare: ${whyNot}`)
  return sockets
}

/** Counts what comes, and says once a turn how much that is. */
async function receive(way: Way): Promise<void> {
  const listener = await openUdpCarrier({ role: 'listener', reach: 'loopback', port: 0 }, await socketsOf(way))
  let datagrams = 0
  let isAnswerDue = false
  const answer = Buffer.alloc(8)
  listener.onDatagram = (_datagram, path) => {
    datagrams++
    if (isAnswerDue) return
    isAnswerDue = true
    setImmediate(() => {
      isAnswerDue = false
      answer.writeDoubleLE(datagrams)
      listener.send({ buffer: answer, length: answer.length, segmentBytes: answer.length, path })
    })
  }
  const tell = () => {
    const { user, system } = process.cpuUsage()
    process.send!({ port: listener.addresses[0]!.port, datagrams, cpuMicros: user + system } satisfies Received)
  }
  process.on('message', tell)
  process.on('disconnect', () => process.exit())
  tell()
}

async function measure(way: Way, bytes: number, samples: Samples): Promise<void> {
  const receiver = new Receiver(way)
  const { port } = await receiver.told()
  const sender = await openUdpCarrier({ role: 'dialler' }, await socketsOf(way))
  const flow = new Flow(sender, sender.pathTo('127.0.0.1', port), bytes)
  await sleep(WARM_UP_MS)
  const before = { ...(await receiver.ask()), atMs: performance.now(), own: process.cpuUsage(), sent: flow.sent }
  await sleep(RUN_MS)
  const { datagrams, cpuMicros } = await receiver.ask()
  const own = process.cpuUsage(before.own)
  const got = datagrams - before.datagrams
  const route = `${way}, ${bytes} bytes`
  samples.add(RATE, route, (got / (performance.now() - before.atMs)) * 1_000)
  samples.add(SENDING, route, (own.user + own.system) / (flow.sent - before.sent))
  samples.add(RECEIVING, route, (cpuMicros - before.cpuMicros) / got)
  await flow.close()
  receiver.end()
}

/** The other process. */
class Receiver {
  readonly #child: ChildProcess

  constructor(way: Way) {
    this.#child = fork(fileURLToPath(import.meta.url), [way])
  }

  told(): Promise<Received> {
    return new Promise((resolve) => this.#child.once('message', (message) => resolve(message as Received)))
  }

  ask(): Promise<Received> {
    const answer = this.told()
    this.#child.send('how much?')
    return answer
  }

  end(): void {
    this.#child.disconnect()
  }
}

/** Full batches, as many as a window lets under way. */
class Flow {
  /** Datagrams. */
  sent = 0
  #arrived = 0
  #lost = 0
  #heardMs = performance.now()
  readonly #sender: Carrier
  readonly #batch: OutgoingBatch
  readonly #each: number
  readonly #window: number
  readonly #rescue = setInterval(() => this.#giveUpLost(), LOST_AFTER_MS)

  constructor(sender: Carrier, path: number, bytes: number) {
    this.#sender = sender
    this.#each = Math.floor(sender.traits.maxBatchBytes / bytes)
    this.#window = Math.max(2 * this.#each, Math.min(WINDOW_DATAGRAMS, Math.floor(WINDOW_BYTES / bytes)))
    const length = this.#each * bytes
    this.#batch = { buffer: new Uint8Array(length), length, segmentBytes: bytes, path }
    sender.onDatagram = (answer) => {
      this.#arrived = Buffer.from(answer.buffer, answer.byteOffset).readDoubleLE()
      this.#heardMs = performance.now()
      this.#push()
    }
    this.#push()
  }

  close(): Promise<void> {
    clearInterval(this.#rescue)
    return this.#sender.close()
  }

  #push(): void {
    for (; this.sent - this.#lost - this.#arrived < this.#window; this.sent += this.#each) {
      this.#sender.send(this.#batch)
    }
  }

  #giveUpLost(): void {
    if (performance.now() - this.#heardMs < LOST_AFTER_MS) return
    this.#lost = this.sent - this.#arrived
    this.#push()
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

const [, , way] = process.argv
if (way === undefined) await compare()
else await receive(way as Way)

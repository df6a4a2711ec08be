// How many handshakes one core of a listener gets through, from the INIT to the packet that confirms the session, with real keys and
// without sockets. `npm run bench -- --only handshakes`

import { diffieHellman, generateKeyPairSync } from 'node:crypto'
import { type DatagramBatch, type Endpoint, MILLISECOND, type Micros } from '../src/protocol/index.ts'
import { noiseDialler, noiseListener, welcomeEverybody } from '../src/runtime/noise-crypto.ts'
import { newX25519KeyPair } from '../src/runtime/noise-primitives.ts'
import { chooseSealing } from '../src/runtime/sealing.ts'
import { newEndpoint } from './endpoint.ts'
import type { BenchOptions } from './options.ts'
import { printBench } from './report.ts'
import { type Figure, Samples } from './samples.ts'

const RATE: Figure = { name: 'handshakes', unit: '1/s of a core', digits: 0 }
const ANSWERING: Figure = { name: 'INIT read, RESP written', unit: 'µs', digits: 0 }
const CONFIRMING: Figure = { name: 'first packet opened, answered', unit: 'µs', digits: 0 }
/** Of which a handshake needs four, and the public half of a new key costs as much as a fifth: a yardstick for the machine. */
const AGREEING: Figure = { name: 'one X25519 agreement', unit: 'µs', digits: 0 }
const ROUTE = 'listener'
const LEAST_RATE = 1_500

/** Half of the open questions at which a listener asks for proof of an address, and half as many a second. */
const CALLERS = 32
const BETWEEN_CALLS: Micros = 10 * MILLISECOND
const CALLS_PER_ROUND = 1_024
const AGREEMENTS = 256
const RESET_KEY = new Uint8Array(32)

interface Spent {
  answeringMicros: number
  confirmingMicros: number
}

export async function benchHandshakes(options: BenchOptions): Promise<void> {
  const sealing = await chooseSealing()
  const samples = new Samples()
  const site = new Site({ resetKey: RESET_KEY, sealing })
  site.serve(CALLS_PER_ROUND) // until code is compiled nothing counts
  for (let round = 0; round < options.rounds; round++) {
    const { answeringMicros, confirmingMicros } = site.serve(CALLS_PER_ROUND)
    samples.add(RATE, ROUTE, (CALLS_PER_ROUND / (answeringMicros + confirmingMicros)) * 1e6)
    samples.add(ANSWERING, ROUTE, answeringMicros / CALLS_PER_ROUND)
    samples.add(CONFIRMING, ROUTE, confirmingMicros / CALLS_PER_ROUND)
    samples.add(AGREEING, ROUTE, agreementMicros())
  }
  const title = `${CALLS_PER_ROUND} full handshakes a round, packets sealed by ${sealing.name}, processor time of the listener`
  const bar = { figure: RATE, route: ROUTE, dividedBy: null, bound: '≥', limit: LEAST_RATE } as const
  printBench({ name: 'handshakes', title, options, samples, bases: [], bars: [bar] })
}

/** One listener after the other, and all who call it. */
class Site {
  readonly #identity = newX25519KeyPair()
  readonly #listening: ReturnType<typeof noiseListener>
  readonly #dialling: ReturnType<typeof noiseDialler>
  readonly #batch: DatagramBatch = { buffer: new Uint8Array(65_536), length: 0, segmentBytes: 0, path: 0 }
  #now: Micros = 0

  constructor(common: Pick<Parameters<typeof noiseDialler>[0], 'resetKey' | 'sealing'>) {
    this.#listening = noiseListener({ ...common, identity: this.#identity, authorise: welcomeEverybody })
    const consumerKey = this.#identity.publicKey
    this.#dialling = noiseDialler({ ...common, identity: newX25519KeyPair(), consumerKey })
  }

  /** Only what the listener does is counted. */
  serve(calls: number): Spent {
    const listener = newEndpoint('listener', this.#listening, { cautionAfterStart: 0 })
    const spent: Spent = { answeringMicros: 0, confirmingMicros: 0 }
    let opened = 0
    for (let first = 0; first < calls; first += CALLERS) {
      const callers = Array.from({ length: CALLERS }, () => this.#newCaller())
      const questions = callers.map((caller) => this.#sentBy(caller))
      let answers: Uint8Array[][] = []
      spent.answeringMicros += processorMicros(() => {
        answers = questions.map((packets, index) => this.#answer(listener, packets, first + index))
      })
      const confirmations = callers.map((caller, index) => this.#answer(caller, answers[index]!, 0))
      spent.confirmingMicros += processorMicros(() => {
        confirmations.forEach((packets, index) => {
          this.#answer(listener, packets, first + index)
        })
        opened += openedBy(listener)
      })
    }
    if (opened !== calls) throw new Error(`only ${opened} of ${calls} handshakes were finished`)
    return spent
  }

  #newCaller(): Endpoint {
    const caller = newEndpoint('dialler', this.#dialling)
    caller.dial(0, this.#now)
    return caller
  }

  /** Feeds the packets and takes what comes back, as a driver would. */
  #answer(endpoint: Endpoint, packets: readonly Uint8Array[], path: number): Uint8Array[] {
    this.#now += BETWEEN_CALLS
    for (const packet of packets) endpoint.receive(packet, path, this.#now)
    return this.#sentBy(endpoint)
  }

  #sentBy(endpoint: Endpoint): Uint8Array[] {
    const packets: Uint8Array[] = []
    const batch = this.#batch
    while (endpoint.nextDatagrams(batch, this.#now)) {
      for (let at = 0; at < batch.length; at += batch.segmentBytes)
        packets.push(batch.buffer.slice(at, Math.min(at + batch.segmentBytes, batch.length)))
    }
    return packets
  }
}

function openedBy(listener: Endpoint): number {
  let opened = 0
  for (let event = listener.nextEvent(); event !== null; event = listener.nextEvent()) {
    if (event.kind === 'opened') opened++
  }
  return opened
}

function agreementMicros(): number {
  const { privateKey } = generateKeyPairSync('x25519')
  const { publicKey } = generateKeyPairSync('x25519')
  const micros = processorMicros(() => {
    for (let time = 0; time < AGREEMENTS; time++) diffieHellman({ privateKey, publicKey })
  })
  return micros / AGREEMENTS
}

/** In user and kernel, of this process: on a busy machine the clock would count others. */
function processorMicros(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

// Gives a test a folder, and daemons and peers that are gone when it is over. When a test fails, what the daemons said is printed.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Peer } from '../../stresstest/peer.ts'
import type { ChildProgram } from '../../stresstest/rig/child-program.ts'
import type { ConsumerConfig, Elements, ProviderConfig } from '../../stresstest/rig/daemon-config.ts'
import { type Daemon, launch, launchProvider, startConsumer, startProvider } from '../../stresstest/rig/daemons.ts'

/** Services of the tests; the first is the one of the original's samples. */
export const UUID = '11111111-2222-3333-4444-555555555555'
export const OTHER_UUID = '22222222-3333-4444-5555-666666666666'

/** Many clients, and bytes rather than requests: what most tests want of a service. */
export const RAW_SERVICE: Elements = { uuid: UUID, protocol: 'tcp', max_connections: 1000 }

export interface Route {
  readonly consumer: Daemon
  readonly provider: Daemon
  /** Where clients connect. */
  readonly port: number
}

/** Everything that one test, or one group of tests, has started. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'edgerq-test-'))
  readonly #programs: ChildProgram[] = []
  readonly #peers: Peer[] = []
  #named = 0

  /** Starts an `edgerq-sc` and waits until it serves. */
  async consumer(config: ConsumerConfig, name = this.#nextName('consumer')): Promise<Daemon> {
    return this.#keep(await startConsumer({ name, folder: this.folder }, config))
  }

  /** Starts an `edgerq-sp` and waits until it is registered. */
  async provider(config: ProviderConfig, name = this.#nextName('provider')): Promise<Daemon> {
    return this.#keep(await startProvider({ name, folder: this.folder }, config))
  }

  /** Starts an `edgerq-sp` that may never be registered. */
  launchProvider(config: ProviderConfig): ChildProgram {
    return this.own(launchProvider({ name: this.#nextName('provider'), folder: this.folder }, config))
  }

  /** Starts either daemon with any text as its configuration. */
  launch(daemon: 'edgerq-sc' | 'edgerq-sp', xml: string, args: readonly string[] = []): ChildProgram {
    return this.own(launch(daemon, { name: this.#nextName(daemon), folder: this.folder, args }, xml))
  }

  /** A program that must end with this stage. */
  own(program: ChildProgram): ChildProgram {
    this.#programs.push(program)
    return program
  }

  /** A server in this process, closed with this stage. */
  async peer<P extends Peer>(starting: Promise<P>): Promise<P> {
    const peer = await starting
    this.#peers.push(peer)
    return peer
  }

  /** client → consumer → provider → `targetPort`. `service` adds to the consumer's service, `root` to both files. */
  async oneHop(targetPort: number, service: Elements = {}, root: Elements = {}): Promise<Route> {
    const consumer = await this.consumer({ root, services: [{ ...RAW_SERVICE, ...service }] })
    const provider = await this.provider({ root, pipes: [pipeTo(consumer, targetPort)] })
    return { consumer, provider, port: consumer.ready.port(UUID) }
  }

  /** client → SC1 → SP1 → SC2 → SP2 → `targetPort`; the route's daemons are the first pair. */
  async twoHops(targetPort: number): Promise<Route> {
    const second = await this.oneHop(targetPort)
    return this.oneHop(second.port)
  }

  logs(): string {
    return this.#programs.map((program) => program.logs()).join('\n')
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()))
    await Promise.all(this.#peers.map((peer) => peer.close()))
    rmSync(this.folder, { recursive: true, force: true })
  }

  #keep(daemon: Daemon): Daemon {
    this.own(daemon.program)
    return daemon
  }

  #nextName(kind: string): string {
    return `${kind}-${++this.#named}`
  }
}

/** A pipe to `consumer` that offers one raw service, which is at `targetPort`. */
export function pipeTo(consumer: Daemon, targetPort: number, uuid = UUID): ProviderConfig['pipes'][number] {
  return { port: consumer.ready.port('udp'), services: [{ uuid, protocol: 'tcp', port: targetPort }] }
}

/** A fresh stage for each test of the enclosing `describe`. */
export function useStage(): () => Stage {
  let stage: Stage
  beforeEach(() => {
    stage = new Stage()
  })
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(stage.logs())
    await stage.close()
  })
  return () => stage
}

/** One stage for all tests of the enclosing `describe`: for tests that leave the daemons as they found them. */
export function useSharedStage(setUp: (stage: Stage) => Promise<void>): void {
  let stage: Stage
  before(async () => {
    stage = new Stage()
    await setUp(stage)
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(stage.logs())
  })
  after(() => stage.close())
}

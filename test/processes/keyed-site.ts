// A consumer and providers that know each other by keys, as programs: their key files, and the file of who may do what.

import { renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createIdentity, writeIdentity } from '../../src/keys/identity.ts'
import { fingerprint, keyText } from '../../src/keys/key-text.ts'
import { type Peer, startPeer } from '../../stresstest/peer.ts'
import type { ChildProgram } from '../../stresstest/rig/child-program.ts'
import type { Elements, PipeConfig } from '../../stresstest/rig/daemon-config.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { dial, textOf } from './clients.ts'
import { RAW_SERVICE, type Stage, UUID } from './harness.ts'

export interface KeyPairFile {
  /** Relative to the configuration files, which are in the same folder. */
  readonly file: string
  /** `eqpk1:…` */
  readonly publicKey: string
  readonly fingerprint: string
}

const AUTHORIZED = 'providers'

export class KeyedSite {
  readonly consumerKey: KeyPairFile
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
    this.consumerKey = this.newKey('consumer')
  }

  newKey(name: string): KeyPairFile {
    const identity = createIdentity()
    const file = `${name}.key`
    writeIdentity(join(this.#stage.folder, file), identity)
    const { publicKey } = identity
    return { file, publicKey: keyText('public', publicKey), fingerprint: fingerprint(publicKey) }
  }

  /** Puts another file in the place of the one that is there, as editors and careful scripts do. */
  authorize(...lines: readonly string[]): void {
    const path = join(this.#stage.folder, AUTHORIZED)
    writeFileSync(`${path}.new`, lines.map((line) => `${line}\n`).join(''))
    renameSync(`${path}.new`, path)
  }

  /** Each of `services` besides the port and the protocol that all have. */
  consumer(services: readonly Elements[] = [{}], root: Elements = {}): Promise<Daemon> {
    return this.#stage.consumer({
      root: { identity: this.consumerKey.file, authorized_providers: AUTHORIZED, ...root },
      services: services.map((service) => ({ ...RAW_SERVICE, ...service })),
    })
  }

  /** A pipe that has the right keys, unless `elements` says otherwise. */
  pipe(consumer: Daemon, key: KeyPairFile, targetPort: number, elements: Elements = {}): PipeConfig {
    return {
      port: consumer.ready.port('udp'),
      elements: { identity: key.file, consumer_key: this.consumerKey.publicKey, ...elements },
      services: [{ uuid: UUID, protocol: 'tcp', port: targetPort, health: 'off' }],
    }
  }

  provider(pipe: PipeConfig): Promise<Daemon> {
    return this.#stage.provider({ pipes: [pipe] })
  }

  /** Starts a provider that may never be let in. */
  launch(pipe: PipeConfig): ChildProgram {
    return this.#stage.launchProvider({ pipes: [pipe] })
  }

  /** A target that says `name` and hangs up. */
  named(name: string): Promise<Peer> {
    return this.#stage.peer(
      startPeer(
        createServer((socket) => socket.end(name)),
        {},
      ),
    )
  }
}

/** Who answers a client of the service. */
export async function whoServes(port: number): Promise<string> {
  const socket = dial(port)
  const name = await textOf(socket)
  socket.destroy()
  return name
}

/** The events of this name that a daemon has logged. */
export function logged(program: ChildProgram, event: string): readonly Readonly<Record<string, unknown>>[] {
  return program.stderr
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.event === event)
}

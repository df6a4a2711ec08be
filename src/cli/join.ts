// edgerq-sp join TOKEN --to TARGET: a provider without a configuration. It joins first, on a session of its own, hears what it may serve,
// writes the configuration that says so, and runs that like any other.

import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { openUdpCarrier } from '../carriers/udp.ts'
import { hostPortText } from '../keys/host-port.ts'
import { type Identity, readIdentity, writeIdentity } from '../keys/identity.ts'
import { fingerprint } from '../keys/key-text.ts'
import { createFile } from '../keys/new-file.ts'
import { claimBytes, type Token, tokenPreSharedKey } from '../keys/token.ts'
import { CloseCode } from '../protocol/index.ts'
import { type GrantedService, Joining } from '../provider/joining.ts'
import { noiseDialler } from '../runtime/noise-crypto.ts'
import { keyPairOf } from '../runtime/noise-primitives.ts'
import type { Sealing } from '../runtime/sealing.ts'
import { systemRandom } from '../runtime/system.ts'
import type { DaemonContext, Job, Running } from './daemon.ts'
import { ExitError, ExitStatus } from './exit.ts'
import { JoinKey } from './join-key.ts'
import { type JoinOptions, readJoinOptions, refuseOverwriting } from './join-options.ts'
import { joinedProviderXml } from './joined-provider-xml.ts'
import { openDialler } from './link.ts'
import { type ProviderSetup, readProviderSetup, servePipes } from './serve-pipes.ts'
import { stateDirectoryPath } from './state-directory.ts'
import { wantedUdp } from './wanted-udp.ts'

/** What the first session goes by: the defaults of the configuration, without a search that it is too short for. */
const LINK = { surviveSeconds: 60, maxDatagramBytes: 1_200, ceilingDatagramBytes: 1_200, congestion: 'bbr' } as const

/** For one command line. Throws what ends the program before it begins. */
export function joinJob(args: readonly string[]): Job {
  const options = readJoinOptions(args)
  process.title = 'edgerq-sp join' // the command line holds a secret, and every user of the machine can list those
  if (options.write !== undefined) refuseTaken(options.write)
  const stateDirectory = stateDirectoryPath(process.env)
  const kept = options.identity === undefined ? new JoinKey(stateDirectory, options.token.id) : null
  const identity = kept?.identity ?? readIdentity(options.identity!)
  const parts = { options, kept, identity, stateDirectory }
  return { logLevel: options.logLevel, run: async (context) => new Join(parts, context) }
}

function refuseTaken(path: string): void {
  refuseOverwriting(path, `run edgerq-sp ${path} if it was made by an earlier join, or choose another name`)
  refuseOverwriting(keyPathOf(path), 'choose another name, or move it away first')
}

/** provider.xml: provider.key. */
function keyPathOf(path: string): string {
  return `${extname(path) === '.xml' ? path.slice(0, -'.xml'.length) : path}.key`
}

interface JoinParts {
  readonly options: JoinOptions
  /** Null: the key is in a file that the command line names. */
  readonly kept: JoinKey | null
  readonly identity: Identity
  readonly stateDirectory: string
}

class Join implements Running {
  readonly failure: Promise<never>
  readonly #parts: JoinParts
  readonly #context: DaemonContext
  /** Settled when nothing is being joined any more. */
  readonly #joined: Promise<void>
  #joining: Joining | null = null
  #serving: Running | null = null
  #isStopped = false

  constructor(parts: JoinParts, context: DaemonContext) {
    this.#parts = parts
    this.#context = context
    const going = this.#go()
    this.failure = new Promise((_, reject) => going.catch(reject))
    this.#joined = going.catch(() => {})
  }

  async stop(withinMs: number): Promise<void> {
    this.#isStopped = true
    this.#joining?.cancel()
    await this.#joined
    await this.#serving?.stop(withinMs)
  }

  cut(): void {
    this.#serving?.cut()
  }

  async #go(): Promise<void> {
    const services = await this.#join()
    if (services === null || this.#isStopped) return
    const { configPath, setup } = this.#configured(services)
    this.#serving = await servePipes(setup, configPath, this.#context)
  }

  /** Null: it was stopped. */
  async #join(): Promise<readonly GrantedService[] | null> {
    const { options, identity } = this.#parts
    const { token } = options
    const { log, sealing, software } = this.#context
    const crypto = cryptoOf(token, identity, sealing)
    const udp = await wantedUdp({ environment: process.env, udpOffload: true, log })
    const carrier = await openUdpCarrier({ role: 'dialler' }, udp)
    const driver = openDialler({ ...LINK, carrier, crypto, instanceId: randomBytes(16), log })
    const { host: hostname, port } = token.address
    const names = { consumer: hostPortText(token.address), token: token.id, key: fingerprint(identity.publicKey) }
    log.info('joining', names)
    const fraction = () => systemRandom.fraction()
    this.#joining = new Joining({ ...names, driver, crypto, hostname, port, software, log, fraction })
    if (this.#isStopped) this.#joining.cancel()
    try {
      return await this.#joining.join()
    } finally {
      await driver.close(CloseCode.none, '')
    }
  }

  #configured(services: readonly GrantedService[]): { readonly configPath: string; readonly setup: ProviderSetup } {
    const { options, kept, stateDirectory } = this.#parts
    const { write, token } = options
    const ownPath = resolve(kept?.path ?? options.identity!)
    if (write === undefined) {
      const configPath = join(stateDirectory, `join-${token.id}.xml`)
      return { configPath, setup: setupOf(joinedProviderXml(options, ownPath, services), configPath) }
    }
    const identityPath = kept === null ? ownPath : basename(keyPathOf(write))
    const xml = joinedProviderXml(options, identityPath, services)
    this.#write(write, xml)
    return { configPath: write, setup: setupOf(xml, write) }
  }

  #write(path: string, xml: string): void {
    const { kept, identity } = this.#parts
    const keyPath = keyPathOf(path)
    if (kept !== null) writeIdentity(keyPath, identity)
    try {
      createFile(path, xml)
    } catch (error) {
      if (kept !== null) rmSync(keyPath, { force: true })
      throw error
    }
    kept?.forget()
    this.#context.log.info('configurationWritten', { file: path, identity: kept === null ? undefined : keyPath })
  }
}

function cryptoOf(token: Token, identity: Identity, sealing: Sealing) {
  return noiseDialler({
    identity: keyPairOf(identity.privateKey),
    consumerKey: token.consumerKey,
    psk: tokenPreSharedKey(token.secret),
    credential: claimBytes(token),
    resetKey: randomBytes(32),
    sealing,
  })
}

/** What was written a moment ago can be read, unless the paths on the command line are of a kind that no configuration takes. */
function setupOf(xml: string, path: string): ProviderSetup {
  const setup = readProviderSetup(Buffer.from(xml), basename(path), path)
  if (setup.ok) return setup.value
  throw new ExitError(ExitStatus.couldNotRun, setup.problems.join('\n'))
}

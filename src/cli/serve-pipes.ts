// Runs the pipes of a provider's configuration: puts the parts together and hands them down.

import { randomBytes } from 'node:crypto'
import { openUdpCarrier } from '../carriers/udp.ts'
import { type Outcome, type Pipe as PipeConfig, type ProviderConfig, readProvider } from '../config/read.ts'
import { fingerprint } from '../keys/key-text.ts'
import { type Crypto, type Micros, SECOND } from '../protocol/index.ts'
import type { Pipe } from '../provider/pipe.ts'
import { type OwnPipeParts, Provider } from '../provider/provider.ts'
import type { RungParts } from '../provider/rung.ts'
import type { Driver } from '../runtime/driver.ts'
import { NO_PSK, noiseDialler } from '../runtime/noise-crypto.ts'
import { keyPairOf } from '../runtime/noise-primitives.ts'
import type { Sealing } from '../runtime/sealing.ts'
import { systemRandom } from '../runtime/system.ts'
import type { DaemonContext, Running } from './daemon.ts'
import { endFor, openDriver } from './link.ts'
import { type PipeKeys, readPipeKeys } from './pipe-keys.ts'
import { type ProviderState, StateDirectory, stateDirectoryPath } from './state-directory.ts'
import { readTargetCertificates } from './target-certificates.ts'
import { refuseUnbuiltCarriers } from './unbuilt-carriers.ts'

/** Longer than the handshake takes on any line that works, and short enough for people who wait. */
const FALLBACK_AFTER_MS = 3_000
/** A line that was blocked is seldom opened within the hour; a call a minute costs nothing. */
const PROBE_MS = 60_000
/** With what it takes to become suspect and to dial, service is back over the next carrier within five seconds. */
const ASK_AFTER_QUIET: Micros = 1.5 * SECOND

/** The configuration, and what the files hold that it names. */
export interface ProviderSetup {
  readonly config: ProviderConfig
  readonly certificates: ReadonlyMap<string, string>
  /** Of the pipes that have keys. */
  readonly keys: ReadonlyMap<PipeConfig, PipeKeys>
}

/** `path`: of the configuration, for the files that it names. */
export function readProviderSetup(source: Uint8Array, fileName: string, path: string): Outcome<ProviderSetup> {
  const config = refuseUnbuiltCarriers(readProvider(source, fileName), fileName)
  if (!config.ok) return config
  const certificates = readTargetCertificates(config.value, path)
  const keys = readPipeKeys(config.value, path)
  if (certificates.ok && keys.ok) {
    return { ok: true, value: { config: config.value, certificates: certificates.value, keys: keys.value } }
  }
  const problems = [certificates, keys].flatMap((read) => (read.ok ? [] : read.problems))
  return { ok: false, problems }
}

/** `configPath` names what is kept for the next run. */
export async function servePipes(
  { config, certificates, keys }: ProviderSetup,
  configPath: string,
  context: DaemonContext,
): Promise<Running> {
  const { log, sealing } = context
  const directory = new StateDirectory(stateDirectoryPath(process.env), log)
  const states: ProviderState[] = []
  log.info('sealing', { by: sealing.name, authenticated: keys.size > 0 && keys.size === config.pipes.length })
  const pipes: OwnPipeParts[] = []
  for (const [index, pipe] of config.pipes.entries()) {
    if (pipe.insecure)
      log.warn('insecure', {
        pipe: pipe.name,
        meaning: 'the link is encrypted and not authenticated: whoever answers is believed',
      })
    const isNameTaken = config.pipes.slice(0, index).some(({ name }) => name === pipe.name)
    const state = directory.providerState(configPath, isNameTaken ? `${pipe.name} #${index + 1}` : pipe.name)
    states.push(state)
    const pipeKeys = keys.get(pipe) ?? null
    const cryptos = cryptosOf(pipeKeys, sealing)
    pipes.push({
      config: pipe,
      rungs: await openRungs(config, pipe, { crypto: cryptos[0]!, instanceId: state.instanceId, log }),
      fallbackAfterMs: FALLBACK_AFTER_MS,
      probeMs: PROBE_MS,
      cryptos,
      key: pipeKeys === null ? undefined : fingerprint(pipeKeys.identity.publicKey),
    })
  }
  const provider = new Provider({
    pipes,
    log,
    software: context.software,
    certificates,
    fraction: () => systemRandom.fraction(),
    onReady: (pipe: Pipe) => context.ready([`${pipe.name}=${pipe.consumer}`]),
  })
  provider.start()
  return {
    async stop(withinMs) {
      await provider.stop(withinMs)
      for (const state of states) state.close()
    },
    cut: () => provider.cut(),
  }
}

/** The carriers of a pipe, the best first. */
async function openRungs(config: LinkConfig, pipe: PipeConfig, own: DiallerParts): Promise<readonly RungParts[]> {
  const { rungs, insecure, keys } = pipe
  const askAfterQuiet = rungs.length > 1 ? ASK_AFTER_QUIET : undefined
  const drivers = await Promise.all(rungs.map(() => openDialler(config, { ...own, askAfterQuiet })))
  return drivers.map((driver, index) => {
    const { hostname, port } = rungs[index]!
    return { driver, hostname, port, loopbackOnly: !insecure && keys === null }
  })
}

/** One for each key that the consumer may have; without keys, for whoever answers. */
function cryptosOf(keys: PipeKeys | null, sealing: Sealing): readonly Crypto[] {
  // A restarted provider dials from another port: nobody could use a token of its last life.
  const resetKey = randomBytes(32)
  if (keys === null) return [noiseDialler({ identity: null, consumerKey: null, resetKey, sealing })]
  const identity = keyPairOf(keys.identity.privateKey)
  const psk = keys.psk ?? NO_PSK
  return keys.consumerKeys.map((consumerKey) => noiseDialler({ identity, consumerKey, psk, resetKey, sealing }))
}

type LinkConfig = Pick<ProviderConfig, 'surviveSeconds' | 'maxDatagramBytes'>

interface DiallerParts {
  readonly crypto: Crypto
  readonly instanceId: Uint8Array
  /** As in the settings of an endpoint. */
  readonly askAfterQuiet?: Micros | undefined
  readonly log: DaemonContext['log']
}

export async function openDialler(config: LinkConfig, own: DiallerParts): Promise<Driver> {
  const carrier = await openUdpCarrier({ role: 'dialler' })
  carrier.onFailure = (cause) => endFor(cause, 'edgerq-sp', own.log)
  return openDriver({
    ...own,
    carrier,
    role: 'dialler',
    surviveSeconds: config.surviveSeconds,
    maxDatagramBytes: config.maxDatagramBytes,
  })
}

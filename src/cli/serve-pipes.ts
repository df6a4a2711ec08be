// Runs the pipes of a provider's configuration: puts the parts together and hands them down.

import { randomBytes } from 'node:crypto'
import { dgramSockets } from '../carriers/dgram-socket.ts'
import type { UdpSockets } from '../carriers/udp-socket.ts'
import { type Outcome, type Pipe as PipeConfig, type ProviderConfig, readProvider } from '../config/read.ts'
import { fingerprint } from '../keys/key-text.ts'
import type { Log } from '../log.ts'
import type { Crypto } from '../protocol/index.ts'
import type { Pipe } from '../provider/pipe.ts'
import { type OwnPipeParts, Provider } from '../provider/provider.ts'
import { NO_PSK, noiseDialler } from '../runtime/noise-crypto.ts'
import { keyPairOf } from '../runtime/noise-primitives.ts'
import type { Sealing } from '../runtime/sealing.ts'
import { systemRandom } from '../runtime/system.ts'
import type { DaemonContext, Running } from './daemon.ts'
import { type PipeKeys, readPipeKeys } from './pipe-keys.ts'
import { openRungs } from './pipe-rungs.ts'
import { type ProviderState, StateDirectory, stateDirectoryPath } from './state-directory.ts'
import { readTargetCertificates } from './target-certificates.ts'
import { type PipeTlsTexts, readPipeTls } from './tls-files.ts'
import { wantedUdp } from './wanted-udp.ts'

/** The configuration, and what the files hold that it names. */
export interface ProviderSetup {
  readonly config: ProviderConfig
  readonly certificates: ReadonlyMap<string, string>
  /** Of the pipes that have keys. */
  readonly keys: ReadonlyMap<PipeConfig, PipeKeys>
  /** Of the pipes that have `<tls>`. */
  readonly tls: ReadonlyMap<PipeConfig, PipeTlsTexts>
}

/** `path`: of the configuration, for the files that it names. */
export function readProviderSetup(source: Uint8Array, fileName: string, path: string): Outcome<ProviderSetup> {
  const config = readProvider(source, fileName)
  if (!config.ok) return config
  const certificates = readTargetCertificates(config.value, path)
  const keys = readPipeKeys(config.value, path)
  const tls = readPipeTls(config.value, path)
  if (certificates.ok && keys.ok && tls.ok) {
    const value = { config: config.value, certificates: certificates.value, keys: keys.value, tls: tls.value }
    return { ok: true, value }
  }
  return { ok: false, problems: [certificates, keys, tls].flatMap((read) => (read.ok ? [] : read.problems)) }
}

/** `configPath` names what is kept for the next run. */
export async function servePipes(
  { config, certificates, keys, tls }: ProviderSetup,
  configPath: string,
  context: DaemonContext,
): Promise<Running> {
  const { log, sealing } = context
  const directory = new StateDirectory(stateDirectoryPath(process.env), log)
  const states: ProviderState[] = []
  log.info('sealing', { by: sealing.name, authenticated: keys.size > 0 && keys.size === config.pipes.length })
  const udp = await udpFor(config, log)
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
    const own = { config, crypto: cryptos[0]!, instanceId: state.instanceId, log, environment: process.env, udp }
    pipes.push({
      config: pipe,
      rungs: await openRungs(pipe, tls.get(pipe) ?? null, own),
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

/** What it takes to batch datagrams is not loaded for other carriers. */
async function udpFor({ pipes, udpOffload }: ProviderConfig, log: Log): Promise<UdpSockets> {
  if (!pipes.some(({ rungs }) => rungs.some(({ carrier }) => carrier === 'udp'))) return dgramSockets
  return wantedUdp({ environment: process.env, udpOffload, log })
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

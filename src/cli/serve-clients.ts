// Runs a consumer's configuration: puts the parts together and hands them down.

import { dgramSockets } from '../carriers/dgram-socket.ts'
import type { StreamCarrier } from '../carriers/stream-carrier.ts'
import type { ListenTls } from '../carriers/tls-settings.ts'
import type { UdpCarrier } from '../carriers/udp.ts'
import type { UdpSockets } from '../carriers/udp-socket.ts'
import { type ConsumerConfig, type Listener, type Outcome, readConsumer } from '../config/read.ts'
import { type Admission, admitEverybody } from '../consumer/admission.ts'
import { CertificateRules } from '../consumer/certificate-rules.ts'
import { Consumer } from '../consumer/consumer.ts'
import { openKeyedAdmission } from '../consumer/keyed-admission.ts'
import { fingerprint } from '../keys/key-text.ts'
import type { Log } from '../log.ts'
import { type Crypto, HOP_ID_BYTES, type SessionHandle } from '../protocol/index.ts'
import type { Driver } from '../runtime/driver.ts'
import { noiseListener } from '../runtime/noise-crypto.ts'
import { keyPairOf } from '../runtime/noise-primitives.ts'
import type { Sealing } from '../runtime/sealing.ts'
import { isUdp, openListenerCarrier } from './carriers.ts'
import { type ConsumerKeys, readConsumerKeys } from './consumer-keys.ts'
import type { DaemonContext, Running } from './daemon.ts'
import { ExitError, ExitStatus } from './exit.ts'
import { endFor, openDriver } from './link.ts'
import { type ConsumerState, StateDirectory, stateDirectoryPath } from './state-directory.ts'
import { readListenerTls } from './tls-files.ts'
import { wantedUdp } from './wanted-udp.ts'

/** A `<listener>`: its sockets and what runs on them. */
interface Link {
  readonly listener: Listener
  readonly carrier: UdpCarrier | StreamCarrier
  readonly driver: Driver
}

/** The configuration, and what the files hold that it names. */
export interface ConsumerSetup {
  readonly config: ConsumerConfig
  readonly keys: ConsumerKeys | null
  /** Of the listeners that have `<tls>`. */
  readonly tls: ReadonlyMap<Listener, ListenTls>
}

/** `path`: of the configuration, for the files that it names. */
export function readConsumerSetup(source: Uint8Array, fileName: string, path: string): Outcome<ConsumerSetup> {
  const config = readConsumer(source, fileName)
  if (!config.ok) return config
  const keys = readConsumerKeys(config.value, path)
  const tls = readListenerTls(config.value, path)
  if (keys.ok && tls.ok) return { ok: true, value: { config: config.value, keys: keys.value, tls: tls.value } }
  return { ok: false, problems: [keys, tls].flatMap((read) => (read.ok ? [] : read.problems)) }
}

/** `configPath` names what is kept for the next run. */
export async function serveClients(setup: ConsumerSetup, configPath: string, context: DaemonContext): Promise<Running> {
  try {
    return await serve(setup, configPath, context)
  } catch (error) {
    if (error instanceof ExitError) throw error
    throw new ExitError(ExitStatus.couldNotRun, (error as Error).message)
  }
}

async function serve(setup: ConsumerSetup, configPath: string, context: DaemonContext): Promise<Running> {
  const { config, keys } = setup
  const { log } = context
  if (config.insecure) {
    log.warn('insecure', {
      meaning: 'the link is encrypted and not authenticated: whoever reaches the listener can offer services',
    })
  }
  const stateDirectory = stateDirectoryPath(process.env)
  const state = new StateDirectory(stateDirectory, log).consumerState(configPath)
  const admission = keys === null ? admitEverybody : admissionOf(keys, stateDirectory, log)
  const crypto = cryptoFor(keys, { admission, resetKey: state.resetKey, sealing: context.sealing, log })
  const udp = await udpFor(config, log)
  const links = await openLinks(setup, { crypto, instanceId: state.instanceId, log }, udp)
  const consumer = new Consumer({
    config,
    drivers: links.map(({ driver }) => driver),
    admission,
    certificates: rulesOf(links),
    log,
    software: context.software,
    hopId: state.instanceId.subarray(0, HOP_ID_BYTES),
    onSessionOpened: (driver, session) => remember(state, links.find((link) => link.driver === driver)!, session),
    onSessionClosed: (session) => state.forget(session.localId),
  })
  await consumer.start()
  sayGoodbyeToTheLastLife(links, state)
  context.ready([
    ...links.map(({ carrier }) => `${carrier.traits.kind}=${bound(carrier)}`),
    ...consumer.services.map(({ service, address }) => `${service.uuid}=${address}`),
  ])
  return {
    async stop(withinMs) {
      await consumer.stop(withinMs)
      admission.close()
      state.close()
    },
    cut: () => consumer.cut(),
    reload: admission.reload?.bind(admission),
  }
}

function admissionOf({ identity, authorizedPath }: ConsumerKeys, stateDirectory: string, log: Log): Admission {
  const started = openKeyedAdmission({ consumerKey: identity.publicKey, authorizedPath, stateDirectory, log })
  if (started.ok) return started.value
  throw new ExitError(ExitStatus.wrongUsage, started.problems.join('\n'))
}

/** With a key of its own the consumer answers to nothing else; without, to the published one. */
function cryptoFor(
  keys: ConsumerKeys | null,
  { admission, resetKey, sealing, log }: { admission: Admission; resetKey: Uint8Array; sealing: Sealing; log: Log },
): Crypto {
  const key = keys === null ? undefined : fingerprint(keys.identity.publicKey)
  log.info('sealing', { by: sealing.name, authenticated: keys !== null, key })
  const identity = keys && keyPairOf(keys.identity.privateKey)
  return noiseListener({ identity, authorise: admission.authorise, resetKey, sealing })
}

interface OwnParts {
  readonly crypto: Crypto
  readonly instanceId: Uint8Array
  readonly log: Log
}

/** What it takes to batch datagrams is not loaded for other carriers. */
async function udpFor({ listeners, udpOffload }: ConsumerConfig, log: Log): Promise<UdpSockets> {
  if (!listeners.some(({ carrier }) => carrier === 'udp')) return dgramSockets
  return wantedUdp({ environment: process.env, udpOffload, log })
}

async function openLinks({ config, tls }: ConsumerSetup, own: OwnParts, udp: UdpSockets): Promise<readonly Link[]> {
  const links: Link[] = []
  for (const listener of config.listeners) {
    const carrier = await openListenerCarrier(listener, { tls: tls.get(listener) ?? null, udp })
    carrier.onFailure = (cause) => endFor(cause, 'edgerq-sc', own.log)
    if (!isUdp(carrier)) carrier.onRefused = (from, cause) => tellRefused(own.log, carrier, from, cause)
    const { surviveSeconds, maxDatagramBytes, ceilingDatagramBytes, congestion } = config
    const link = { surviveSeconds, maxDatagramBytes, ceilingDatagramBytes, congestion }
    const driver = openDriver({ ...own, ...link, carrier, role: 'listener' })
    links.push({ listener, carrier, driver })
  }
  return links
}

function tellRefused(log: Log, { traits }: StreamCarrier, from: string, { message }: Error): void {
  log.some('connectionRefused', { carrier: traits.kind, from, cause: message })
}

/** Of the listeners that ask for certificates. */
function rulesOf(links: readonly Link[]): ReadonlyMap<Driver, CertificateRules> {
  return new Map(
    links.flatMap(({ listener: { tls }, driver }) => {
      return tls === null || tls.caPath === null ? [] : [[driver, new CertificateRules(tls.allows)] as const]
    }),
  )
}

/** Providers whose sessions we had before a crash hear at once that they are gone, not at their next ping. Of others the connection has ended. */
function sayGoodbyeToTheLastLife(links: readonly Link[], state: ConsumerState): void {
  for (const session of state.previousSessions) {
    for (const { carrier, driver } of links) {
      if (!isUdp(carrier)) continue
      driver.endpoint.resetForgotten(carrier.pathTo(session.address, session.port), session.connectionId)
    }
  }
}

function remember(state: ConsumerState, { carrier }: Link, session: SessionHandle): void {
  const remote = isUdp(carrier) ? carrier.remoteOf(session.path) : null
  if (remote === null) return
  const family = remote.host.includes(':') ? 'ipv6' : 'ipv4'
  state.remember({ address: remote.host, port: remote.port, family, connectionId: session.localId })
}

function bound({ addresses }: Link['carrier']): string {
  const { host, port } = addresses[0]!
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

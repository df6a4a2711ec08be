#!/usr/bin/env node
// edgerq-sp PROVIDER.xml: the service provider. Puts the parts together and hands them down.

import { randomBytes } from 'node:crypto'
import { openUdpCarrier } from '../carriers/udp.ts'
import { type Outcome, type Pipe as PipeConfig, type ProviderConfig, readProvider } from '../config/read.ts'
import type { Pipe } from '../provider/pipe.ts'
import { Provider } from '../provider/provider.ts'
import type { Driver } from '../runtime/driver.ts'
import { systemRandom } from '../runtime/system.ts'
import { type DaemonContext, type Running, runDaemon } from './daemon.ts'
import { endFor, openDriver } from './link.ts'
import { type ProviderState, StateDirectory, stateDirectoryPath } from './state-directory.ts'
import { readTargetCertificates } from './target-certificates.ts'

/** The configuration, and what the files hold that it names. */
interface ProviderSetup {
  readonly config: ProviderConfig
  readonly certificates: ReadonlyMap<string, string>
}

function readSetup(source: Uint8Array, fileName: string, path: string): Outcome<ProviderSetup> {
  const config = readProvider(source, fileName)
  if (!config.ok) return config
  const certificates = readTargetCertificates(config.value, path)
  if (!certificates.ok) return certificates
  return { ok: true, value: { config: config.value, certificates: certificates.value } }
}

async function run({ config, certificates }: ProviderSetup, context: DaemonContext): Promise<Running> {
  const { log } = context
  const directory = new StateDirectory(stateDirectoryPath(process.env), log)
  const states: ProviderState[] = []
  const pipes: { config: PipeConfig; driver: Driver }[] = []
  for (const [index, pipe] of config.pipes.entries()) {
    if (pipe.insecure)
      log.warn('insecure', {
        pipe: pipe.name,
        meaning: 'the link is encrypted and not authenticated: whoever answers is believed',
      })
    const isNameTaken = config.pipes.slice(0, index).some(({ name }) => name === pipe.name)
    const state = directory.providerState(context.configPath, isNameTaken ? `${pipe.name} #${index + 1}` : pipe.name)
    states.push(state)
    pipes.push({ config: pipe, driver: await drive(config, state, log) })
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

async function drive(config: ProviderConfig, state: ProviderState, log: DaemonContext['log']): Promise<Driver> {
  const carrier = await openUdpCarrier({ role: 'dialler' })
  carrier.onFailure = (cause) => endFor(cause, 'edgerq-sp', log)
  return openDriver({
    carrier,
    role: 'dialler',
    log,
    instanceId: state.instanceId,
    // A restarted provider dials from another port: nobody could use a token of its last life.
    resetKey: randomBytes(32),
    surviveSeconds: config.surviveSeconds,
    maxDatagramBytes: config.maxDatagramBytes,
  })
}

await runDaemon({
  name: 'edgerq-sp',
  summary: 'edgerq service provider: dials out to consumers and serves what comes back from local targets.',
  argument: '<provider.xml>',
  read: readSetup,
  run,
})

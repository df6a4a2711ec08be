#!/usr/bin/env node
// edgerq-sc CONSUMER.xml: the service consumer. Puts the parts together and hands them down.

import { openUdpCarrier, type UdpCarrier } from '../carriers/udp.ts'
import { type ConsumerConfig, readConsumer } from '../config/read.ts'
import { Consumer } from '../consumer/consumer.ts'
import type { Log } from '../log.ts'
import { HOP_ID_BYTES, type SessionHandle } from '../protocol/index.ts'
import type { Driver } from '../runtime/driver.ts'
import { type DaemonContext, type Running, runDaemon } from './daemon.ts'
import { ExitError, ExitStatus } from './exit.ts'
import { endFor, openDriver } from './link.ts'
import { type ConsumerState, StateDirectory, stateDirectoryPath } from './state-directory.ts'

/** A `<listener>`: its socket and what runs on it. */
interface Link {
  readonly carrier: UdpCarrier
  readonly driver: Driver
}

async function run(config: ConsumerConfig, context: DaemonContext): Promise<Running> {
  const { log } = context
  if (config.insecure) {
    log.warn('insecure', {
      meaning: 'the link is encrypted and not authenticated: whoever reaches the listener can offer services',
    })
  }
  const state = new StateDirectory(stateDirectoryPath(process.env), log).consumerState(context.configPath)
  const links: Link[] = []
  for (const listener of config.listeners) {
    const carrier = await openUdpCarrier({
      role: 'listener',
      reach: listener.inaddrAny ? 'any' : 'loopback',
      port: listener.port,
    })
    links.push({ carrier, driver: await drive(carrier, config, { state, log }) })
  }
  const consumer = new Consumer({
    config,
    drivers: links.map(({ driver }) => driver),
    log,
    software: context.software,
    hopId: state.instanceId.subarray(0, HOP_ID_BYTES),
    onSessionOpened: (driver, session) => remember(state, links.find((link) => link.driver === driver)!, session),
    onSessionClosed: (session) => state.forget(session.localId),
  })
  await consumer.start()
  for (const { carrier } of links) {
    carrier.onFailure = (cause) => endFor(cause, 'edgerq-sc', log)
  }
  sayGoodbyeToTheLastLife(links, state)
  context.ready([
    ...links.map(({ carrier }) => `udp=${bound(carrier)}`),
    ...consumer.services.map(({ service, address }) => `${service.uuid}=${address}`),
  ])
  return {
    async stop(withinMs) {
      await consumer.stop(withinMs)
      state.close()
    },
    cut: () => consumer.cut(),
  }
}

function drive(
  carrier: UdpCarrier,
  config: ConsumerConfig,
  { state, log }: { state: ConsumerState; log: Log },
): Promise<Driver> {
  return openDriver({
    carrier,
    role: 'listener',
    log,
    instanceId: state.instanceId,
    resetKey: state.resetKey,
    surviveSeconds: config.surviveSeconds,
    maxDatagramBytes: config.maxDatagramBytes,
  })
}

/** Providers whose sessions we had before a crash hear at once that they are gone, not at their next ping. */
function sayGoodbyeToTheLastLife(links: readonly Link[], state: ConsumerState): void {
  for (const session of state.previousSessions) {
    for (const { carrier, driver } of links) {
      driver.endpoint.resetForgotten(carrier.pathTo(session.address, session.port), session.connectionId)
    }
  }
}

function remember(state: ConsumerState, link: Link, session: SessionHandle): void {
  const remote = link.carrier.remoteOf(session.path)
  if (remote === null) return
  const family = remote.host.includes(':') ? 'ipv6' : 'ipv4'
  state.remember({ address: remote.host, port: remote.port, family, connectionId: session.localId })
}

function bound(carrier: UdpCarrier): string {
  const { host, port } = carrier.addresses[0]!
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

await runDaemon({
  name: 'edgerq-sc',
  summary:
    'edgerq service consumer: opens a local port for each service and carries what comes there to its providers.',
  argument: '<consumer.xml>',
  read: readConsumer,
  run: async (config, context) => {
    try {
      return await run(config, context)
    } catch (error) {
      throw new ExitError(ExitStatus.couldNotRun, (error as Error).message)
    }
  },
})

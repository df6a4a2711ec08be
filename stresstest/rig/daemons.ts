// Runs edgerq-sc and edgerq-sp as programs, each with a configuration file of its own in a folder that the caller gives.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChildProgram } from './child-program.ts'
import { type ConsumerConfig, consumerXml, type ProviderConfig, providerXml } from './daemon-config.ts'
import { builtProgram } from './places.ts'
import { ReadyLine } from './ready-line.ts'

export interface DaemonOptions {
  /** Names the configuration file; a daemon that is started again under its name is the same one to its peers. */
  readonly name: string
  /** Where configuration and state are kept. */
  readonly folder: string
  readonly args?: readonly string[]
  /** Beside where its state is kept. */
  readonly environment?: Readonly<Record<string, string>>
  /** What its command begins with, as `ip netns exec NAME`. */
  readonly entry?: readonly string[]
  /** The folder whose `edgerq-sc` and `edgerq-sp` are run; default: that of the product. */
  readonly programs?: string
}

export interface Daemon {
  readonly program: ChildProgram
  readonly ready: ReadyLine
}

/** Writes the file, starts `edgerq-sc` and waits for its ready line. */
export function startConsumer(options: DaemonOptions, config: ConsumerConfig): Promise<Daemon> {
  return whenReady(launch('edgerq-sc', options, consumerXml(config)))
}

/** Writes the file, starts `edgerq-sp` and waits until its first pipe is registered. */
export function startProvider(options: DaemonOptions, config: ProviderConfig): Promise<Daemon> {
  return whenReady(launchProvider(options, config))
}

/** Starts `edgerq-sp` and waits for nothing. */
export function launchProvider(options: DaemonOptions, config: ProviderConfig): ChildProgram {
  return launch('edgerq-sp', options, providerXml(config))
}

/** Starts either daemon with any text as its configuration. */
export function launch(daemon: 'edgerq-sc' | 'edgerq-sp', options: DaemonOptions, xml: string): ChildProgram {
  const configFile = join(options.folder, `${options.name}.xml`)
  writeFileSync(configFile, xml)
  return new ChildProgram({
    name: options.name,
    command: [
      ...(options.entry ?? []),
      ...builtProgram(`${options.programs ?? 'src/cli'}/${daemon}`, configFile, ...(options.args ?? [])),
    ],
    environment: { EDGERQ_STATE_DIR: join(options.folder, 'state'), ...options.environment },
  })
}

async function whenReady(program: ChildProgram): Promise<Daemon> {
  const match = await program.line(/^edgerq-s[cp] ready .*$/)
  return { program, ready: new ReadyLine(match[0]) }
}

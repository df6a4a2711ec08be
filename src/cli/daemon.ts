// What edgerq-sc and edgerq-sp have in common: command line, configuration file, log, signals, exit status.

import { Command, CommanderError, Option } from 'commander'
import { LOG_LEVELS, type Log, type LogLevel, openLog } from '../log.ts'
import type { Sealing } from '../runtime/sealing.ts'
import { type ReadConfig, readConfigFile } from './config-file.ts'
import { tuneEngine } from './engine.ts'
import { ExitError, ExitStatus } from './exit.ts'
import { VERSION } from './version.ts'
import { wantBusyPolling } from './wanted-busy-polling.ts'
import { wantDirectWrites } from './wanted-direct-writes.ts'
import { wantedSealing } from './wanted-sealing.ts'

/** A program that is running. */
export interface Running {
  /** Takes nothing new, waits for what is under way, at most `withinMs`, and ends. */
  stop(withinMs: number): Promise<void>
  /** Resets every client and every target at once: a process that just ends would close them as if all had been said. */
  cut(): void
  /** Reads anew what can change while it runs; without it nothing can. */
  readonly reload?: (() => void) | undefined
  /** Rejects when the program cannot go on by itself; without it that does not happen. */
  readonly failure?: Promise<never>
}

export interface DaemonKind<Config> {
  readonly name: 'edgerq-sc' | 'edgerq-sp'
  readonly summary: string
  readonly argument: string
  /** What --help says besides. */
  readonly help?: string
  readonly read: ReadConfig<Config>
  readonly run: (config: Config, configPath: string, context: DaemonContext) => Promise<Running>
  /** Another sealing than what the environment asks for: for measurements of our own, never for a program that is installed. */
  readonly sealing?: Sealing
}

/** What a command line asks for. */
export interface Job {
  readonly logLevel: LogLevel
  readonly run: (context: DaemonContext) => Promise<Running>
  /** Default: what the environment asks for. */
  readonly sealing?: Sealing | undefined
}

export interface DaemonContext {
  readonly log: Log
  /** What seals the packets of this process. */
  readonly sealing: Sealing
  /** `edgerq-sc/0.1.0`. */
  readonly software: string
  /** Prints the one line on stdout that begins with `NAME ready`. */
  readonly ready: (fields: readonly string[]) => void
}

/** What is under way gets this long after the first signal. */
const DRAIN_MS = 30_000

interface Options {
  readonly check?: true
  readonly logLevel: LogLevel
}

/** Runs the program and never returns: it exits with its status. */
export function runDaemon<Config>(kind: DaemonKind<Config>): Promise<void> {
  return runProgram(kind.name, () => jobOf(kind))
}

/** The same for any job; null: everything is done already. What `jobOf` throws ends the program with its status. */
export async function runProgram(name: DaemonKind<never>['name'], jobOf: () => Job | null): Promise<void> {
  tuneEngine()
  let status: ExitStatus = ExitStatus.stopped
  try {
    const job = jobOf()
    if (job !== null) await run(name, job)
  } catch (error) {
    status = tell(name, error)
  }
  process.exitCode = status
  process.exit()
}

function jobOf<Config>(kind: DaemonKind<Config>): Job | null {
  const { path, options } = parse(kind)
  const config = readConfigFile(path, kind.read)
  if (!options.check) {
    const { logLevel } = options
    return { logLevel, sealing: kind.sealing, run: (context) => kind.run(config, path, context) }
  }
  process.stdout.write(`${path}: no problems\n`)
  return null
}

async function run(name: string, job: Job): Promise<void> {
  const log = openLog({ level: job.logLevel, isTerminal: process.stderr.isTTY === true })
  const stopping = signals(log)
  try {
    const sealing = job.sealing ?? (await wantedSealing(process.env))
    await wantDirectWrites({ environment: process.env, log })
    await wantBusyPolling({ environment: process.env, log })
    const running = await job.run({
      log,
      sealing,
      software: `${name}/${VERSION}`,
      ready: (fields) => process.stdout.write(`${[name, 'ready', ...fields].join(' ')}\n`),
    })
    stopping.onHangup(running.reload)
    await Promise.race(running.failure === undefined ? [stopping.first] : [stopping.first, running.failure])
    void stopping.second.then(() => {
      running.cut()
      process.exit(ExitStatus.stopped)
    })
    await running.stop(DRAIN_MS)
    log.info('stopped')
  } finally {
    await log.close()
  }
}

function parse<Config>(kind: DaemonKind<Config>): { path: string; options: Options } {
  const command = new Command(kind.name)
    .description(kind.summary)
    .argument(kind.argument, 'the configuration file')
    .option('--check', 'read the configuration, print every problem, and exit')
    .addOption(logLevelOption())
    .version(`${kind.name} ${VERSION}`)
    .addHelpText('after', `${kind.help ?? ''}${HELP}`)
    .exitOverride()
    .showHelpAfterError(`(${kind.name} --help says more)`)
  command.parse(process.argv)
  return { path: command.args[0]!, options: command.opts<Options>() }
}

export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'the least urgent level that is logged').choices(LOG_LEVELS).default('info')
}

const HELP = `
Signals: SIGTERM and SIGINT stop taking new work, finish what is under way within 30 s, and exit; a second one exits now. SIGHUP makes a
consumer with keys read its authorized providers anew.
Environment: EDGERQ_SEALING=openssl, sodium-native or node:crypto says what seals packets; without it the fastest that this machine can load.
EDGERQ_UDP_OFFLOAD=yes or no says whether UDP uses the kernel's batching; without it what the configuration says, where it is to be had.
EDGERQ_DIRECT_WRITES=no lets Node write what sockets of clients and targets are given; =yes insists on system calls of our own (Linux, koffi).
EDGERQ_BUSY_POLL=no sleeps as soon as there is nothing to do; =yes waits awake for quick answers also where processor time is short.
Exit status: 0 stopped as asked, 1 could not run, 2 the command line or the configuration is wrong.`

interface Signals {
  /** Settled by the first and the second SIGTERM or SIGINT. */
  readonly first: Promise<void>
  readonly second: Promise<void>
  /** What SIGHUP does from now on; undefined: nothing. */
  onHangup(reload: (() => void) | undefined): void
}

function signals(log: Log): Signals {
  const ignore = () => {
    const remedy = 'there is nothing that this program could reload; restart it to apply changes of the configuration'
    log.warn('ignored', { signal: 'SIGHUP', remedy })
  }
  let reload = ignore
  process.on('SIGHUP', () => reload())
  const resolvers: (() => void)[] = []
  const first = new Promise<void>((resolve) => resolvers.push(resolve))
  const second = new Promise<void>((resolve) => resolvers.push(resolve))
  const onSignal = (signal: NodeJS.Signals) => {
    if (resolvers.length === 2) log.info('stopping', { signal, withinMs: DRAIN_MS, hint: 'a second signal stops now' })
    resolvers.shift()?.()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return {
    first,
    second,
    onHangup(wish) {
      reload = wish ?? ignore
    },
  }
}

/** One message for whoever started the program; the answer is its exit status. */
function tell(name: string, error: unknown): ExitStatus {
  // Commander has printed its own message, or the help or version that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitStatus.stopped : ExitStatus.wrongUsage
  if (error instanceof ExitError && error.status === ExitStatus.wrongUsage) {
    process.stderr.write(`${error.message}\n`)
    return error.status
  }
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${name}: ${message}\n`)
  return ExitStatus.couldNotRun
}

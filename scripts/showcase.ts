// What the demo and the overlay share: they start the programs one after the other, send requests through them and tell what happened.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ChildProgram } from '../stresstest/rig/child-program.ts'
import { builtProgram, projectFolder } from '../stresstest/rig/places.ts'
import { sendRequests } from './showcase-requests.ts'
import { passed, say, since } from './showcase-voice.ts'

export interface Showcase {
  readonly title: string
  /** The way of a request, drawn. */
  readonly picture: string
  /** In the order in which they are started. */
  readonly daemons: readonly ShowcaseDaemon[]
  /** Where the clients connect. */
  readonly servicePort: number
  /** Where the last provider sends them. */
  readonly webServerPort: number
  /** Lines to type, printed at the end. */
  readonly nextSteps: readonly string[]
}

export interface ShowcaseDaemon {
  readonly program: 'edgerq-sc' | 'edgerq-sp'
  /** From the project's folder. */
  readonly configFile: string
}

/** Runs until Ctrl-C, or for one round of requests if `--once` is on the command line; resolves with the exit status. */
export async function runShowcase(showcase: Showcase): Promise<number> {
  const stage = new Stage()
  const stopped = new Promise<boolean>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(true))
  })
  try {
    return (await Promise.race([play(showcase, stage), stopped])) ? 0 : 1
  } catch (error) {
    say(`\n${(error as Error).message}`)
    return 1
  } finally {
    await stage.close()
  }
}

/** True when all that was sent came back right. */
async function play(showcase: Showcase, stage: Stage): Promise<boolean> {
  say(`\n${showcase.title}\n\n${showcase.picture}\n`)
  await stage.startWebServer(showcase.webServerPort)
  for (const daemon of showcase.daemons) await stage.startDaemon(daemon)
  say('')
  const whole = await sendRequests(showcase.servicePort)
  if (process.argv.includes('--once')) {
    say(whole ? '\nEverything came through.' : '\nNot everything came through.')
    return whole
  }
  say(whole ? '\nEverything came through. Try it yourself:\n' : '\nNot everything came through. The programs are up:\n')
  for (const step of showcase.nextSteps) say(`  ${step}`)
  say('\nCtrl-C stops everything.')
  await stage.untilOneEnds()
  return false
}

/** The programs that are up, and the folder for their state. */
class Stage {
  readonly #programs: ChildProgram[] = []
  readonly #stateFolder = mkdtempSync(join(tmpdir(), 'edgerq-demo-'))

  startWebServer(port: number): Promise<void> {
    const args = ['--port', String(port), '--name', 'the web server behind the tunnel']
    return this.#start('web server', builtProgram('stresstest/web-server', ...args))
  }

  startDaemon(daemon: ShowcaseDaemon): Promise<void> {
    const configFile = relative(process.cwd(), join(projectFolder, daemon.configFile))
    return this.#start(`${daemon.program} ${daemon.configFile}`, builtProgram(`src/cli/${daemon.program}`, configFile))
  }

  /** Throws as soon as a program ends that nobody asked to. */
  async untilOneEnds(): Promise<void> {
    const ended = await Promise.race(this.#programs.map((program) => program.exited.then(() => program)))
    throw new Error(`${ended.name} ended by itself. ${lastWords(ended)}`)
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end()))
    rmSync(this.#stateFolder, { recursive: true, force: true })
  }

  async #start(name: string, command: readonly string[]): Promise<void> {
    const begun = performance.now()
    const environment = { EDGERQ_STATE_DIR: this.#stateFolder }
    const program = new ChildProgram({ name, command, environment })
    this.#programs.push(program)
    const ready = program.line(/^\S+ ready (.*)$/)
    const match = await Promise.race([ready.catch(() => null), program.exited.then(() => null)])
    if (match === null) throw new Error(`${name} did not start. ${lastWords(program)}`)
    passed(name, shorten(match[1] ?? ''), since(begun))
  }
}

/** The first group of a UUID is enough to know it again. */
function shorten(addresses: string): string {
  return addresses.replace(/([0-9a-f]{8})-[0-9a-f-]{27}/g, '$1…')
}

function lastWords(program: ChildProgram): string {
  const lines = program.stderr.slice(-5).map((line) => `  ${plain(line)}\n`)
  return lines.length === 0 ? 'It said nothing.' : `It said:\n${lines.join('')}`
}

/** The sentence of a JSON log line; any other line as it is. */
function plain(line: string): string {
  try {
    const { message } = JSON.parse(line) as { message?: unknown }
    return typeof message === 'string' ? message : line
  } catch {
    return line
  }
}

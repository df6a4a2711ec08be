// `npm run chain`: the set-up in which the original was tested, with load on it: stresstest → internal API → SC → SP → web server.
// `npm run chain -- --hops 2` puts a second tunnel behind the first one. Every port is a free one, and everything that was started is
// ended; the status is 0 only if every answer was right.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { LoadResult } from '../stresstest/load/result.ts'
import { ChildProgram } from '../stresstest/rig/child-program.ts'
import { type Daemon, startConsumer, startProvider } from '../stresstest/rig/daemons.ts'
import { builtProgram } from '../stresstest/rig/places.ts'
import { ReadyLine } from '../stresstest/rig/ready-line.ts'
import { failed, passed, say, since } from './showcase-voice.ts'

const DEFAULT_PROTOCOL = 'http'
const UUID = '11111111-2222-3333-4444-555555555555'

/** Far more than the load needs: what is shown here is the chain, not its waiting room. */
const MAX_CONNECTIONS = 10_000

const USAGE = `npm run chain -- [options]
  --hops N              tunnels in a row, 1 to 4 (default 1)
  --protocol P          of the services: http or tcp (default ${DEFAULT_PROTOCOL})
  --connections N       of each load (default 20)
  --seconds S           of each load (default 3)`

interface ChainOptions {
  readonly hops: number
  readonly protocol: string
  readonly connections: number
  readonly seconds: number
}

interface Load {
  readonly name: string
  readonly path: string
  readonly args: readonly string[]
}

const LOADS: readonly Load[] = [
  { name: 'GET /bytes/1000', path: '/bytes/1000', args: [] },
  { name: 'GET /bytes/1000, a connection each', path: '/bytes/1000', args: ['--no-keep-alive'] },
  { name: 'GET /bytes/5000000', path: '/bytes/5000000', args: [] },
  { name: 'GET /bytes/200000 in chunks', path: '/bytes/200000?framing=chunked', args: [] },
  { name: 'POST /hash with 200 kB', path: '/hash', args: ['--body-bytes', '200000'] },
  {
    name: 'PUT /echo with 200 kB in chunks',
    path: '/echo',
    args: ['--method', 'PUT', '--body-bytes', '200000', '--chunked'],
  },
]

/** The programs of the chain, from the far end to the near one, and the folder for their files. */
class Chain {
  readonly #folder = mkdtempSync(join(tmpdir(), 'edgerq-chain-'))
  readonly #programs: ChildProgram[] = []

  /** Resolves with the port of the internal API. */
  async lay({ hops, protocol }: ChainOptions): Promise<number> {
    let port = await this.#serve('web-server')
    for (let hop = hops; hop >= 1; hop--) port = await this.#tunnel(hop, protocol, port)
    return this.#serve('internal-api', '--to', `http://127.0.0.1:${port}`)
  }

  /** Sends one load and resolves with what came of it. */
  async send(load: Load, port: number, { connections, seconds }: ChainOptions): Promise<LoadResult> {
    const args = ['--connections', `${connections}`, '--duration', `${seconds}`, '--json', ...load.args]
    const program = this.#start('edgerq-stresstest', `http://127.0.0.1:${port}${load.path}`, ...args)
    await program.exited
    const [line] = program.stdout
    if (line === undefined) throw new Error(program.logs())
    return JSON.parse(line) as LoadResult
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Resolves with the port of a consumer whose provider serves what is at `targetPort`. */
  async #tunnel(hop: number, protocol: string, targetPort: number): Promise<number> {
    const service = { uuid: UUID, protocol }
    const consumer = await this.#daemon(`consumer${hop}`, (options) =>
      startConsumer(options, { services: [{ ...service, max_connections: MAX_CONNECTIONS }] }),
    )
    const pipe = { port: consumer.ready.port('udp'), services: [{ ...service, port: targetPort }] }
    await this.#daemon(`provider${hop}`, (options) => startProvider(options, { pipes: [pipe] }))
    return consumer.ready.port(UUID)
  }

  async #daemon(name: string, start: (options: { name: string; folder: string }) => Promise<Daemon>): Promise<Daemon> {
    const begun = performance.now()
    const daemon = await start({ name, folder: this.#folder })
    this.#programs.push(daemon.program)
    passed(name, `pid ${daemon.program.pid}`, since(begun))
    return daemon
  }

  async #serve(name: string, ...args: readonly string[]): Promise<number> {
    const begun = performance.now()
    const program = this.#start(name, ...args)
    const [line] = await program.line(/^\S+ ready .*$/)
    const port = new ReadyLine(line).port('tcp')
    passed(name, `port ${port}`, since(begun))
    return port
  }

  #start(name: string, ...args: readonly string[]): ChildProgram {
    const program = new ChildProgram({ name, command: builtProgram(`stresstest/${name}`, ...args) })
    this.#programs.push(program)
    return program
  }
}

/** True when every answer was right. */
async function play(chain: Chain, options: ChainOptions): Promise<boolean> {
  say(`\nedgerq chain: ${pictureOf(options.hops)}   (${options.protocol} services)\n`)
  const port = await chain.lay(options)
  say('')
  let isWhole = true
  for (const load of LOADS) isWhole = tell(load, await chain.send(load, port, options)) && isWhole
  say(isWhole ? '\nEvery answer was right.' : '\nNot every answer was right.')
  return isWhole
}

function pictureOf(hops: number): string {
  const tunnels = Array.from({ length: hops }, () => 'edgerq-sc ◀═UDP═ edgerq-sp')
  return ['stresstest', 'internal API', ...tunnels, 'web server'].join(' ─▶ ')
}

function tell(load: Load, { requests, requestsPerSecond, latencyMs, errors, seconds }: LoadResult): boolean {
  const isWhole = requests.failed === 0 && requests.right > 0
  const failures = Object.entries(errors).map(([kind, times]) => `${times} × ${kind}`)
  if (!isWhole) {
    failed(load.name, `${requests.right} right; ${failures.join(', ') || 'no answer'}`)
    return false
  }
  const rate = `${requests.right} right, ${Math.round(requestsPerSecond)}/s`
  passed(load.name, `${rate}, p50 ${latencyMs?.p50} ms, p99 ${latencyMs?.p99} ms`, `${seconds.toFixed(1)} s`)
  return true
}

function readOptions(): ChainOptions {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { hops: text, protocol: text, connections: text, seconds: text } })
  const protocol = values.protocol ?? DEFAULT_PROTOCOL
  if (protocol !== 'tcp' && protocol !== 'http') throw new Error(`--protocol must be http or tcp, not "${protocol}"`)
  return {
    protocol,
    hops: whole('hops', values.hops ?? '1', 4),
    connections: whole('connections', values.connections ?? '20', 1000),
    seconds: whole('seconds', values.seconds ?? '3', 3600),
  }
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new Error(`--${name} must be 1 to ${most}, not "${text}"`)
}

async function run(): Promise<number> {
  const options = readOptions()
  const stopped = new Promise<boolean>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(false))
  })
  const chain = new Chain()
  try {
    return (await Promise.race([play(chain, options), stopped])) ? 0 : 1
  } finally {
    await chain.close()
  }
}

let status = 1
try {
  status = await run()
} catch (error) {
  const { message, code } = error as NodeJS.ErrnoException
  const isUsage = code?.startsWith('ERR_PARSE_ARGS') || message.startsWith('--')
  say(isUsage ? `${message}\n\n${USAGE}` : `\n${message}`)
  status = isUsage ? 2 : 1
}
process.exit(status) // a program that was just starting when a signal came is ended with this one

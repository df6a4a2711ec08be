// A link that is worse than loopback: two network namespaces, joined by `wanlink` (on the PATH, or named by EDGERQ_BENCH_WANLINK), which delays
// and loses packets and bounds their rate. Linux and root only. Whatever ends this process, the namespaces do not outlive it.

import { spawnSync } from 'node:child_process'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { findProgram, notFound } from './found-program.ts'
import type { Ground } from './ground.ts'
import type { Controller } from './tunnel.ts'

export interface LinkShape {
  /** One way. */
  readonly delayMs: number
  /** Each way. */
  readonly lossPercent: number
  readonly megabitsPerSecond: number
  readonly queuePackets: number
}

const INSIDE_HOST = '10.77.0.1'
const OUTSIDE_HOST = '10.77.0.2'
const SUBNET = '10.77.0.0/30'
/** What wanlink calls its end in each namespace. */
const DEVICE = 'wan0'

/** Null: it can be had. */
export function missingForLink(): string | null {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (process.getuid?.() !== 0) return 'this is not root, who alone can make network namespaces'
  if (spawnSync('ip', ['-V']).error !== undefined) return 'ip is not installed'
  if (findProgram('wanlink', '--version') === null) return notFound('wanlink')
  const name = nameOf('try')
  const { status, stderr } = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (status !== 0) return `no network namespace can be made here: ${stderr.trim()}`
  run('ip', 'netns', 'del', name)
  return null
}

const namespaces = new Set<string>()
process.on('exit', () => {
  for (const name of namespaces) spawnSync('ip', ['netns', 'del', name])
})

let made = 0

export class Link {
  readonly shape: LinkShape
  readonly ground: Ground
  readonly #names: readonly [inside: string, outside: string]
  readonly #wanlink: ChildProgram

  private constructor(shape: LinkShape) {
    this.shape = shape
    made++
    this.#names = [nameOf(`${made}-inside`), nameOf(`${made}-outside`)]
    for (const name of this.#names) {
      run('ip', 'netns', 'add', name)
      namespaces.add(name)
    }
    const [inside, outside] = this.#names
    this.ground = {
      inside: { entry: ['ip', 'netns', 'exec', inside], host: INSIDE_HOST },
      outside: { entry: ['ip', 'netns', 'exec', outside], host: OUTSIDE_HOST },
    }
    this.#wanlink = new ChildProgram({ name: 'wanlink', command: wanlinkCommand(this.#names, shape) })
  }

  static async open(shape: LinkShape): Promise<Link> {
    const link = new Link(shape)
    await link.#wanlink.line(/^wanlink ready/)
    return link
  }

  get roundTripMs(): number {
    return 2 * this.shape.delayMs
  }

  /**
   * Of TCP connections that are opened from now on, in both directions. It is a property of the route, because the setting of a whole namespace
   * takes only what the system's own network uses or allows to all. Null: it has it; else why not.
   */
  setController(controller: Controller): string | null {
    const [inside, outside] = this.#names
    for (const [name, host] of [
      [inside, INSIDE_HOST],
      [outside, OUTSIDE_HOST],
    ] as const) {
      const args = ['-n', name, 'route', 'replace', SUBNET, 'dev', DEVICE, 'src', host, 'congctl', controller]
      const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
      if (status !== 0) return `the kernel's TCP takes no ${controller}: ${stderr.trim()}`
    }
    return null
  }

  /** Whatever still runs in the namespaces loses its network. */
  async close(): Promise<void> {
    await this.#wanlink.end()
    for (const name of this.#names) {
      run('ip', 'netns', 'del', name)
      namespaces.delete(name)
    }
  }
}

function wanlinkCommand([inside, outside]: readonly [string, string], shape: LinkShape): readonly string[] {
  const options = {
    a: inside,
    b: outside,
    'addr-a': `${INSIDE_HOST}/30`,
    'addr-b': `${OUTSIDE_HOST}/30`,
    delay: shape.delayMs,
    loss: shape.lossPercent,
    rate: shape.megabitsPerSecond,
    queue: shape.queuePackets,
  }
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  return [findProgram('wanlink', '--version')!.path, ...flags]
}

function nameOf(what: string): string {
  return `edgerq-bench-${process.pid}-${what}`
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
}

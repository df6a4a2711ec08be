// A network of its own for a test (ip netns, nft): programs in it see nothing but its loopback, on which packets can be dropped at will.
// Linux and root only.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Peer, startPeer } from '../../stresstest/peer.ts'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'

/** Null: it can be had. */
export function missingForNamespace(): string | null {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (process.getuid?.() !== 0) return 'this is not root'
  for (const [program, args] of [
    ['ip', ['-V']],
    ['nft', ['-v']],
  ] as const) {
    if (spawnSync(program, args).error !== undefined) return `${program} is not installed`
  }
  const name = nameOf('try')
  const { status, stderr } = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (status !== 0) return `no network namespace can be made here: ${stderr.trim()}`
  run('ip', 'netns', 'del', name)
  return null
}

let made = 0

export class Namespace {
  /** Before the command of a program that is to run in it. */
  readonly entry: readonly string[]
  readonly #name = nameOf(String(++made))
  readonly #folder = mkdtempSync(join(tmpdir(), 'edgerq-netns-'))
  readonly #peers: Peer[] = []
  readonly #door: ChildProgram

  private constructor() {
    this.entry = ['ip', 'netns', 'exec', this.#name]
    run('ip', 'netns', 'add', this.#name)
    run('ip', '-n', this.#name, 'link', 'set', 'lo', 'up')
    this.#nft('add table inet test; add chain inet test in { type filter hook input priority 0; }')
    const command = [...this.entry, ...builtProgram('test/processes/namespace-door', this.#doorPath)]
    this.#door = new ChildProgram({ name: 'namespace-door', command })
  }

  static async create(): Promise<Namespace> {
    const namespace = new Namespace()
    await namespace.#door.line(/^namespace-door ready$/)
    return namespace
  }

  /** A port of this machine that leads to a TCP port in there. */
  async portTo(inside: number): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const door = connect({ path: this.#doorPath, allowHalfOpen: true })
      door.write(`${inside}\n`)
      client.pipe(door).pipe(client)
      for (const [one, other] of [
        [client, door],
        [door, client],
      ] as const) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy())
      }
    })
    const peer = await startPeer(server, {})
    this.#peers.push(peer)
    return peer.port
  }

  /** From now on nothing gets through to this port, and nobody is told. */
  drop(protocol: 'udp' | 'tcp', port: number): void {
    this.#nft(`add rule inet test in ${protocol} dport ${port} drop`)
  }

  /** Everything gets through. */
  open(): void {
    this.#nft('flush chain inet test in')
  }

  async remove(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.close()))
    await this.#door.kill()
    run('ip', 'netns', 'del', this.#name)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #doorPath(): string {
    return join(this.#folder, 'door')
  }

  #nft(rules: string): void {
    const [program, ...args] = [...this.entry, 'nft', rules]
    run(program!, ...args)
  }
}

function nameOf(what: string): string {
  return `edgerq-${process.pid}-${what}`
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
}

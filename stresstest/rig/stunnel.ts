// Real stunnels between two programs, with the sample configurations of stunnel/: only folders, ports and hosts are others.

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ChildProgram } from './child-program.ts'
import { projectFolder } from './places.ts'

/** By what one side of a link knows the other. */
export const STUNNEL_KINDS = ['certificate', 'mutual', 'psk'] as const
export type StunnelKind = (typeof STUNNEL_KINDS)[number]
export type StunnelSample = `${'consumer' | 'provider'}-${StunnelKind}` | 'public'

/** As the samples call the two machines. */
const CONSUMER_NAME = 'server.example.org'
const PROVIDER_NAME = 'provider.example.org'

export interface Stunnel {
  readonly program: ChildProgram
  /** Where it takes connections, on 127.0.0.1. */
  readonly port: number
}

export interface StunnelPlan {
  /** Where it passes connections on to, on 127.0.0.1. */
  readonly connect: number
  /** The folder with its certificates and secrets, below the site's; default: `stunnel`. */
  readonly files?: string
  /** What else is to be different from the sample. */
  readonly edit?: (text: string) => string
}

/** The programs that this needs and this machine has not. */
export function missingForStunnel(): readonly string[] {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return ['stunnel', 'openssl', 'curl'].filter(
    (program) => !folders.some((folder) => existsSync(join(folder, program))),
  )
}

/** Whose stunnels they are. */
export interface StunnelOwner {
  /** Where their files are. */
  readonly folder: string
  /** Takes a program, which must end with its owner. */
  own(program: ChildProgram): ChildProgram
}

/** The stunnels of one owner, and the files that they read. */
export class StunnelSite {
  readonly #owner: StunnelOwner
  #started = 0

  constructor(owner: StunnelOwner) {
    this.#owner = owner
  }

  /** The path of a file beside the certificates. */
  path(name: string, files = 'stunnel'): string {
    return join(this.#owner.folder, files, name)
  }

  /** Certificates by the script that people are given, and secrets as its README has them made. */
  makeFiles(files = 'stunnel', consumer = CONSUMER_NAME, provider = PROVIDER_NAME): void {
    const folder = this.path('.', files)
    const script = join(projectFolder, 'stunnel/make-certificates.sh')
    const { status, stderr } = spawnSync('sh', [script, folder, consumer, provider], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`make-certificates.sh ended with ${status}: ${stderr}`)
    writeFileSync(this.path('secrets', files), `provider:${randomBytes(32).toString('hex')}\n`, { mode: 0o400 })
  }

  /** Runs a sample, and waits until it takes connections. */
  async start(sample: StunnelSample, plan: StunnelPlan): Promise<Stunnel> {
    const name = `stunnel-${sample}-${++this.#started}`
    const path = join(this.#owner.folder, `${name}.conf`)
    mkdirSync(this.path('.', plan.files), { recursive: true })
    writeFileSync(path, this.#rendered(sample, plan))
    const program = this.#owner.own(new ChildProgram({ name, command: ['stunnel', path] }))
    const [, port] = await program.line(/ bound to 127\.0\.0\.1:(\d+)$/)
    await program.line(/Accepting new connections/)
    return { program, port: Number(port) }
  }

  /** As in the sample, line by line; `debug = info`, since stunnel tells only there which port it has. */
  #rendered(sample: StunnelSample, { connect, files, edit = (text) => text }: StunnelPlan): string {
    const text = readFileSync(join(projectFolder, `stunnel/${sample}.conf`), 'utf8')
    const placed = text
      .replace(/^accept = .*$/m, 'accept = 127.0.0.1:0')
      .replace(/^connect = .*$/m, `connect = 127.0.0.1:${connect}`)
      .replaceAll('/etc/edgerq/stunnel', this.path('.', files))
    return edit(`debug = info\n${placed}`)
  }
}

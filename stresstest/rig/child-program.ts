// One of our programs, run as a child and seen as anybody sees it: its lines, its exit status, its memory and its CPU time.

import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

/** Far more than anything here takes, also on a busy machine: whoever waits longer waits for something that will not come. */
export const DEADLINE_MS = 30_000

/** After SIGTERM, for programs that still have something to finish, also on a machine that stands still for seconds; then SIGKILL. */
const GRACE_MS = 10_000

export interface ProgramOptions {
  /** What it is called in messages. */
  readonly name: string
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

export interface ExitStatus {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const running = new Set<ChildProgram>()
// Whatever ends this process, its children do not outlive it.
process.on('exit', () => {
  for (const program of running) program.signal('SIGKILL')
})

/** For programs that have nothing of their own to finish: a signal ends them in the way that takes the children along. */
export function endWithChildrenOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
}

export class ChildProgram {
  readonly name: string
  readonly pid: number
  readonly stdout: string[] = []
  readonly stderr: string[] = []
  /** Resolves when the program has ended and all of its lines are here. */
  readonly exited: Promise<ExitStatus>
  readonly #child: ChildProcess
  readonly #news = new EventEmitter().setMaxListeners(0)
  #status: ExitStatus | null = null

  constructor(options: ProgramOptions) {
    this.name = options.name
    const [program, ...args] = options.command
    this.#child = spawn(program ?? '', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    })
    this.pid = this.#child.pid ?? 0
    this.#collect(this.#child.stdout, this.stdout)
    this.#collect(this.#child.stderr, this.stderr)
    this.exited = this.#untilClosed()
    running.add(this)
  }

  get status(): ExitStatus | null {
    return this.#status
  }

  /** The first line, of either stream, that matches: one that came already or one that comes yet. */
  async line(pattern: RegExp, deadlineMs = DEADLINE_MS): Promise<RegExpMatchArray> {
    const signal = AbortSignal.timeout(deadlineMs)
    for (;;) {
      const match = this.#find(pattern)
      if (match !== null) return match
      if (this.#status !== null) throw new Error(`${this.name} ended before it said ${pattern}\n${this.logs()}`)
      await once(this.#news, 'news', { signal }).catch(() => {
        throw new Error(`${this.name} did not say ${pattern} within ${deadlineMs} ms\n${this.logs()}`)
      })
    }
  }

  /** Its status, once it has ended by itself. */
  async ended(deadlineMs = DEADLINE_MS): Promise<ExitStatus> {
    const late = new AbortController()
    const status = await Promise.race([this.exited, pause(deadlineMs, null, { signal: late.signal })])
    late.abort()
    if (status === null) throw new Error(`${this.name} did not end within ${deadlineMs} ms\n${this.logs()}`)
    return status
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Asks it to stop, and stops it if it does not. */
  async end(): Promise<ExitStatus> {
    this.signal('SIGTERM')
    const timer = setTimeout(() => this.signal('SIGKILL'), GRACE_MS)
    const status = await this.exited
    clearTimeout(timer)
    return status
  }

  /** Ends it at once, as a crash would. */
  kill(): Promise<ExitStatus> {
    this.signal('SIGKILL')
    return this.exited
  }

  /** Everything that it printed, for the message of a failed test. */
  logs(): string {
    const lines = [...this.stdout, ...this.stderr].map((line) => `  ${this.name} | ${line}`)
    const ended = this.#status === null ? 'is running' : `ended with ${this.#status.code ?? this.#status.signal}`
    return [...lines, `  ${this.name} ${ended}`].join('\n')
  }

  #find(pattern: RegExp): RegExpMatchArray | null {
    for (const line of [...this.stdout, ...this.stderr]) {
      const match = line.match(pattern)
      if (match !== null) return match
    }
    return null
  }

  #collect(stream: Readable | null, into: string[]): void {
    if (stream === null) return
    createInterface({ input: stream }).on('line', (line) => {
      into.push(line)
      this.#news.emit('news')
    })
  }

  async #untilClosed(): Promise<ExitStatus> {
    const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null]
    this.#status = { code, signal }
    running.delete(this)
    this.#news.emit('news')
    return this.#status
  }
}

// Does a service's target answer? Learnt from real connections where they can tell, else from probes of our own.

import type { Health } from '../config/read.ts'
import type { TargetConnector } from './target-connector.ts'
import { probeTarget } from './target-probe.ts'

export interface TargetHealthParts {
  readonly connector: TargetConnector
  /** Name and version of this program. */
  readonly software: string
  /** Called with each change, not with each observation. */
  readonly onChange: (isHealthy: boolean) => void
}

export class TargetHealth {
  isHealthy = true
  readonly #parts: TargetHealthParts
  #timer: NodeJS.Timeout | null = null
  #cancelProbe: (() => void) | null = null
  #learntSinceProbe = false

  constructor(parts: TargetHealthParts) {
    this.#parts = parts
  }

  /** A target that has a page for it is asked at once: a connection that it takes would not tell. */
  start(): void {
    const { kind, intervalSeconds } = this.#health
    if (kind === 'off') return
    this.#timer = setInterval(() => this.#onInterval(), intervalSeconds * 1_000).unref()
    if (kind === 'path') this.#probe()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#cancelProbe?.()
  }

  /** A real connection to the target succeeded or failed. One that succeeds does not make a target well whose page says otherwise. */
  note(isReached: boolean): void {
    const { kind } = this.#health
    if (kind === 'off' || (kind === 'path' && isReached)) return
    this.#learntSinceProbe = true
    this.#learn(isReached)
  }

  get #health(): Health {
    return this.#parts.connector.service.health
  }

  #learn(isHealthy: boolean): void {
    if (isHealthy === this.isHealthy) return
    this.isHealthy = isHealthy
    this.#parts.onChange(isHealthy)
  }

  /** A target that real connections have reached lately is not bothered, unless there is a page to be asked for. */
  #onInterval(): void {
    const knows = this.#health.kind === 'connect' && this.#learntSinceProbe && this.isHealthy
    this.#learntSinceProbe = false
    if (!knows) this.#probe()
  }

  #probe(): void {
    const { connector, software } = this.#parts
    this.#cancelProbe = probeTarget({ connector, software, tell: (isHealthy) => this.#learn(isHealthy) })
  }
}

// Does a service's target answer? Learnt from real connections where there are any, else from a probe of our own.

import { connect } from 'node:net'
import type { ProviderService } from '../config/read.ts'

/** A target that does not take a connection within this does not answer. */
const PROBE_WITHIN_MS = 3_000

export class TargetHealth {
  isHealthy = true
  readonly #service: ProviderService
  readonly #onChange: (isHealthy: boolean) => void
  #timer: NodeJS.Timeout | null = null
  #learntSinceProbe = false

  /** `onChange` is called with each change, not with each observation. */
  constructor(service: ProviderService, onChange: (isHealthy: boolean) => void) {
    this.#service = service
    this.#onChange = onChange
  }

  start(): void {
    const { kind, intervalSeconds } = this.#service.health
    if (kind === 'off') return
    this.#timer = setInterval(() => this.#onInterval(), intervalSeconds * 1_000).unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /** A connection to the target succeeded or failed. */
  note(isHealthy: boolean): void {
    if (this.#service.health.kind === 'off') return
    this.#learntSinceProbe = true
    if (isHealthy === this.isHealthy) return
    this.isHealthy = isHealthy
    this.#onChange(isHealthy)
  }

  /** A target that real connections have reached lately is not bothered. */
  #onInterval(): void {
    const knows = this.#learntSinceProbe && this.isHealthy
    this.#learntSinceProbe = false
    if (!knows) this.#probe()
  }

  #probe(): void {
    const { hostname, port } = this.#service
    const socket = connect({ host: hostname, port })
    socket.setTimeout(PROBE_WITHIN_MS, () => socket.destroy(new Error('timed out')))
    socket.once('connect', () => {
      this.note(true)
      socket.destroy()
    })
    socket.once('error', () => this.note(false))
  }
}

// The provider: one pipe for each consumer of the configuration, each with drivers of its own.

import type { Log } from '../log.ts'
import { Watchdog } from '../runtime/watchdog.ts'
import { doneWithin } from '../runtime/within.ts'
import { Pipe, type PipeParts } from './pipe.ts'

/** What differs from pipe to pipe. */
export type OwnPipeParts = Pick<PipeParts, 'config' | 'rungs' | 'cryptos' | 'key'>

export interface ProviderParts {
  readonly pipes: readonly OwnPipeParts[]
  readonly log: Log
  /** Name and version of this program. */
  readonly software: string
  /** What the files of <ca> hold, by their paths as the configuration writes them. */
  readonly certificates: ReadonlyMap<string, string>
  readonly fraction: () => number
  /** The first pipe is registered: the provider serves. */
  readonly onReady: (pipe: Pipe) => void
}

export class Provider {
  readonly pipes: readonly Pipe[]
  readonly #log: Log
  #isReady = false

  constructor(parts: ProviderParts) {
    const { log, software, certificates, fraction } = parts
    const watchdog = new Watchdog(() => performance.now())
    this.#log = log
    this.pipes = parts.pipes.map((own) => {
      const onRegistered = (pipe: Pipe) => this.#onRegistered(pipe, parts.onReady)
      return new Pipe({ ...own, watchdog, log, software, certificates, fraction, onRegistered })
    })
  }

  start(): void {
    for (const pipe of this.pipes) pipe.start()
  }

  /** Takes no new streams and waits for those that are served, at most `withinMs`; then ends what is left. */
  async stop(withinMs: number): Promise<void> {
    const drained = Promise.all(this.pipes.map((pipe) => pipe.drain()))
    if (!(await doneWithin(drained, withinMs))) this.#log.warn('drainTimedOut', { afterMs: withinMs })
    await Promise.all(this.pipes.map((pipe) => pipe.close()))
  }

  /** Ends every stream at once: its target is reset. */
  cut(): void {
    for (const pipe of this.pipes) pipe.cut()
  }

  #onRegistered(pipe: Pipe, onReady: (pipe: Pipe) => void): void {
    if (this.#isReady) return
    this.#isReady = true
    onReady(pipe)
  }
}

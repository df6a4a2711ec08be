// A client that never stops asking who serves: for tests in which somebody must not be disturbed.

import { setTimeout as pause } from 'node:timers/promises'
import { whoServes } from './keyed-site.ts'

/** Often enough that a break of a tenth of a second is noticed. */
const ASK_EVERY_MS = 50

export class ServiceWatch {
  answers = 0
  readonly names = new Set<string>()
  readonly #port: number
  #isEnded = false
  readonly #done: Promise<void>

  constructor(port: number) {
    this.#port = port
    this.#done = this.#ask()
  }

  /** Rejects if a question had no answer. */
  end(): Promise<void> {
    this.#isEnded = true
    return this.#done
  }

  async #ask(): Promise<void> {
    while (!this.#isEnded) {
      this.names.add(await whoServes(this.#port))
      this.answers++
      await pause(ASK_EVERY_MS)
    }
  }
}

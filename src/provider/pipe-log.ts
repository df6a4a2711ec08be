// What a pipe says in the log of its sessions and of the carriers that it goes over to.

import type { Log } from '../log.ts'
import { CloseCode, closeSentence, type SessionEvent } from '../protocol/index.ts'
import type { Trouble } from './ladder.ts'
import type { Rung } from './rung.ts'

/** Why the rung that was used before is not any more. */
const WHY: Readonly<Record<Trouble, string>> = {
  none: 'the better one answers',
  noAnswer: 'it does not answer',
  failed: 'it cannot be reached',
  silent: 'it has fallen silent',
  lost: 'its session is lost',
}

export class PipeLog {
  readonly #pipe: string
  readonly #log: Log

  constructor(pipe: string, log: Log) {
    this.#pipe = pipe
    this.#log = log
  }

  connected(rung: Rung): void {
    this.#log.info('connected', this.#names(rung))
  }

  silent(rung: Rung): void {
    this.#log.warn('consumerSilent', this.#names(rung))
  }

  back(rung: Rung): void {
    this.#log.info('consumerBack', this.#names(rung))
  }

  lost(rung: Rung, { by, code, reason }: Extract<SessionEvent, { kind: 'closed' }>): void {
    const why = code === CloseCode.none ? undefined : closeSentence(code)
    this.#log.warn('connectionLost', { ...this.#names(rung), by, why, reason: reason || undefined })
  }

  /** New streams come over `to`. A step down is something to look into. */
  changed(from: Rung, to: Rung, trouble: Trouble): void {
    const log = this.#log
    const fields = { pipe: this.#pipe, from: from.title, to: to.title, why: WHY[trouble] }
    if (trouble === 'none') log.info('carrierChanged', fields)
    else log.warn('carrierChanged', fields)
  }

  #names(rung: Rung): { readonly pipe: string; readonly carrier: string; readonly consumer: string } {
    return { pipe: this.#pipe, carrier: rung.kind, consumer: rung.consumer }
  }
}

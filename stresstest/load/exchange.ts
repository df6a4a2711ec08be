// One request and its answer: it ends once, as right or with the name of what went wrong first.

import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Errand } from './errand.ts'
import { BODY_SHORT, failureOf, RESET, statusFailure, TIMED_OUT } from './failures.ts'
import { wasReset } from './resets.ts'
import type { Outcome } from './tally.ts'

export class Exchange {
  readonly #request: ClientRequest
  readonly #errand: Errand
  readonly #settled: (outcome: Outcome) => void
  #timer: NodeJS.Timeout | null = null
  #isSettled = false
  #status = 0
  #receivedBytes = 0

  constructor(request: ClientRequest, errand: Errand, settled: (outcome: Outcome) => void) {
    this.#request = request
    this.#errand = errand
    this.#settled = settled
  }

  /** `expectsOk`: no status but 200 is right. */
  begin(timeoutMs: number, expectsOk: boolean): void {
    this.#timer = setTimeout(() => this.#giveUp(TIMED_OUT), timeoutMs)
    this.#request.on('error', (error) => this.#settle(this.#ofConnection(failureOf(error))))
    this.#request.on('response', (answer) => this.#receive(answer, expectsOk))
    this.#errand.upload.sendTo(this.#request)
  }

  #receive(answer: IncomingMessage, expectsOk: boolean): void {
    this.#status = answer.statusCode ?? 0
    const isRight = expectsOk ? this.#status === 200 : this.#status < 400
    const failure = isRight ? null : statusFailure(this.#status, answer.headers['x-edgerq-error'])
    answer.on('data', (chunk: Buffer) => {
      this.#receivedBytes += chunk.length
      if (failure === null) this.#errand.check.accept(chunk)
    })
    answer.on('error', () => this.#giveUp(failure ?? this.#ofConnection(BODY_SHORT)))
    answer.on('end', () => this.#conclude(failure))
  }

  /** The whole answer is here. */
  #conclude(failure: string | null): void {
    if (this.#request.writableFinished) return void this.#settle(failure ?? this.#errand.check.failure())
    // Nobody waits for the rest of a body that was turned down, and its connection is of no use any more.
    if (failure !== null) return void this.#giveUp(failure)
    this.#request.once('finish', () => this.#settle(this.#errand.check.failure()))
  }

  /** What looked like the end of the connection may have been a reset. */
  #ofConnection(failure: string): string {
    return wasReset(this.#request.socket) ? RESET : failure
  }

  #giveUp(failure: string): void {
    this.#settle(failure)
    this.#request.destroy()
  }

  #settle(failure: string | null): void {
    if (this.#isSettled) return
    this.#isSettled = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    const { sentBytes } = this.#errand.upload
    this.#settled({ failure, status: this.#status, sentBytes, receivedBytes: this.#receivedBytes })
  }
}

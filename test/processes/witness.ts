// Sends bytes to one target through the tunnel, and tells what the client was answered and what the target took for requests.

import assert from 'node:assert/strict'
import { eventually } from './clients.ts'
import type { RecordingTarget, SeenRequest } from './http-targets.ts'
import { answersIn, type SaidAnswer, talk } from './raw-talk.ts'

/** What became of some bytes. */
export interface Passage {
  readonly answers: readonly SaidAnswer[]
  /** What the target took for requests. */
  readonly seen: readonly SeenRequest[]
}

/** Comes behind everything, on a connection of its own. */
const VICTIM = '/victim'

export class Witness {
  readonly name: string
  readonly #target: RecordingTarget
  readonly #port: number
  #victims = 0
  #told = 0

  /** `port`: of the service. */
  constructor(name: string, target: RecordingTarget, port: number) {
    this.name = name
    this.#target = target
    this.#port = port
  }

  /** Requests that the target has had and that no passage told of. Those that broke off may come late. */
  get untold(): readonly SeenRequest[] {
    return this.#seen()
      .slice(this.#told)
      .filter(({ body }) => body !== null)
  }

  /**
   * Resolves when as many `requests` as are expected have come, and behind them that of somebody else, who must get an answer of his own
   * whatever these bytes have left behind.
   */
  async send(bytes: string, requests: number): Promise<Passage> {
    const answers = answersIn(await talk(this.#port, bytes))
    const [victim] = answersIn(await talk(this.#port, `GET ${VICTIM} HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n`))
    assert.match(victim?.text ?? '', /\r\n\r\nGET \/victim\n$/, `${this.name} gave the next client another's answer`)
    this.#victims++
    await eventually(`${this.name} has seen it`, () => this.#hasSeen(requests))
    const seen = this.#seen().slice(this.#told)
    this.#told += seen.length
    return { answers, seen }
  }

  #hasSeen(requests: number): boolean {
    const others = this.#seen().length
    return others >= this.#told + requests && this.#target.seen().length - others >= this.#victims
  }

  #seen(): SeenRequest[] {
    return this.#target.seen().filter(({ target }) => target !== VICTIM)
  }
}

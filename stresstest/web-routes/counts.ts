// /count and /abort-seen: what the server has seen of its clients since it was started, for tests that must know it from this side.

import type { ServerResponse } from 'node:http'
import { sendJson, type Visit } from './route.ts'

export class Counts {
  readonly #seen = new Map<string, number>()
  #requests = 0
  #aborted = 0

  /** To be told of every answer before it begins. */
  watch(response: ServerResponse): void {
    // 'close' comes in any case; an answer that was whole by then has been handed to the kernel.
    response.on('close', () => {
      if (!response.writableFinished) this.#aborted++
    })
  }

  /** POST and the like count the id in `?id=`; GET without one tells of all ids how often each was seen. */
  readonly count = ({ url, request, response }: Visit): void => {
    const id = url.searchParams.get('id')
    if (id === null) {
      return void sendJson(response, {
        ids: this.#seen.size,
        requests: this.#requests,
        seen: Object.fromEntries(this.#seen),
      })
    }
    const seen = this.#seen.get(id) ?? 0
    if (request.method === 'GET' || request.method === 'HEAD') return void sendJson(response, { id, seen })
    this.#seen.set(id, seen + 1)
    this.#requests++
    sendJson(response, { id, seen: seen + 1 })
  }

  /** Tells of how many requests the client went before the answer was whole. */
  readonly abortSeen = ({ response }: Visit): void => {
    sendJson(response, { aborted: this.#aborted })
  }
}

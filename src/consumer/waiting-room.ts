// Places of one service: so many clients are served at once, so many more may wait for a while, the rest is turned away.

import PQueue from 'p-queue'

/** Clients that wait, whatever `max_connections` is: each holds a socket and nothing else. */
const MOST_WAITING = 10_000

/** Gives the place back; harmless when called twice. */
export type Leave = () => void

export class WaitingRoom {
  readonly #places: PQueue

  constructor(places: number) {
    this.#places = new PQueue({ concurrency: places })
  }

  /** Clients that hold a place. */
  get served(): number {
    return this.#places.pending
  }

  get waiting(): number {
    return this.#places.size
  }

  /** Nobody waits, and somebody more can be served: almost always. */
  get #isFree(): boolean {
    return this.#places.size === 0 && this.#places.pending < this.#places.concurrency
  }

  /**
   * A place, at once or within `waitMs`; null: none came free, or too many wait already. `whenGone` takes a function to be called if the
   * client goes away meanwhile: nobody behind it should wait for it.
   */
  enter(waitMs: number, whenGone: (giveUp: () => void) => void = ignore): Promise<Leave | null> {
    if (this.#places.size >= MOST_WAITING) return Promise.resolve(null)
    return this.#isFree ? this.#enterNow() : this.#wait(waitMs, whenGone)
  }

  #enterNow(): Promise<Leave> {
    return new Promise((resolve) => {
      void this.#places.add(() => new Promise<void>((leave) => resolve(leave)))
    })
  }

  #wait(waitMs: number, whenGone: (giveUp: () => void) => void): Promise<Leave | null> {
    return new Promise((resolve) => {
      const abandon = new AbortController()
      let timer: NodeJS.Timeout | undefined
      let isServed = false
      const serve = () =>
        new Promise<void>((leave) => {
          isServed = true
          clearTimeout(timer)
          resolve(leave)
        })
      // Only the abort below rejects, and that has answered already.
      this.#places.add(serve, { signal: abandon.signal }).catch(() => {})
      const giveUp = () => {
        if (isServed) return
        clearTimeout(timer)
        abandon.abort()
        resolve(null)
      }
      timer = setTimeout(giveUp, waitMs)
      whenGone(giveUp)
    })
  }
}

function ignore(): void {}

// Time for tests in one process: as much of it as the process has lived. A machine that stands still for a while, or gives its processors to
// others, adds next to nothing, so that no deadline passes that the code was given no turn to keep.
//
// `performance.now`, `setTimeout` and `setInterval` tell this time, all of them the same, to the code under test, to drivers and to `until`.

import { mock } from 'node:test'
import { MOST_A_TURN_MS } from './until.ts'

const realNow = performance.now.bind(performance)

/** For a `describe`, which must begin with it: all of its tests and hooks live in this time. */
export function useLivedTime(): void {
  let time: LivedTime
  before(() => {
    time = new LivedTime()
  })
  after(() => time.end())
}

class LivedTime {
  #nowMs = realNow()
  #lastMs = this.#nowMs
  #immediate = setImmediate(() => this.#turn())

  constructor() {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
    Object.defineProperty(performance, 'now', { value: () => this.#nowMs, configurable: true })
  }

  end(): void {
    clearImmediate(this.#immediate)
    Reflect.deleteProperty(performance, 'now') // the one of its prototype is there again
    mock.timers.reset()
  }

  #turn(): void {
    const lastMs = this.#lastMs
    this.#lastMs = realNow()
    const livedMs = Math.min(this.#lastMs - lastMs, MOST_A_TURN_MS)
    this.#nowMs += livedMs
    this.#immediate = setImmediate(() => this.#turn())
    mock.timers.tick(livedMs)
  }
}

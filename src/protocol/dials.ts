// The dials that are under way, and what a dialler keeps between two of them: the address tokens of its listeners, and the time that its
// last INIT gave, since each must give a later one.

import { Dial } from './handshake/dial.ts'
import type { Hello } from './handshake/hello.ts'
import { MOST_ADDRESS_TOKEN_BYTES } from './limits.ts'
import { type Line, UDP } from './line.ts'
import type { Crypto } from './ports.ts'
import type { Session } from './session.ts'
import type { Micros, PathId } from './units.ts'

/** Listeners whose token is kept; more are dialled by no program of ours. */
const MOST_TOKENS = 64

const NO_TOKEN = new Uint8Array(0)

export class Dials {
  readonly #underWay = new Map<Session, Dial>()
  readonly #tokens = new Map<PathId, Uint8Array>()
  readonly #line: Line
  #lastSentAtMs = 0

  constructor(line: Line = UDP) {
    this.#line = line
  }

  begin(session: Session, hello: Hello, crypto: Crypto, clock: { now: Micros; wallClockMs: number }): Dial {
    // Two dials of one millisecond, and a clock that was set back, must not look like a replay.
    this.#lastSentAtMs = Math.max(Math.floor(clock.wallClockMs), this.#lastSentAtMs + 1)
    const token = this.#tokens.get(session.path) ?? NO_TOKEN
    const caller = {
      id: session.localId,
      hello: { ...hello, sentAtMs: this.#lastSentAtMs },
      token,
      line: this.#line,
      path: session.path,
    }
    const dial = new Dial(crypto, caller, clock.now)
    this.#underWay.set(session, dial)
    return dial
  }

  /** False: not for a dial that is under way, or forged. */
  onCookie(session: Session, packet: Uint8Array, now: Micros): boolean {
    return this.#underWay.get(session)?.onCookie(packet, now) ?? false
  }

  /** It was answered, or given up. */
  forget(session: Session): void {
    this.#underWay.delete(session)
  }

  keepToken(path: PathId, token: Uint8Array): void {
    if (token.length > MOST_ADDRESS_TOKEN_BYTES) return
    this.#tokens.delete(path)
    this.#tokens.set(path, token.slice())
    if (this.#tokens.size > MOST_TOKENS) this.#tokens.delete(this.#tokens.keys().next().value!)
  }
}

// Which sessions are those of one peer. One that has several carriers may have a session on each; one that was started anew has no use for
// those of its last life.

import { hex } from './hex.ts'
import type { Session } from './session.ts'

export class Peers {
  /** Most have one. */
  readonly #sessions = new Map<string, Session[]>()

  /** The peer has shown that it is there: what it had before its restart ends. */
  add(session: Session): void {
    const peer = peerOf(session)
    const others = this.#sessions.get(peer) ?? []
    this.#sessions.set(peer, others.concat(session))
    for (const other of others) if (other.peerBoot !== session.peerBoot) other.end('restart')
  }

  remove(session: Session): void {
    const peer = peerOf(session)
    const left = this.#sessions.get(peer)?.filter((each) => each !== session) ?? []
    if (left.length > 0) this.#sessions.set(peer, left)
    else this.#sessions.delete(peer)
  }
}

/** Who says to be an instance must also hold its key: else anybody who is let in could end the sessions of others. */
function peerOf({ peerInstance, peerKey }: Session): string {
  return peerInstance + hex(peerKey)
}

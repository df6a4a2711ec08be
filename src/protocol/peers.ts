// Which sessions are those of one peer. One that has several carriers may have a session on each; one that was started anew has no use for
// those of its last life.

import { hex } from './hex.ts'
import type { Session } from './session.ts'

export class Peers {
  readonly #sessions = new Map<string, Set<Session>>()

  /** The peer has shown that it is there: what it had before its restart ends. */
  add(session: Session): void {
    const peer = peerOf(session)
    const sessions = this.#sessions.get(peer) ?? new Set()
    this.#sessions.set(peer, sessions.add(session))
    for (const other of sessions) if (other.peerBoot !== session.peerBoot) other.end('restart')
  }

  remove(session: Session): void {
    const peer = peerOf(session)
    const sessions = this.#sessions.get(peer)
    if (sessions?.delete(session) && sessions.size === 0) this.#sessions.delete(peer)
  }
}

/** Who says to be an instance must also hold its key: else anybody who is let in could end the sessions of others. */
function peerOf({ peerInstance, peerKey }: Session): string {
  return peerInstance + hex(peerKey)
}

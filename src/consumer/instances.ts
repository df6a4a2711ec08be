// Which sessions one provider has: one for each carrier while it changes from one to another, all of one start of its program. Pure: it is
// told, and it answers who has to go.

/** One session as it is seen here. */
export interface InstanceMember {
  /** Stays the same when the provider comes back. */
  readonly instance: string
  /** New with every start of the provider. */
  readonly boot: string
}

/**
 * A provider leaves the streams of a carrier that it has left to their end, and some have none for days. More than these only a path that
 * comes and goes all the time makes, or somebody who wants our memory.
 */
const MOST_SESSIONS = 64

export class Instances<S extends InstanceMember> {
  /** The oldest first. */
  readonly #sessions = new Map<string, S[]>()

  /** It has opened. Answers which must end for it: those from before a restart, and the oldest of too many. */
  add(session: S): readonly S[] {
    const known = this.#sessions.get(session.instance) ?? []
    const ofBefore = known.filter(({ boot }) => boot !== session.boot)
    const living = known.filter(({ boot }) => boot === session.boot)
    this.#sessions.set(session.instance, living.concat(session))
    return [...ofBefore, ...living.slice(0, Math.max(0, living.length + 1 - MOST_SESSIONS))]
  }

  /** It is gone; harmless if it was not known any more. */
  remove(session: S): void {
    const left = this.#sessions.get(session.instance)?.filter((each) => each !== session) ?? []
    if (left.length > 0) this.#sessions.set(session.instance, left)
    else this.#sessions.delete(session.instance)
  }
}

// A set for members that come and go with every request. A Set of V8 leads from each table that it has outgrown to the next one: a table
// that was moved to the old generation keeps alive whatever came later, until a full collection. So every request was copied twice, and
// collected at the dearest rate there is (docs/decisions.md).

export interface RosterMember {
  /** Where it stands; -1: in no roster. Only the roster writes it. */
  rosterAt: number
}

/** Each member is in one roster at most. */
export class Roster<Member extends RosterMember> implements Iterable<Member> {
  readonly #members: Member[] = []

  get size(): number {
    return this.#members.length
  }

  add(member: Member): void {
    if (member.rosterAt >= 0) return
    member.rosterAt = this.#members.length
    this.#members.push(member)
  }

  /** The last one takes its place. */
  delete(member: Member): void {
    const at = member.rosterAt
    if (at < 0) return
    member.rosterAt = -1
    const last = this.#members.pop()!
    if (last === member) return
    this.#members[at] = last
    last.rosterAt = at
  }

  /** Those that are in it now, in no order; they may leave meanwhile. */
  [Symbol.iterator](): IterableIterator<Member> {
    return this.#members.slice().values()
  }
}

// Those that do nothing, the longest idle first. Each is a link of the queue itself: they come and go with every request, and a Map that
// keeps their order would be outgrown by that again and again (docs/decisions.md).

export interface Idler {
  /** When it came to rest, on the clock of `performance.now`. Kept by the queue, as the other two: -1 while it is busy. */
  idleSince: number
  idledBefore: Idler | null
  idledAfter: Idler | null
}

export class IdleQueue<Member extends Idler> {
  #first: Member | null = null
  #last: Member | null = null

  /** The longest idle; null: nobody is. */
  get first(): Member | null {
    return this.#first
  }

  /** It comes to rest. Who does so again is idle since then. */
  add(member: Member): void {
    this.delete(member)
    member.idleSince = performance.now()
    member.idledBefore = this.#last
    if (this.#last === null) this.#first = member
    else this.#last.idledAfter = member
    this.#last = member
  }

  delete(member: Member): void {
    if (member.idleSince < 0) return
    const before = member.idledBefore as Member | null
    const after = member.idledAfter as Member | null
    if (before === null) this.#first = after
    else before.idledAfter = after
    if (after === null) this.#last = before
    else after.idledBefore = before
    member.idleSince = -1
    member.idledBefore = null
    member.idledAfter = null
  }
}

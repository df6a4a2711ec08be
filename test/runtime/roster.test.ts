import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Roster, type RosterMember } from '../../src/runtime/roster.ts'

class Member implements RosterMember {
  rosterAt = -1
  readonly name: number

  constructor(name: number) {
    this.name = name
  }
}

const names = (roster: Roster<Member>) => [...roster].map(({ name }) => name).sort((a, b) => a - b)

describe('a roster', () => {
  it('holds what a Set would, whatever comes and goes', () => {
    const steps = fc.array(fc.record({ comes: fc.boolean(), name: fc.nat(12) }), { maxLength: 200 })
    fc.assert(
      fc.property(steps, (steps) => {
        const members = Array.from({ length: 13 }, (_, name) => new Member(name))
        const roster = new Roster<Member>()
        const expected = new Set<number>()
        for (const { comes, name } of steps) {
          if (comes) roster.add(members[name]!)
          else roster.delete(members[name]!)
          if (comes) expected.add(name)
          else expected.delete(name)
          assert.equal(roster.size, expected.size)
        }
        assert.deepEqual(
          names(roster),
          [...expected].sort((a, b) => a - b),
        )
      }),
    )
  })

  it('shows everybody who was in it when that began, though all leave meanwhile', () => {
    const roster = new Roster<Member>()
    for (let name = 0; name < 5; name++) roster.add(new Member(name))
    const seen: number[] = []
    for (const member of roster) {
      seen.push(member.name)
      for (const other of roster) roster.delete(other)
    }
    assert.deepEqual(seen, [0, 1, 2, 3, 4])
    assert.equal(roster.size, 0)
  })
})

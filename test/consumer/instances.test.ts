import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type InstanceMember, Instances } from '../../src/consumer/instances.ts'

class Member implements InstanceMember {
  readonly instance: string
  readonly boot: string

  constructor(instance: string, boot: string) {
    this.instance = instance
    this.boot = boot
  }
}

describe('the sessions of a provider', () => {
  it('of one start live side by side', () => {
    const instances = new Instances<Member>()
    assert.deepEqual(instances.add(new Member('a', '1')), [])
    assert.deepEqual(instances.add(new Member('a', '1')), [])
  })

  it('end when it was started anew, and those of others do not', () => {
    const instances = new Instances<Member>()
    const [one, two, other] = [new Member('a', '1'), new Member('a', '1'), new Member('b', '1')]
    for (const each of [one, two, other]) instances.add(each)
    assert.deepEqual(instances.add(new Member('a', '2')), [one, two])
    assert.deepEqual(instances.add(new Member('b', '1')), [])
  })

  it('are 64 at most: the oldest goes', () => {
    const instances = new Instances<Member>()
    const first = new Member('a', '1')
    instances.add(first)
    for (let count = 1; count < 64; count++) assert.deepEqual(instances.add(new Member('a', '1')), [])
    assert.deepEqual(instances.add(new Member('a', '1')), [first])
  })

  it('are forgotten one by one, whatever came and went before', () => {
    const act = fc.record({ instance: fc.constantFrom('a', 'b'), boot: fc.constantFrom('1', '2'), goes: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const instances = new Instances<Member>()
        const here = new Set<Member>()
        for (const { instance, boot, goes } of acts) {
          const member = new Member(instance, boot)
          const expected = [...here].filter((each) => each.instance === instance && each.boot !== boot)
          const ended = instances.add(member)
          assert.deepEqual(ended, expected)
          here.add(member)
          for (const gone of [...ended, [...here][goes]]) {
            if (gone === undefined) continue
            here.delete(gone)
            instances.remove(gone)
          }
        }
      }),
    )
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type BalanceMethod, Balancer } from '../../src/consumer/balancer.ts'
import { Directory, type Provider, type Registration } from '../../src/consumer/directory.ts'

interface Wish {
  readonly instance: string
  readonly isSuspect?: boolean
  readonly isDraining?: boolean
  readonly isHealthy?: boolean
  readonly load?: number
}

function offer({ instance, isSuspect = false, isDraining = false, isHealthy = true, load = 0 }: Wish): Registration {
  return { provider: { instance, isSuspect, isDraining, load }, uuid: 'u', name: 'n', isHealthy, newer: null }
}

const METHODS: readonly BalanceMethod[] = ['least', 'round_robin', 'source_hash']
const NOBODY: ReadonlySet<Provider> = new Set()
const wish = fc.record({
  instance: fc.uuid(),
  isSuspect: fc.boolean(),
  isDraining: fc.boolean(),
  isHealthy: fc.boolean(),
  load: fc.nat(5),
})

function choices(balancer: Balancer, all: readonly Registration[], count: number): (string | undefined)[] {
  return Array.from({ length: count }, () => balancer.choose(all, NOBODY, '192.0.2.1')?.instance)
}

describe('a balancer', () => {
  for (const method of METHODS) {
    describe(method, () => {
      it('chooses the least doubtful there is, never one that drains or was tried, and null only when nobody is left (P-5, C-5)', () => {
        fc.assert(
          fc.property(fc.array(wish, { maxLength: 8 }), fc.nat(255), fc.ipV4(), (wishes, triedMask, source) => {
            const all = wishes.map(offer)
            const tried = new Set(all.map(({ provider }) => provider).filter((_, i) => triedMask & (1 << i)))
            const left = all.filter(({ provider }) => !provider.isDraining && !tried.has(provider))
            const doubt = (each: Registration) => (each.isHealthy ? 0 : 2) + (each.provider.isSuspect ? 1 : 0)
            const chosen = new Balancer(method).choose(all, tried, source)
            if (left.length === 0) assert.equal(chosen, null)
            const registration = left.find(({ provider }) => provider === chosen)
            if (left.length > 0) assert.equal(doubt(registration!), Math.min(...left.map(doubt)))
          }),
        )
      })

      it('gives a stream to the newest session of a provider that is as good as any that it has (C-7)', () => {
        const few = wish.map((each) => ({ ...each, instance: each.instance.at(-1)! < '8' ? 'a' : 'b' }))
        fc.assert(
          fc.property(fc.array(few, { maxLength: 8 }), fc.ipV4(), (wishes, source) => {
            const directory = new Directory<Provider>()
            for (const each of wishes) directory.add(offer(each))
            const all = directory.providersOf('u')
            const chosen = new Balancer(method).choose(all, NOBODY, source)
            if (chosen === null) return
            const doubt = (each: Registration) => (each.isHealthy ? 0 : 2) + (each.provider.isSuspect ? 1 : 0)
            const own = all.filter(({ provider }) => provider.instance === chosen.instance && !provider.isDraining)
            const best = Math.min(...own.map(doubt))
            assert.equal(own.findLast((each) => doubt(each) === best)!.provider, chosen)
          }),
        )
      })

      it('prefers a silent path to a target that does not answer, and either to nobody', () => {
        const down = offer({ instance: 'down', isHealthy: false })
        const silent = offer({ instance: 'silent', isSuspect: true, load: 50 })
        const balancer = new Balancer(method)
        assert.deepEqual(choices(balancer, [down, silent], 2), ['silent', 'silent'])
        assert.deepEqual(choices(balancer, [down], 1), ['down'])
      })
    })
  }

  it('least: takes the least loaded', () => {
    const all = [3, 1, 2].map((load) => offer({ instance: `load ${load}`, load }))
    assert.deepEqual(choices(new Balancer('least'), all, 4), Array(4).fill('load 1'))
  })

  it('least: gives idle providers their first streams in turn', () => {
    const all = ['a', 'b', 'c'].map((instance) => offer({ instance }))
    assert.deepEqual(choices(new Balancer('least'), all, 6).toSorted(), ['a', 'a', 'b', 'b', 'c', 'c'])
  })

  it('round_robin: goes round, whatever the load', () => {
    const all = ['a', 'b', 'c'].map((instance, load) => offer({ instance, load }))
    assert.deepEqual(choices(new Balancer('round_robin'), all, 6), ['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('source_hash: gives one client the same provider, in whatever order they are listed', () => {
    const instances = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(instances, fc.ipV4(), (names, source) => {
        const all = names.map((instance) => offer({ instance }))
        const balancer = new Balancer('source_hash')
        const chosen = balancer.choose(all, NOBODY, source)!.instance
        assert.equal(balancer.choose(all.toReversed(), NOBODY, source)!.instance, chosen)
      }),
    )
  })

  it('source_hash: moves only the clients of the provider that goes', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => offer({ instance: name.repeat(32) }))
    const balancer = new Balancer('source_hash')
    const without = all.slice(1)
    for (let i = 0; i < 500; i++) {
      const source = `192.0.${i >> 8}.${i & 255}`
      const before = balancer.choose(all, NOBODY, source)!
      if (before === all[0]!.provider) continue
      assert.equal(balancer.choose(without, NOBODY, source), before)
    }
  })

  it('source_hash: gives four providers about a quarter of the clients each', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => offer({ instance: name.repeat(32) }))
    const shares = new Map<string, number>()
    for (let i = 0; i < 4_000; i++) {
      const { instance } = new Balancer('source_hash').choose(all, NOBODY, `10.0.${i >> 8}.${i & 255}`)!
      shares.set(instance, (shares.get(instance) ?? 0) + 1)
    }
    for (const share of shares.values()) assert.ok(share > 800 && share < 1_200, `${share} of 4,000`)
    assert.equal(shares.size, 4)
  })
})

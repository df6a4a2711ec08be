import assert from 'node:assert/strict'
import { Directory, type Provider } from '../../src/consumer/directory.ts'

const WEB = 'web'
const MAIL = 'mail'

function provider(instance: string): Provider {
  return { instance, isSuspect: false, isDraining: false, load: 0 }
}

function registration(of: Provider, uuid: string, isHealthy = true) {
  return { provider: of, uuid, name: uuid, isHealthy }
}

describe('the directory', () => {
  let directory: Directory<Provider>
  const [one, two] = [provider('one'), provider('two')]
  const whoServes = (uuid: string) => directory.providersOf(uuid).map(({ provider }) => provider.instance)

  beforeEach(() => {
    directory = new Directory()
  })

  it('knows nobody at first', () => {
    assert.deepEqual(whoServes(WEB), [])
    assert.equal(directory.remove(one, WEB), false)
    assert.equal(directory.setHealth(one, WEB, true), false)
  })

  it('lists the providers of a service in the order in which they came', () => {
    directory.add(registration(two, WEB))
    directory.add(registration(one, WEB))
    directory.add(registration(one, MAIL))
    assert.deepEqual([whoServes(WEB), whoServes(MAIL)], [['two', 'one'], ['one']])
  })

  it('replaces what a provider said before when it registers again (C-4)', () => {
    directory.add(registration(one, WEB))
    directory.add(registration(one, WEB, false))
    assert.deepEqual(
      directory.providersOf(WEB).map(({ isHealthy }) => isHealthy),
      [false],
    )
  })

  it('keeps two sessions of one instance apart', () => {
    const again = provider('one')
    directory.add(registration(one, WEB))
    directory.add(registration(again, WEB))
    assert.equal(directory.remove(one, WEB), true)
    assert.equal(directory.providersOf(WEB)[0]!.provider, again)
  })

  it('knows which session of an instance came after which, also when one in the middle goes', () => {
    const [first, second, third] = ['one', 'one', 'one'].map(provider) as [Provider, Provider, Provider]
    for (const each of [first, two, second, third]) directory.add(registration(each, WEB))
    const newerThan = (each: Provider) => {
      return directory.providersOf(WEB).find(({ provider }) => provider === each)!.newer?.provider ?? null
    }
    assert.deepEqual([first, second, third, two].map(newerThan), [second, third, null, null])
    directory.remove(second, WEB)
    assert.equal(newerThan(first), third)
    directory.add(registration(first, WEB, false))
    assert.equal(newerThan(first), third, 'saying it again makes no session newer')
  })

  it('knows whether an instance serves a service by any session of it', () => {
    const again = provider('one')
    assert.equal(directory.isServedBy('one', WEB), false)
    for (const each of [one, again]) directory.add(registration(each, WEB))
    directory.remove(again, WEB)
    assert.deepEqual(
      [directory.isServedBy('one', WEB), directory.isServedBy('one', MAIL), directory.isServedBy('two', WEB)],
      [true, false, false],
    )
    directory.remove(one, WEB)
    assert.equal(directory.isServedBy('one', WEB), false)
  })

  it('forgets what a provider served that is gone, and nothing of others', () => {
    for (const uuid of [WEB, MAIL]) directory.add(registration(one, uuid))
    directory.add(registration(two, MAIL))
    for (const uuid of [WEB, MAIL]) assert.equal(directory.remove(one, uuid), true)
    assert.deepEqual([whoServes(WEB), whoServes(MAIL)], [[], ['two']])
  })

  it('notes the health of one registration alone', () => {
    for (const uuid of [WEB, MAIL]) directory.add(registration(one, uuid))
    assert.equal(directory.setHealth(one, WEB, false), true)
    const health = [WEB, MAIL].map((uuid) => directory.providersOf(uuid)[0]!.isHealthy)
    assert.deepEqual(health, [false, true])
  })
})

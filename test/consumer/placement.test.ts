import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { admitEverybody } from '../../src/consumer/admission.ts'
import { Directory } from '../../src/consumer/directory.ts'
import { type Place, Placement } from '../../src/consumer/placement.ts'
import { ProviderSession } from '../../src/consumer/provider-session.ts'
import { RetryBudget } from '../../src/consumer/retry.ts'
import { openLog } from '../../src/log.ts'
import { StreamCode } from '../../src/protocol/index.ts'
import { Joined } from '../runtime/joined.ts'
import { providerHost } from './provider-host.ts'

describe('the places that a request is sent to', () => {
  let joined: Joined
  let providers: ProviderSession[]
  let budget: RetryBudget

  beforeEach(async () => {
    joined = new Joined({ initialMaxStreams: 3, ceilingMaxStreams: 3 })
    const log = openLog({ level: 'error', isTerminal: false, stream: new PassThrough().resume() })
    const host = providerHost(new Directory(), log)
    providers = []
    for (let i = 0; i < 2; i++) {
      const { near } = await joined.join()
      providers.push(
        new ProviderSession(
          near,
          admitEverybody.permitOf(near, () => ''),
          host,
        ),
      )
    }
    budget = new RetryBudget()
  })
  afterEach(() => joined.close())

  function placementOf(method: string): Placement {
    const choose = (tried: ReadonlySet<ProviderSession>) =>
      providers.find((provider) => !provider.isDraining && !tried.has(provider)) ?? null
    return new Placement({ service: '11111111-2222-3333-4444-555555555555', method, holdMs: 5_000, budget, choose })
  }

  function opened(placement: Placement): Place {
    const place = placement.open()
    assert.ok(typeof place === 'object', `no place, but ${place}`)
    return place
  }

  function fails(placement: Placement, place: Place, code: number, isAccepted = 'no'): boolean {
    return placement.mayGoOn({ ...place, code, isAccepted: isAccepted === 'yes', isWholeHere: true })
  }

  it('are all that are there, one after the other, before it is refused', () => {
    const placement = placementOf('POST')
    for (const provider of providers) {
      const place = opened(placement)
      assert.equal(place.provider, provider)
      assert.equal(fails(placement, place, StreamCode.targetRefused), true)
    }
    assert.equal(placement.open(), 'refused')
    assert.equal(placement.answer, 'EDGERQ-TARGET-REFUSED')
  })

  it('are waited for while somebody has no room', () => {
    for (const provider of providers) while (provider.session.openStream() !== null);
    const placement = placementOf('GET')
    assert.equal(placement.open(), 'wait')
    assert.equal(placement.answer, 'EDGERQ-NO-PROVIDER')
  })

  it('are waited for until one time, however often somebody comes who has no room', () => {
    providers.length = 0
    const placement = placementOf('GET')
    const until = placement.waitUntil()
    placement.open()
    assert.equal(placement.waitUntil(), until)
  })

  it('are waited for anew when one of them had it in between', () => {
    const all = providers.splice(0)
    const placement = placementOf('GET')
    const until = placement.waitUntil()
    providers.push(all[0]!)
    fails(placement, opened(placement), StreamCode.draining)
    assert.ok(placement.waitUntil() >= until)
    assert.equal(placement.answer, 'EDGERQ-NO-PROVIDER')
  })

  it('are no more after one that may have acted, unless the method may be repeated', () => {
    for (const [method, code, goesOn] of [
      ['POST', StreamCode.badAnswer, false],
      ['GET', StreamCode.badAnswer, false],
      ['POST', StreamCode.cancelled, false],
      ['GET', StreamCode.cancelled, true],
    ] as const) {
      const placement = placementOf(method)
      assert.equal(fails(placement, opened(placement), code), goesOn, `${method} ${code}`)
    }
  })

  it('are no more when one has begun to act and then refuses', () => {
    const placement = placementOf('POST')
    assert.equal(fails(placement, opened(placement), StreamCode.targetRefused, 'yes'), false)
  })

  it('do not come back to one that has gone', () => {
    const placement = placementOf('GET')
    const place = opened(placement)
    assert.equal(fails(placement, place, StreamCode.cancelled), true)
    assert.notEqual(opened(placement).provider, place.provider)
  })

  it('are left for silence only while the budget lasts', () => {
    while (budget.spend());
    const placement = placementOf('GET')
    const { provider } = opened(placement)
    assert.equal(placement.mayLeave(provider, true), false)
    for (let i = 0; i < 10; i++) budget.onRequest()
    assert.equal(placement.mayLeave(provider, true), true)
    assert.equal(placement.mayLeave(opened(placement).provider, true), false)
  })
})

import assert from 'node:assert/strict'
import type { Carrier } from '../../src/carriers/carrier.ts'
import type { SessionEvent } from '../../src/protocol/index.ts'
import { DialCancelled, DialError, Dialer, type DialTarget } from '../../src/provider/dialer.ts'
import { Driver } from '../../src/runtime/driver.ts'
import { monotonicClock } from '../../src/runtime/system.ts'
import { newEndpoint } from '../protocol/endpoints.ts'
import { Joined } from '../runtime/joined.ts'
import { useLivedTime } from '../runtime/lived-time.ts'
import { MemoryCarrier } from '../runtime/memory-carrier.ts'
import { turn, until } from '../runtime/until.ts'

const PORT = 9_000

describe('a dialer', () => {
  useLivedTime()
  let joined: Joined
  let carrier: MemoryCarrier
  let driver: Driver
  let dialer: Dialer
  let others: SessionEvent[]
  let names: string[]

  /** `answering`: the addresses at which the consumer is to be had. */
  function at(...answering: string[]): void {
    carrier = new MemoryCarrier(new Map(answering.map((address) => [address, joined.carrier])))
    driver = new Driver(newEndpoint({ seed: 50, now: monotonicClock() }), carrier, monotonicClock)
    dialer = new Dialer(driver, [driver.endpoint.options.crypto], async () => names)
    names = []
    others = []
    driver.onEvent = (event) => {
      if (!dialer.onEvent(event)) others.push(event)
    }
  }

  function target(hostname: string, loopbackOnly = true): DialTarget {
    return { hostname, port: PORT, loopbackOnly }
  }

  beforeEach(() => {
    joined = new Joined()
  })
  afterEach(async () => {
    dialer.cancel()
    await driver.close(0, '')
    await joined.close()
  })

  it('gives the session of a consumer that answers', async () => {
    at('127.0.0.1')
    const session = await dialer.dial(target('127.0.0.1'))
    assert.ok(session.openStream())
    assert.deepEqual(carrier.dialled, ['127.0.0.1'])
  })

  it('calls the next address of a name after 250 ms, keeps the one that answers, and drops the other', async () => {
    at('127.0.0.1')
    names = ['::1', '127.0.0.1', '127.0.0.3']
    const began = performance.now()
    const session = await dialer.dial(target('twice'))
    const tookMs = performance.now() - began
    assert.ok(tookMs >= 250 && tookMs < 500, `${tookMs} ms`)
    assert.deepEqual(carrier.dialled, ['::1', '127.0.0.1'])
    assert.ok(session.openStream())
    session.close(0, '')
    await until(() => driver.endpoint.isIdle, 'the attempt that lost is gone as well')
  })

  it('calls one address of a name that answers at once, and no other', async () => {
    at('127.0.0.1', '::1')
    names = ['127.0.0.1', '::1']
    await dialer.dial(target('twice'))
    assert.deepEqual(carrier.dialled, ['127.0.0.1'])
  })

  it('calls those addresses of a name that are of this machine', async () => {
    at('127.0.0.1')
    names = ['192.0.2.1', '127.0.0.1', '2001:db8::1']
    await dialer.dial(target('mixed'))
    assert.deepEqual(carrier.dialled, ['127.0.0.1'])
  })

  it('calls no other machine when only this one is allowed', async () => {
    at()
    await assert.rejects(dialer.dial(target('192.0.2.1')), { name: 'DialError', message: /192\.0\.2\.1/ })
    assert.deepEqual(carrier.dialled, [])
  })

  it('calls other machines when that is allowed', async () => {
    at('192.0.2.1')
    assert.ok(await dialer.dial(target('192.0.2.1', false)))
  })

  it('says that a name cannot be resolved', async () => {
    at()
    dialer = new Dialer(driver, [driver.endpoint.options.crypto])
    await assert.rejects(dialer.dial(target('no-such-name.invalid')), /no-such-name\.invalid cannot be resolved/)
  })

  it('rejects at once when it is cancelled, and can dial again', async () => {
    at('127.0.0.1')
    const first = dialer.dial(target('127.0.0.2'))
    await until(() => carrier.dialled.length === 1, 'the first call is made')
    dialer.cancel()
    await assert.rejects(first, DialError)
    assert.ok(await dialer.dial(target('127.0.0.1')))
  })

  it('calls nobody when it was cancelled while the name was resolved: it used to dial on a closed driver', async () => {
    at('127.0.0.1')
    names = ['127.0.0.1']
    const dial = dialer.dial(target('slow'))
    dialer.cancel()
    await assert.rejects(dial, /cancelled/)
    assert.deepEqual(carrier.dialled, [])
  })

  it('says why no connection could be made, if that was it', async () => {
    at()
    carrier.connect = async () => {
      throw new Error('nobody listens there')
    }
    names = ['127.0.0.1', '::1']
    await assert.rejects(dialer.dial(target('refused')), { name: 'DialError', message: 'nobody listens there' })
  })

  it('says why a connection ended that stood and brought no answer', async () => {
    at('127.0.0.1')
    const dial = driver.dial.bind(driver)
    driver.dial = (...args) => {
      const session = dial(...args)
      const end = { kind: 'closed', session, by: 'line', code: 0, reason: 'it was cut at once' } as const
      setImmediate(() => dialer.onEvent(end))
      return session
    }
    await assert.rejects(dialer.dial(target('127.0.0.1')), { name: 'DialError', message: 'it was cut at once' })
  })

  it('calls the next address at once when a connection fails', async () => {
    at('::1')
    const connect = carrier.connect.bind(carrier)
    carrier.connect = async (to) => {
      if (to.host === '127.0.0.1') throw new Error('nobody listens there')
      return await connect(to)
    }
    names = ['127.0.0.1', '::1']
    assert.ok(await dialer.dial(target('half')))
  })

  it('ends a connection that was made after nobody wanted it any more, and those of attempts that lost', async () => {
    at('127.0.0.1')
    const ended: number[] = []
    const line: Carrier = carrier
    line.disconnect = (path) => void ended.push(path)
    let made = (_path: number) => {}
    line.connect = () => new Promise((resolve) => (made = resolve))
    const first = dialer.dial(target('127.0.0.1'))
    await turn()
    dialer.cancel()
    made(77)
    await assert.rejects(first, DialCancelled)
    await until(() => ended.includes(77), 'the late connection is ended')
    assert.ok(driver.endpoint.isIdle, 'and nobody was called over it')
    const second = dialer.dial(target('127.0.0.2'))
    await turn()
    made(78)
    await until(() => !driver.endpoint.isIdle, 'it is called')
    dialer.cancel()
    await assert.rejects(second, DialCancelled)
    await until(() => ended.includes(78), 'so is that of an attempt that lost')
  })

  it('leaves events of other sessions to others', async () => {
    at('127.0.0.1')
    const session = await dialer.dial(target('127.0.0.1'))
    await joined.driver.close(0, '')
    await until(() => others.length > 0, 'the goodbye is told')
    assert.deepEqual(
      others.map(({ kind, session }) => [kind, session.id]),
      [['closed', session.id]],
    )
  })
})

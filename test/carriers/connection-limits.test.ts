import assert from 'node:assert/strict'
import {
  ConnectionLimits,
  MAX_STRANGERS,
  MAX_STRANGERS_OF_NETWORK,
  STRANGER_MS,
} from '../../src/carriers/connection-limits.ts'

describe('the limits of connections', () => {
  const filled = (hosts: (index: number) => string, count: number) => {
    const limits = new ConnectionLimits()
    const callers = Array.from({ length: count }, (_, index) => limits.enter(hosts(index), 0))
    return { limits, callers }
  }
  const anywhere = (index: number) => `198.51.${index >> 8}.${index & 0xff}`

  it('let so many strangers in and no more', () => {
    const { limits, callers } = filled(anywhere, MAX_STRANGERS - 1)
    assert.equal(limits.refusalOf('192.0.2.1'), null)
    callers.push(limits.enter('192.0.2.1', 0))
    assert.match(limits.refusalOf('192.0.2.2')!, /256 connections without a session/)
    assert.match(limits.refusalOf('127.0.0.1')!, /256/, 'also from this machine')
    limits.leave(callers[0]!)
    assert.equal(limits.refusalOf('192.0.2.2'), null)
  })

  it('do not count those who have a session, and count them again when they have lost it', () => {
    const { limits, callers } = filled(anywhere, MAX_STRANGERS)
    assert.equal(limits.look(callers[0]!, true, 1), false)
    assert.equal(limits.refusalOf('192.0.2.2'), null)
    assert.equal(limits.strangers, MAX_STRANGERS - 1)
    limits.look(callers[0]!, false, 2)
    assert.notEqual(limits.refusalOf('192.0.2.2'), null)
    limits.look(callers[0]!, true, 3)
    limits.leave(callers[0]!)
    assert.equal(limits.strangers, MAX_STRANGERS - 1, 'who has a session and leaves makes no further room')
  })

  for (const [what, host, same, other] of [
    ['IPv4 address', () => '192.0.2.1', '192.0.2.1', '192.0.2.2'],
    ['IPv6 /64', (index: number) => `2001:db8:1:2::${index + 1}`, '2001:db8:1:2:ffff::1', '2001:db8:1:3::1'],
    ['IPv4 address, however a socket spells it', () => '192.0.2.1', '::ffff:192.0.2.1', '::ffff:192.0.2.2'],
  ] as const) {
    it(`let so many strangers of one ${what} in and no more`, () => {
      const { limits, callers } = filled(host, MAX_STRANGERS_OF_NETWORK)
      assert.match(limits.refusalOf(same)!, /16 connections without a session are open already from there/)
      assert.equal(limits.refusalOf(other), null)
      limits.look(callers[0]!, true, 1)
      assert.equal(limits.refusalOf(same), null)
    })
  }

  for (const host of ['127.0.0.1', '127.1.2.3', '::ffff:127.0.0.1', '::1']) {
    it(`do not count ${host} by network: proxies call from there for many`, () => {
      assert.equal(filled(() => host, MAX_STRANGERS - 1).limits.refusalOf(host), null)
    })
  }

  it('call a stranger overdue after its time, which begins again when it loses a session', () => {
    const limits = new ConnectionLimits()
    const caller = limits.enter('192.0.2.1', 1_000)
    assert.equal(limits.look(caller, false, 1_000 + STRANGER_MS - 1), false)
    assert.equal(limits.look(caller, false, 1_000 + STRANGER_MS), true)
    assert.equal(limits.look(caller, true, 90_000), false)
    assert.equal(limits.look(caller, false, 100_000), false)
    assert.equal(limits.look(caller, false, 100_000 + STRANGER_MS), true)
  })
})

import assert from 'node:assert/strict'
import { TrustedProxies } from '../../src/http/trusted-proxies.ts'

describe('trusted proxies', () => {
  const proxies = new TrustedProxies(['127.0.0.0/8', '::1/128', '10.1.2.3/8', '192.0.2.129/25', 'fd00::ffff/12'])
  const trusted = [
    '127.0.0.1',
    '127.255.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '10.0.0.0',
    '10.255.255.255',
    '192.0.2.128',
    'fd0f::1',
    'fd00::1%eth0',
  ]
  const others = [
    '128.0.0.1',
    '::2',
    '::ffff:11.0.0.1',
    '9.255.255.255',
    '192.0.2.127',
    'fd10::1',
    '',
    'unix',
    '127.0.0.1x',
    undefined,
  ]

  for (const address of trusted) it(`are at ${address}`, () => assert.equal(proxies.trusts(address), true))

  for (const address of others) it(`are not at ${address}`, () => assert.equal(proxies.trusts(address), false))

  it('are nowhere if none are named', () => assert.equal(new TrustedProxies([]).trusts('127.0.0.1'), false))

  it('may be everywhere', () => {
    const all = new TrustedProxies(['0.0.0.0/0', '::/0'])
    assert.deepEqual(
      ['203.0.113.1', '2001:db8::1', '::ffff:1.2.3.4'].map((address) => all.trusts(address)),
      [true, true, true],
    )
  })

  it('of IPv4 may be written in the notation for IPv6', () => {
    const mapped = new TrustedProxies(['::ffff:192.0.2.0/120'])
    assert.deepEqual(
      ['192.0.2.7', '::ffff:192.0.2.7', '192.0.3.7'].map((address) => mapped.trusts(address)),
      [true, true, false],
    )
  })
})

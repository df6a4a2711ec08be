import assert from 'node:assert/strict'
import { BlockList, isIPv4 } from 'node:net'
import fc from 'fast-check'
import { isInOneOf, readNetwork } from '../../src/keys/network.ts'

function isIn(network: string, address: string): boolean {
  const read = readNetwork(network)
  assert.notEqual(read, null, network)
  return isInOneOf([read!], address)
}

describe('a network', () => {
  const inside: [string, string][] = [
    ['10.0.0.0/8', '10.255.0.1'],
    ['10.9.9.9/8', '10.0.0.1'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7/32', '::ffff:192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['0.0.0.0/0', '203.0.113.1'],
    ['fd00::/8', 'fdab::1'],
    ['2001:DB8::1', '2001:db8:0:0:0:0:0:1'],
    ['fe80::/10', 'fe80::1%eth0'],
    ['::/0', '::1'],
    ['::', '0:0:0:0:0:0:0:0'],
  ]
  for (const [network, address] of inside) {
    it(`${network} has ${address} in it`, () => assert.ok(isIn(network, address)))
  }

  const outside: [string, string][] = [
    ['10.0.0.0/8', '11.0.0.1'],
    ['192.0.2.7', '192.0.2.6'],
    ['0.0.0.0/0', '::1'],
    ['::/0', '192.0.2.1'],
    ['fd00::/8', 'fe00::1'],
    ['10.0.0.0/8', ''],
    ['10.0.0.0/8', 'example.org'],
    ['10.0.0.0/8', '10.1'],
    ['10.0.0.0/8', '10.0.0.256'],
  ]
  for (const [network, address] of outside) {
    it(`${network} has not "${address}" in it`, () => assert.ok(!isIn(network, address)))
  }

  for (const text of [
    '',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/129',
    '10.0.0/8',
    '010.0.0.1',
  ]) {
    it(`is not written "${text}"`, () => assert.equal(readNetwork(text), null))
  }
  for (const text of [
    'example.org',
    '1::2::3',
    '[::1]',
    'fe80::1%eth0',
    '10.0.0.0/-1',
    ' 10.0.0.1',
    '0x0a000001',
    '10',
  ]) {
    it(`is not written "${text}"`, () => assert.equal(readNetwork(text), null))
  }

  it('has the addresses in it that Node says', () => {
    const near = fc.ipV4().chain((address) => fc.tuple(fc.constant(address), fc.oneof(fc.constant(address), fc.ipV4())))
    const near6 = fc
      .ipV6()
      .chain((address) => fc.tuple(fc.constant(address), fc.oneof(fc.constant(address), fc.ipV6())))
    fc.assert(
      fc.property(fc.oneof(near, near6), fc.nat(128), ([base, address], bits) => {
        const family = isIPv4(base) ? 'ipv4' : 'ipv6'
        const prefix = family === 'ipv4' ? bits % 33 : bits
        const oracle = new BlockList()
        oracle.addSubnet(base, prefix, family)
        assert.equal(isIn(`${base}/${prefix}`, address), oracle.check(address, family), `${base}/${prefix} ${address}`)
      }),
    )
  })
})

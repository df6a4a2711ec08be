// Everything that strangers can make a listener remember has an end.

import assert from 'node:assert/strict'
import { addressBytes } from '../../../src/carriers/address-bytes.ts'
import { addressOfPath, isLoopback, neighbourhoodOf } from '../../../src/protocol/handshake/address.ts'
import { Neighbourhoods } from '../../../src/protocol/handshake/neighbourhoods.ts'
import { NewestInits } from '../../../src/protocol/handshake/newest-inits.ts'
import { feed, outgoing, START } from '../endpoints.ts'
import { cautious } from '../listeners.ts'
import { rawDial } from '../raw-peer.ts'

describe('what a listener remembers of strangers', () => {
  it('is the newest INIT of 16,384 diallers; who was quiet for longest is forgotten first (H-25)', () => {
    const newest = new NewestInits()
    for (let peer = 0; peer < 16_384; peer++) newest.onAnswered(`${peer}`, 100, START)
    newest.onAnswered('0', 101, START)
    newest.onAnswered('one more', 100, START)
    assert.equal(newest.size, 16_384)
    assert.equal(newest.isNew('0', 100, START), false)
    assert.equal(newest.isNew('1', 100, START), true)
  })

  it('is nothing of diallers that nobody can tell apart (H-25)', () => {
    const newest = new NewestInits()
    newest.onAnswered('', 100, START)
    assert.equal(newest.size, 0)
    assert.equal(newest.isNew('', 1, START), true)
  })

  it('is the share of 4,096 neighbourhoods (H-28)', () => {
    const neighbourhoods = new Neighbourhoods()
    const first = neighbourhoods.find(addressOfPath(1), START)
    assert.equal(neighbourhoods.find(addressOfPath(1), START), first)
    for (let path = 2; path <= 4_097; path++) neighbourhoods.find(addressOfPath(path), START)
    assert.equal(neighbourhoods.size, 4_096)
    assert.notEqual(neighbourhoods.find(addressOfPath(1), START), first)
  })

  it('is 1,024 COOKIEs that wait to be sent', () => {
    const listener = cautious()
    const { init } = rawDial({ seed: 1, path: 1 }, START)
    for (let path = 0; path < 2_000; path++) feed(listener, init, path, START)
    let sent = 0
    for (let turns = 0; turns < 2_000; turns++) sent += outgoing(listener, START).length
    assert.equal(sent, 1_024)
    assert.equal(listener.reception.cookies, 1_024)
  })
})

describe('the neighbourhood of an address', () => {
  const nameOf = (host: string) => neighbourhoodOf(addressBytes(host, 1))

  it('is an IPv4 address, whatever the port, or a /64 of IPv6 (H-28)', () => {
    assert.equal(neighbourhoodOf(addressBytes('192.0.2.1', 1)), neighbourhoodOf(addressBytes('192.0.2.1', 2)))
    assert.notEqual(nameOf('192.0.2.1'), nameOf('192.0.2.2'))
    assert.equal(nameOf('2001:db8:1:2::1'), nameOf('2001:db8:1:2:ffff::'))
    assert.notEqual(nameOf('2001:db8:1:2::1'), nameOf('2001:db8:1:3::1'))
    assert.notEqual(neighbourhoodOf(addressOfPath(1)), neighbourhoodOf(addressOfPath(2)))
  })

  it('is told from that of this machine, whose programs come in as they like (H-28)', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1']) assert.equal(isLoopback(addressBytes(host, 1)), true, host)
    for (const host of ['192.0.2.1', '::', '::2', 'fe80::1', '1::1']) {
      assert.equal(isLoopback(addressBytes(host, 1)), false, host)
    }
    assert.equal(isLoopback(addressOfPath(1)), false)
  })
})

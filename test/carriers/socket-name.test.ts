import assert from 'node:assert/strict'
import { SocketAddress } from 'node:net'
import fc from 'fast-check'
import { loadLibc } from '../../src/carriers/libc.ts'
import { IPV4, IPV6, nameBytesOf, readName, writeName } from '../../src/carriers/socket-name.ts'
import { offloadHere } from './offload-here.ts'

if (offloadHere !== null) {
  const libc = await loadLibc()

  describe('an address as the kernel has it', () => {
    const port = fc.integer({ min: 0, max: 65_535 })

    it('is read as it was written, and spelled as Node spells it', () => {
      const ipv4 = fc.ipV4().map((host) => ({ family: IPV4, kind: 'ipv4' as const, host }))
      const ipv6 = fc.ipV6().map((host) => ({ family: IPV6, kind: 'ipv6' as const, host }))
      fc.assert(
        fc.property(fc.oneof(ipv4, ipv6), port, ({ family, kind, host }, number) => {
          const name = writeName(libc, family, { host, port: number })
          assert.equal(name.length, nameBytesOf(family))
          const { address } = new SocketAddress({ address: host, family: kind })
          assert.deepEqual(readName(libc, name), { host: address, port: number })
        }),
      )
    })

    it('has the form of struct sockaddr_in and sockaddr_in6', () => {
      const ipv4 = writeName(libc, IPV4, { host: '192.0.2.1', port: 0x1234 })
      assert.equal(Buffer.from(ipv4).toString('hex'), '02001234c00002010000000000000000')
      const ipv6 = writeName(libc, IPV6, { host: '::ffff:192.0.2.1', port: 0x1234 })
      const zeros = '0'.repeat(20)
      assert.equal(Buffer.from(ipv6).toString('hex'), `0a00123400000000${zeros}ffffc000020100000000`)
    })

    it('says over which link an address of one link alone was heard', () => {
      const name = writeName(libc, IPV6, { host: 'fe80::1%lo', port: 9 })
      assert.deepEqual(readName(libc, name), { host: 'fe80::1%lo', port: 9 })
      const elsewhere = writeName(libc, IPV6, { host: '2001:db8::1%lo', port: 9 })
      assert.deepEqual(readName(libc, elsewhere), { host: '2001:db8::1', port: 9 })
    })
  })
}

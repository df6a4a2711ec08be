import assert from 'node:assert/strict'
import { addressBytes } from '../../src/carriers/address-bytes.ts'

describe('addressBytes', () => {
  for (const [host, ip] of [
    ['192.0.2.1', '00000000000000000000ffffc0000201'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['127.0.0.1', '00000000000000000000ffff7f000001'],
    ['::1', '00000000000000000000000000000001'],
    ['::', '00000000000000000000000000000000'],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
    ['fe80::', 'fe800000000000000000000000000000'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ] as const) {
    it(`writes ${host} as 16 bytes and its port behind them`, () => {
      assert.equal(Buffer.from(addressBytes(host, 0x1234)).toString('hex'), `${ip}1234`)
    })
  }
})

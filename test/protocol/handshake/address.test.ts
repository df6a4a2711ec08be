import assert from 'node:assert/strict'
import { addressAt, addressOfPath, isSameIp } from '../../../src/protocol/handshake/address.ts'

describe('Addresses', () => {
  it('are of one IP however their ports differ, and one that is forgotten is like no other', () => {
    const one = addressOfPath(7)
    const otherPort = one.slice()
    otherPort[17] = 9
    assert.equal(isSameIp(one, otherPort), true)
    for (let at = 0; at < 16; at++) {
      const otherIp = one.slice()
      otherIp[at]! ^= 1
      assert.equal(isSameIp(one, otherIp), false, `byte ${at}`)
    }
    assert.deepEqual([isSameIp(null, one), isSameIp(one, null), isSameIp(null, null)], [false, false, false])
  })

  it('are those of the carrier, or one for each path where it has none', () => {
    const known = new Uint8Array(18).fill(5)
    const addressOf = (path: number) => (path === 1 ? known : null)
    assert.deepEqual([addressAt({ addressOf }, 1), addressAt({ addressOf }, 2)], [known, null])
    assert.equal(isSameIp(addressAt({}, 1), addressAt({}, 2)), false)
    assert.equal(isSameIp(addressAt({}, 1), addressAt({}, 1)), true)
  })
})

import assert from 'node:assert/strict'
import { nullCrypto } from '../../src/runtime/null-crypto.ts'
import { cryptoContract } from '../contracts/crypto.ts'

const resetKey = new Uint8Array(32).fill(7)

cryptoContract('null', () => ({ dialler: nullCrypto(resetKey), listener: nullCrypto(resetKey) }))

describe('the null crypto', () => {
  it('repeats one dial byte for byte, so that a lost INIT and its repeat are one session', () => {
    const handshake = nullCrypto(resetKey).dial(new Uint8Array(3))
    const [first, second] = [new Uint8Array(200), new Uint8Array(200)]
    handshake.writeInit(new Uint8Array(12), new Uint8Array(20), first, 0)
    handshake.writeInit(new Uint8Array(12), new Uint8Array(20), second, 0)
    assert.deepEqual(first, second)
  })

  it('is misused when a RESP is read before the INIT was written', () => {
    const handshake = nullCrypto(resetKey).dial(new Uint8Array(3))
    assert.throws(() => handshake.readResp(new Uint8Array(20), new Uint8Array(64)))
  })

  it('makes other reset tokens with another key', () => {
    const id = new Uint8Array(8)
    const other = nullCrypto(new Uint8Array(32).fill(8))
    assert.notDeepEqual(nullCrypto(resetKey).resetToken(id), other.resetToken(id))
  })

  it('draws its ephemerals from the randomness that it is given', () => {
    const counting = () => {
      let next = 0
      return {
        fill: (into: Uint8Array) =>
          into.forEach((_, index) => {
            into[index] = next++
          }),
        fraction: () => 0,
      }
    }
    const init = () => {
      const into = new Uint8Array(200)
      nullCrypto(resetKey, counting()).dial(new Uint8Array(3)).writeInit(new Uint8Array(12), new Uint8Array(1), into, 0)
      return into
    }
    assert.deepEqual(init(), init())
    assert.deepEqual([...init().subarray(0, 4)], [0, 1, 2, 3])
  })
})

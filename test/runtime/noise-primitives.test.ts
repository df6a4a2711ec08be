import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { x25519 } from '@noble/curves/ed25519.js'
import { hex } from '../../src/protocol/hex.ts'
import { newX25519KeyPair, x25519KeyPairOf } from '../../src/runtime/noise-primitives.ts'

const SECRET = new Uint8Array(32).fill(7)
const ours = x25519KeyPairOf(SECRET)

function assertAgrees(theirs: Uint8Array): void {
  assert.equal(hex(ours.agree(theirs)!), hex(x25519.getSharedSecret(SECRET, theirs)))
}

describe('agreements of node:crypto', () => {
  it('are those of @noble, in whatever order the other keys come and come again', () => {
    const [a, b, c] = Array.from({ length: 3 }, () => newX25519KeyPair().publicKey) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    for (const theirs of [a, a, b, a, b, c, c, a, b, c, a]) assertAgrees(theirs)
  })

  it('look at the key as it is now: the bytes that it came in may hold another one already', () => {
    const [first, second] = [newX25519KeyPair().publicKey, newX25519KeyPair().publicKey]
    const datagram = Buffer.from(first)
    assertAgrees(datagram)
    datagram.set(second)
    assertAgrees(datagram)
    assertAgrees(first)
  })

  it('come to nothing with a key of low order, however often it is shown', () => {
    for (let time = 0; time < 3; time++) assert.equal(ours.agree(new Uint8Array(32)), null)
    assertAgrees(newX25519KeyPair().publicKey)
  })

  it('do not stop the process when garbage is collected in the middle of them: keys of generateKeyPairSync did', () => {
    const module = new URL('../../src/runtime/noise-primitives.js', import.meta.url).href
    const program = `
      import { newX25519KeyPair } from ${JSON.stringify(module)}
      const peer = newX25519KeyPair().publicKey
      for (let i = 0; i < 2_000; i++) newX25519KeyPair().agree(peer)`
    // A collection every so many allocations, wherever that may be.
    const args = ['--gc-interval=300', '--input-type=module', '--eval', program]
    const { status, stderr } = spawnSync(process.execPath, args, { timeout: 100_000, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  })
})

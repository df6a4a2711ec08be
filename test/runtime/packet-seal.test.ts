import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import fc from 'fast-check'
import { hex } from '../../src/protocol/hex.ts'
import { TAG_BYTES } from '../../src/protocol/ports.ts'
import { chooseSealing, nodeSealing, type Sealing, sealingNamed } from '../../src/runtime/sealing.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, index) => 200 - index)
const HEADER_BYTES = 19
const PEM = { type: 'pkcs8', format: 'pem' } as const
/** The numbers around which an implementation that counts in 32 bits goes wrong, and the ends. */
const COUNTERS = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 48, Number.MAX_SAFE_INTEGER]

const [openssl, sodium] = await Promise.all([sealingNamed('openssl'), sealingNamed('sodium-native')])
const chosen = await chooseSealing()

describe('sealing', () => {
  sealingIs(nodeSealing)
  for (const [name, sealing] of [
    ['openssl', openssl],
    ['sodium-native', sodium],
  ] as const) {
    if (sealing !== null) sealingIs(sealing)
    else {
      it(`with ${name}`, function () {
        console.warn(
          `      SKIPPED: ${name} cannot be loaded here, nothing has checked that it seals as node:crypto does`,
        )
        this.skip()
      })
    }
  }

  if (openssl !== null && sodium !== null) sealingIs(chosen)

  it('is by sodium-native and OpenSSL, those that can be loaded, which is tried, and by node:crypto where neither can', async () => {
    const names = [sodium, openssl].flatMap((sealing) => sealing?.name ?? [])
    assert.equal(chosen.name, names.join(', ') || nodeSealing.name)
    const [hasKoffi, hasSodium] = await Promise.all(['koffi', 'sodium-native'].map(isInstalled))
    assert.deepEqual([openssl !== null, sodium !== null], [hasKoffi, hasSodium])
  })

  it('is by node:crypto, wherever it is, for who asks for that', async () => {
    assert.equal(await sealingNamed('node:crypto'), nodeSealing)
  })
})

function sealingIs(sealing: Sealing): void {
  describe(`with ${sealing.name}`, () => {
    it('makes and opens the packets that @noble makes, at every number that is hard to count (W-17)', () => {
      for (const counter of COUNTERS) {
        const [header, plain] = [some(HEADER_BYTES, 1), some(100, 2)]
        const packet = joined(header, plain)
        sealing.of(KEY).seal(counter, packet, 0, HEADER_BYTES, HEADER_BYTES + 100)
        const theirs = chacha20poly1305(KEY, nonceOf(counter), header).encrypt(plain)
        assert.equal(hex(packet.subarray(HEADER_BYTES)), hex(theirs), `number ${counter}`)
        assert.ok(sealing.of(KEY).open(counter, packet, 0, HEADER_BYTES, packet.length))
        assert.equal(hex(packet.subarray(HEADER_BYTES, HEADER_BYTES + 100)), hex(plain))
      }
    })

    it('seals and opens what is no packet as @noble does', () => {
      const [nonce, header] = [some(12, 3), some(28, 4)]
      for (const bytes of [0, 1, 16, 32, 1_100]) {
        const plain = some(bytes, 5)
        const theirs = chacha20poly1305(KEY, nonce, header).encrypt(plain)
        assert.equal(hex(sealing.seal(KEY, nonce, header, plain)), hex(theirs))
        assert.equal(hex(sealing.open(KEY, nonce, header, theirs)!), hex(plain))
      }
    })

    it('opens nothing that is no packet of which one bit is another, and leaves it as it came', () => {
      const [nonce, header] = [some(12, 3), some(28, 4)]
      const sealed = sealing.seal(KEY, nonce, header, some(16, 5))
      for (const damaged of [sealed, header, nonce]) {
        const before = sealed.slice()
        for (const at of [0, damaged.length - 1]) {
          damaged[at]! ^= 1
          const asItCame = sealed.slice()
          assert.equal(sealing.open(KEY, nonce, header, sealed), null)
          assert.equal(hex(sealed), hex(asItCame))
          damaged[at]! ^= 1
        }
        assert.equal(hex(sealed), hex(before))
      }
      assert.equal(sealing.open(KEY, nonce, header, sealed.subarray(0, TAG_BYTES - 1)), null)
      assert.ok(sealing.open(KEY, nonce, header, sealed))
    })

    it('brings back packets of every size, wherever they stand in their buffer, and touches nothing beside them', () => {
      const sizes = fc.oneof(fc.nat(100), fc.nat(2_000), fc.nat(65_000))
      const counters = fc.oneof(fc.constantFrom(...COUNTERS), fc.maxSafeNat())
      fc.assert(
        fc.property(sizes, fc.nat(60), fc.nat(300), counters, (bytes, headerBytes, start, counter) => {
          const headerEnd = start + headerBytes
          const plainEnd = headerEnd + bytes
          const buffer = some(plainEnd + TAG_BYTES + 40, bytes)
          const before = buffer.slice()
          sealing.of(KEY).seal(counter, buffer, start, headerEnd, plainEnd)
          if (bytes >= 16)
            assert.notEqual(hex(buffer.subarray(headerEnd, plainEnd)), hex(before.subarray(headerEnd, plainEnd)))
          assert.ok(sealing.of(KEY).open(counter, buffer, start, headerEnd, plainEnd + TAG_BYTES))
          const tag = plainEnd + TAG_BYTES
          assert.equal(Buffer.compare(buffer.subarray(0, plainEnd), before.subarray(0, plainEnd)), 0)
          assert.equal(Buffer.compare(buffer.subarray(tag), before.subarray(tag)), 0)
        }),
        { numRuns: 150 },
      )
    })

    it('refuses a packet of which any bit was flipped, and opens the genuine one afterwards', () => {
      const packet = sealedPacket(sealing, 7)
      const opener = sealing.of(KEY)
      for (let bit = 0; bit < packet.length * 8; bit++) {
        const flipped = packet.slice()
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        assert.equal(opener.open(7, flipped, 0, HEADER_BYTES, flipped.length), false, `bit ${bit}`)
      }
      assert.ok(opener.open(7, packet, 0, HEADER_BYTES, packet.length))
    })

    it('refuses a packet under any other number, cut short, or with its header cut elsewhere', () => {
      const opener = sealing.of(KEY)
      for (const counter of COUNTERS) {
        for (const other of COUNTERS.filter((each) => each !== counter)) {
          const packet = sealedPacket(sealing, counter)
          assert.equal(opener.open(other, packet, 0, HEADER_BYTES, packet.length), false, `${counter} as ${other}`)
        }
      }
      for (let end = HEADER_BYTES; end < sealedPacket(sealing, 7).length; end++) {
        assert.equal(opener.open(7, sealedPacket(sealing, 7), 0, HEADER_BYTES, end), false, `${end} bytes`)
      }
      const packet = sealedPacket(sealing, 7)
      assert.equal(opener.open(7, packet, 1, HEADER_BYTES, packet.length), false)
    })

    it('refuses what was sealed under the key of the other direction', () => {
      const packet = sealedPacket(sealing, 7)
      const other = KEY.slice()
      other[31]! ^= 1
      assert.equal(sealing.of(other).open(7, packet, 0, HEADER_BYTES, packet.length), false)
    })

    it('shows nothing of a packet that it refused', () => {
      const packet = sealedPacket(sealing, 7)
      packet[packet.length - 1]! ^= 1
      assert.equal(sealing.of(KEY).open(7, packet, 0, HEADER_BYTES, packet.length), false)
      const plain = Buffer.from(some(60, 2))
      for (let at = 0; at + 4 <= plain.length; at++)
        assert.equal(Buffer.from(packet).indexOf(plain.subarray(at, at + 4)), -1)
    })

    it('lets node:crypto work on after what it has refused', () => {
      const packet = sealedPacket(sealing, 7)
      packet[30]! ^= 1
      assert.equal(sealing.of(KEY).open(7, packet, 0, HEADER_BYTES, packet.length), false)
      assert.equal(createPrivateKey(generateKeyPairSync('ed25519').privateKey.export(PEM)).type, 'private')
      const genuine = sealedPacket(nodeSealing, 8)
      assert.ok(sealing.of(KEY).open(8, genuine, 0, HEADER_BYTES, genuine.length))
    })

    it('touches nothing beside its buffer, even where it is misused with a packet that does not lie within it', () => {
      const before = some(400, 1)
      for (const [start, headerEnd, plainEnd] of [
        [0, 19, 185],
        [0, 19, 10_000],
        [-1, 19, 100],
        [0, 300, 310],
      ] as const) {
        const memory = before.slice()
        const packet = memory.subarray(100, 300)
        for (const misuse of ['seal', 'open'] as const) {
          try {
            sealing.of(KEY)[misuse](7, packet, start, headerEnd, plainEnd)
          } catch {
            // To throw is right, too.
          }
        }
        assert.equal(hex(memory.subarray(300)), hex(before.subarray(300)))
        assert.equal(hex(memory.subarray(0, 100)), hex(before.subarray(0, 100)))
      }
    })

    it('keeps the key that it was made with, whatever becomes of the bytes that it was given', () => {
      const given = KEY.slice()
      const opener = sealing.of(given)
      given.fill(0)
      const packet = sealedPacket(sealing, 7)
      assert.ok(opener.open(7, packet, 0, HEADER_BYTES, packet.length))
    })

    it('is misused with a number that a double cannot count: it throws and seals nothing', () => {
      for (const counter of [2 ** 53, 2 ** 53 + 2, 2 ** 64, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        const packet = some(200, 1)
        assert.throws(() => sealing.of(KEY).seal(counter, packet, 0, HEADER_BYTES, 150), RangeError)
        assert.equal(hex(packet), hex(some(200, 1)))
      }
    })
  })
}

function isInstalled(name: string): Promise<boolean> {
  return import(name).then(
    () => true,
    () => false,
  )
}

function sealedPacket(sealing: Sealing, counter: number): Uint8Array {
  const packet = joined(some(HEADER_BYTES, 1), some(60, 2))
  sealing.of(KEY).seal(counter, packet, 0, HEADER_BYTES, HEADER_BYTES + 60)
  return packet
}

/** Room for the tag is behind. */
function joined(header: Uint8Array, plain: Uint8Array): Uint8Array {
  const packet = new Uint8Array(header.length + plain.length + TAG_BYTES)
  packet.set(header)
  packet.set(plain, header.length)
  return packet
}

function some(count: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 37 + seed * 101) & 0xff)
}

function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, BigInt(counter), true)
  return nonce
}

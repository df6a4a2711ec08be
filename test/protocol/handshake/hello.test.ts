import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeHello, encodeHello, type Hello } from '../../../src/protocol/handshake/hello.ts'
import { hex } from '../../../src/protocol/hex.ts'
import { bytesOf, joined } from '../bytes.ts'

const FIXED = `${'a1'.repeat(16)}${'b2'.repeat(8)}${'c3'.repeat(16)}`

function settings(digits: string): Hello | null {
  return decodeHello(bytesOf(FIXED + digits))
}

const ids = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes })

const someHello: fc.Arbitrary<Hello> = fc.record(
  {
    credential: fc.uint8Array({ maxLength: 63 }),
    instanceId: ids(16),
    bootId: ids(8),
    resetToken: ids(16),
    survive: fc.integer({ min: 1, max: 3_600_000 }).map((ms) => ms * 1_000),
    maxAckDelay: fc.nat(1_000_000),
    maxStreams: fc.nat(65_536),
    streamWindow: fc.maxSafeNat(),
    sessionWindow: fc.maxSafeNat(),
    sentAtMs: fc.maxSafeNat(),
    mostPacketsPerAck: fc.nat(1_000),
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      'instanceId',
      'bootId',
      'resetToken',
      'survive',
      'maxAckDelay',
      'maxStreams',
      'streamWindow',
      'sessionWindow',
      'sentAtMs',
      'mostPacketsPerAck',
    ],
  },
)

describe('Hello', () => {
  it('is three fixed fields and settings by number, the survival in ms', () => {
    const hello: Hello = {
      instanceId: bytesOf('a1'.repeat(16)),
      bootId: bytesOf('b2'.repeat(8)),
      resetToken: bytesOf('c3'.repeat(16)),
      survive: 60_000_000,
      maxAckDelay: 26_000,
      maxStreams: 100,
      streamWindow: 262_144,
      sessionWindow: 1_048_576,
      sentAtMs: 1_793_000_000_000,
      mostPacketsPerAck: 10,
    }
    const said = '0104 8000ea60 0204 80006590 0302 4064 0404 80040000 0504 80100000 0608 c00001a17720ca00 0801 0a'
    assert.equal(hex(encodeHello(hello)), FIXED + said.replaceAll(' ', ''))
    assert.deepEqual(decodeHello(encodeHello(hello)), hello)
  })

  it('carries a credential as it is, and none if there is none', () => {
    assert.deepEqual(settings('07 03 010203'.replaceAll(' ', ''))?.credential, bytesOf('010203'))
    assert.ok(!('credential' in settings('')!))
  })

  it('refuses a credential twice, of more than 63 bytes, or cut short (E-1)', () => {
    assert.equal(settings('0701010701ff'), null)
    assert.equal(settings(`074040${'00'.repeat(64)}`), null)
    assert.equal(settings('070401'), null)
    const hello = { ...settings('')!, credential: new Uint8Array(64) }
    assert.throws(() => encodeHello(hello), /too long/)
  })

  it('is read back as it was written', () => {
    fc.assert(fc.property(someHello, (hello) => assert.deepEqual(decodeHello(encodeHello(hello)), hello)))
  })

  it('keeps nothing of the packet it was read from', () => {
    const packet = bytesOf(FIXED)
    const hello = decodeHello(packet)!
    packet.fill(0)
    assert.equal(hex(hello.instanceId) + hex(hello.bootId) + hex(hello.resetToken), FIXED)
  })

  it('has defaults for what is not said', () => {
    const { survive, maxAckDelay, maxStreams, streamWindow, sessionWindow, mostPacketsPerAck } = settings('')!
    assert.deepEqual([survive, maxAckDelay], [60_000_000, 26_000])
    assert.deepEqual([maxStreams, streamWindow, sessionWindow, mostPacketsPerAck], [0, 0, 0, 0])
  })

  it('skips settings of later versions, in any order and of any length (H-8)', () => {
    assert.equal(settings('3f03 ffffff 0301 07 4fff00')?.maxStreams, 7)
    assert.equal(settings(`0301 07 20 4100 ${'00'.repeat(256)}`)?.maxStreams, 7)
  })

  it('refuses a known setting twice, out of range, or of another length than it says (H-8)', () => {
    assert.equal(settings('0301 07 0301 07'), null, 'twice')
    assert.equal(settings('0101 00'), null, 'survive 0')
    assert.equal(settings('0104 8036ee81'), null, 'survive 3,600,001 ms')
    assert.notEqual(settings('0104 8036ee80'), null)
    assert.equal(settings('0204 800f4241'), null, 'an ACK delay above a second')
    assert.equal(settings('0304 80010001'), null, '65,537 streams')
    assert.equal(settings('0302 07'), null, 'cut')
    assert.equal(settings('0302 0707'), null, 'a byte too many')
    assert.equal(settings('0301 4064'), null, 'a byte too few')
    assert.equal(settings('0300'), null, 'no byte at all')
    assert.equal(settings('0300 0401 07'), null, 'the length of the next one instead of a value')
    assert.equal(settings('04 08 ffffffffffffffff'), null, 'a number that a double does not hold')
    assert.equal(settings('3f c01fffffffffffff'), null, 'an unknown one without end')
  })

  it('refuses to be cut within its fixed fields or within a setting', () => {
    const whole = joined(bytesOf(FIXED), bytesOf('0104 8000ea60 0204 80006590'))
    const wholeSettings = [40, 46, 52]
    for (let kept = 0; kept <= whole.length; kept++) {
      assert.equal(decodeHello(whole.subarray(0, kept)) !== null, wholeSettings.includes(kept), `${kept} bytes`)
    }
  })

  it('reads any bytes without an exception, and says the same again if it could read them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 36, maxLength: 90 }), (bytes) => {
        const hello = decodeHello(bytes)
        if (hello !== null) assert.deepEqual(decodeHello(encodeHello(hello)), hello)
      }),
      { numRuns: 2_000 },
    )
  })
})

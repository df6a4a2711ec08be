import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hex } from '../../../src/protocol/hex.ts'
import { type ControlMessage, ControlReader, encodeControl } from '../../../src/protocol/messages/control.ts'
import { bytesOf, joined } from '../bytes.ts'

const UUID = '11111111-2222-3333-4444-555555555555'
const UUID_DIGITS = '11111111222233334444555555555555'

const GOLDEN: readonly (readonly [ControlMessage, string])[] = [
  [{ kind: 'settings', software: 'edgerq/1' }, '000a 01 08 6564676572712f31'],
  [
    { kind: 'register', uuid: UUID, name: 'web', protocol: 'http', capacity: 70, isHealthy: true },
    `0019 02 ${UUID_DIGITS} 03 776562 02 4046 01`,
  ],
  [{ kind: 'registered', uuid: UUID }, `0011 03 ${UUID_DIGITS}`],
  [{ kind: 'refused', uuid: UUID, code: 2, text: 'no' }, `0015 04 ${UUID_DIGITS} 02 02 6e6f`],
  [{ kind: 'unregister', uuid: UUID }, `0011 05 ${UUID_DIGITS}`],
  [{ kind: 'health', uuid: UUID, isHealthy: false }, `0012 06 ${UUID_DIGITS} 00`],
  [{ kind: 'drain', lastStream: 1_000 }, '0003 07 43e8'],
  [{ kind: 'addressToken', token: Uint8Array.of(1, 2, 3) }, '0005 08 03 010203'],
  [{ kind: 'askServices' }, '0001 09'],
  [{ kind: 'mayServe', uuid: UUID, name: 'web', protocol: 'tcp' }, `0016 0a ${UUID_DIGITS} 03 776562 01`],
  [{ kind: 'servicesTold' }, '0001 0b'],
]

const text = fc.string({ unit: 'binary', maxLength: 250 })
/** Objects as a program writes them; fast-check would also make some without a prototype. */
function plain<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>
}

const message: fc.Arbitrary<ControlMessage> = fc.oneof(
  plain({ kind: fc.constant('settings' as const), software: text }),
  plain({
    kind: fc.constant('register' as const),
    uuid: fc.uuid(),
    name: text,
    protocol: fc.constantFrom('tcp' as const, 'http' as const),
    capacity: fc.maxSafeNat(),
    isHealthy: fc.boolean(),
  }),
  plain({ kind: fc.constantFrom('registered' as const, 'unregister' as const), uuid: fc.uuid() }),
  plain({ kind: fc.constant('refused' as const), uuid: fc.uuid(), code: fc.nat(70), text }),
  plain({ kind: fc.constant('health' as const), uuid: fc.uuid(), isHealthy: fc.boolean() }),
  plain({ kind: fc.constant('drain' as const), lastStream: fc.maxSafeNat() }),
  plain({ kind: fc.constant('addressToken' as const), token: fc.uint8Array({ maxLength: 255 }) }),
  plain({ kind: fc.constantFrom('askServices' as const, 'servicesTold' as const) }),
  plain({
    kind: fc.constant('mayServe' as const),
    uuid: fc.uuid(),
    name: text,
    protocol: fc.constantFrom('tcp' as const, 'http' as const),
  }),
)

function readAll(reader: ControlReader): ControlMessage[] {
  const messages: ControlMessage[] = []
  for (let next = reader.next(); next !== null; next = reader.next()) messages.push(next)
  return messages
}

function read(...pieces: Uint8Array[]): ControlMessage[] {
  const reader = new ControlReader()
  const messages = pieces.flatMap((piece) => {
    reader.push(piece)
    return readAll(reader)
  })
  assert.equal(reader.isBroken, false)
  return messages
}

describe('control messages', () => {
  for (const [message, digits] of GOLDEN) {
    it(`${message.kind} is written and read as the protocol says`, () => {
      assert.equal(hex(encodeControl(message)), hex(bytesOf(digits)))
      assert.deepEqual(read(bytesOf(digits)), [message])
    })
  }

  it('are read back as they were written, however the stream was cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.integer({ min: 1, max: 300 }), (messages, piece) => {
        const bytes = joined(...messages.map(encodeControl))
        const pieces: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece))
        assert.deepEqual(read(...pieces), messages)
      }),
    )
  })

  it('may come byte by byte', () => {
    const bytes = joined(...GOLDEN.map(([, digits]) => bytesOf(digits)))
    assert.deepEqual(
      read(...[...bytes].map((byte) => Uint8Array.of(byte))),
      GOLDEN.map(([message]) => message),
    )
  })

  it('are copied: the memory they came in may be used again at once', () => {
    const reader = new ControlReader()
    const bytes = encodeControl(GOLDEN[0]![0])
    const [first, second] = [bytes.slice(0, 5), bytes.slice(5)]
    reader.push(first)
    first.fill(0xff)
    reader.push(second)
    second.fill(0xff)
    assert.deepEqual(reader.next(), GOLDEN[0]![0])
  })

  it('of unknown types are skipped, up to the longest that may be said (C-2, C-3)', () => {
    const longest = joined(bytesOf('4000 63'), new Uint8Array(16_383))
    const [message, digits] = GOLDEN[2]!
    assert.deepEqual(read(bytesOf('0001 63'), longest, bytesOf(digits), bytesOf('0002 ff 00'), bytesOf(digits)), [
      message,
      message,
    ])
  })

  it('may carry fields of a later version behind those that are known (C-3)', () => {
    assert.deepEqual(read(bytesOf(`0013 03 ${UUID_DIGITS} cafe`)), [{ kind: 'registered', uuid: UUID }])
  })

  it('have long texts cut, by whole characters', () => {
    const [cut] = read(encodeControl({ kind: 'settings', software: `a${'ü'.repeat(600)}` }))
    assert.deepEqual(cut, { kind: 'settings', software: `a${'ü'.repeat(511)}` })
  })

  for (const [name, digits] of [
    ['has no type', '0000 03'],
    ['is longer than 16 KiB', '4001 63'],
    ['ends inside a UUID', `0010 03 ${UUID_DIGITS.slice(2)}`],
    ['has no health', `0011 06 ${UUID_DIGITS}`],
    ['has no stream', '0001 07'],
    ['has a text longer than itself', '0003 01 05 61'],
    ['has a text that is not UTF-8', '0003 01 01 ff'],
    ['has a text that is too long', `0405 01 4401 ${'61'.repeat(1_025)}`.replace('0405', '0404')],
    ['registers an unknown protocol', `0018 02 ${UUID_DIGITS} 03 776562 03 00 01`],
    ['registers without a health', `0017 02 ${UUID_DIGITS} 03 776562 01 00`],
    ['refuses without a text', `0012 04 ${UUID_DIGITS} 01`],
  ] as const) {
    it(`are broken for good when one ${name} (C-2)`, () => {
      const reader = new ControlReader()
      reader.push(bytesOf(digits))
      assert.equal(reader.next(), null)
      assert.equal(reader.isBroken, true)
      reader.push(encodeControl(GOLDEN[0]![0]))
      assert.equal(reader.next(), null)
    })
  }

  it('never throw, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (pieces) => {
        const reader = new ControlReader()
        for (const piece of pieces) {
          reader.push(piece)
          readAll(reader)
        }
      }),
    )
  })
})

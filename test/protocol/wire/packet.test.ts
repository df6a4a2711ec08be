import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hex } from '../../../src/protocol/hex.ts'
import {
  connectionKey,
  dataPacketCounter,
  dataPacketEnd,
  isDataPacket,
  sameConnectionId,
  writeDataHeader,
  writeDataLength,
} from '../../../src/protocol/wire/packet.ts'
import { bytesOf, joined } from '../bytes.ts'

const ID = bytesOf('00 11 22 33 44 55 66 77')

function dataPacket(counter: number, bodyBytes: number): Uint8Array {
  const packet = new Uint8Array(19 + bodyBytes)
  writeDataHeader(packet, 0, ID, counter)
  writeDataLength(packet, 0, bodyBytes)
  return packet
}

describe('the header of a data packet', () => {
  it('is type, connection id, counter and length', () => {
    assert.equal(
      hex(dataPacket(0x0001_0203_0405_0607, 45).subarray(0, 19)),
      '400011223344556677 0001020304050607 002d'.replaceAll(' ', ''),
    )
  })

  it('gives back every counter that a double counts exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(65_535 - 19), (counter, bodyBytes) => {
        const packet = joined(bytesOf('ffff'), dataPacket(counter, bodyBytes), bytesOf('ff'))
        assert.equal(dataPacketCounter(packet, 2), counter)
        assert.equal(dataPacketEnd(packet, 2), packet.length - 1)
      }),
    )
  })

  it('is refused with a counter of 2^53 or more (W-9, W-13)', () => {
    const packet = dataPacket(0, 45)
    for (const counter of ['0020000000000000', '0020000000000001', 'ffffffffffffffff']) {
      packet.set(bytesOf(counter), 9)
      assert.equal(dataPacketCounter(packet, 0), -1, counter)
    }
    packet.set(bytesOf('001fffffffffffff'), 9)
    assert.equal(dataPacketCounter(packet, 0), Number.MAX_SAFE_INTEGER)
  })

  it('is refused if it is cut, or promises more than there is (W-10)', () => {
    const packet = dataPacket(7, 45)
    assert.equal(dataPacketEnd(packet, 0), 64)
    for (let kept = 0; kept < packet.length; kept++) assert.equal(dataPacketEnd(packet.subarray(0, kept), 0), -1)
    assert.equal(dataPacketEnd(packet, 1 + packet.length), -1)
  })

  it('tells where each of several packets in one buffer ends', () => {
    const buffer = joined(dataPacket(1, 50), dataPacket(2, 60), dataPacket(3, 20))
    assert.equal(dataPacketEnd(buffer, 0), 69)
    assert.equal(dataPacketEnd(buffer, 69), 148)
    assert.equal(dataPacketEnd(buffer, 148), 187)
  })

  it('is known by its first byte, in all four key phases', () => {
    const data = Array.from({ length: 256 }, (_, byte) => byte).filter(isDataPacket)
    assert.deepEqual(data, [0x40, 0x41, 0x42, 0x43])
    assert.equal(isDataPacket(-1), false)
  })
})

describe('connection ids', () => {
  it('are the same only if all eight bytes are', () => {
    const buffer = joined(bytesOf('99'), ID)
    assert.ok(sameConnectionId(buffer, 1, ID))
    for (let at = 0; at < ID.length; at++) {
      const other = ID.slice()
      other[at]! ^= 1
      assert.equal(sameConnectionId(buffer, 1, other), false, `byte ${at}`)
    }
  })

  it('have a key of their bytes 1 to 6, exact to the last bit', () => {
    assert.equal(connectionKey(ID, 0), 0x112233445566)
    assert.equal(connectionKey(bytesOf('ff ffffffffffff ff'), 0), 2 ** 48 - 1)
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 255 }),
        (id, at, change) => {
          const other = id.slice()
          other[at]! ^= change
          assert.notEqual(connectionKey(id, 0), connectionKey(other, 0))
        },
      ),
    )
  })
})

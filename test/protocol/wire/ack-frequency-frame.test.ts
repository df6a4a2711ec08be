import assert from 'node:assert/strict'
import {
  AckFrequencyFrame,
  readAckFrequency,
  writeAckFrequency,
} from '../../../src/protocol/wire/ack-frequency-frame.ts'
import { bytesOf } from '../bytes.ts'
import { readerOf, written } from './written.ts'

describe('ACK_FREQUENCY', () => {
  it('is the number of the wish and how many packets one ACK is for', () => {
    assert.equal(
      written((writer) => writeAckFrequency(writer, 300, 10)),
      '22412c0a',
    )
    assert.equal(
      written((writer) => writeAckFrequency(writer, 300, 10), 3),
      null,
    )
    const frame = new AckFrequencyFrame()
    assert.equal(readAckFrequency(readerOf(bytesOf('412c0a')), frame), true)
    assert.deepEqual([frame.sequence, frame.packetsPerAck], [300, 10])
    assert.equal(readAckFrequency(readerOf(bytesOf('412c')), frame), false)
  })
})

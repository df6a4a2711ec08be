import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SECOND } from '../../src/protocol/units.ts'
import { Flow } from './flow.ts'
import { flow as plan, RESET_CODE, STOP_CODE } from './plans.ts'

const BYTES = 200_000

describe('a flow', () => {
  it('accepts its own content however it was cut on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 }), (cuts) => {
        const flow = newFlow()
        const sent = writeAll(flow)
        for (let index = 0; flow.received < BYTES; index += 1) {
          const cut = cuts[index % cuts.length]!
          flow.accept(sent.subarray(flow.received, flow.received + cut), 0)
        }
        flow.isFinished = true
        flow.end()
      }),
      { numRuns: 50 },
    )
  })

  it('refuses a changed byte wherever it is, its name included', () => {
    fc.assert(
      fc.property(fc.nat(BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const flow = newFlow()
        const sent = writeAll(flow)
        sent[at]! ^= mask
        assert.throws(() => flow.accept(sent, 0), /wrong/)
      }),
      { numRuns: 50 },
    )
  })

  it('refuses bytes from another place, however far away', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), (distance) => {
        const flow = newFlow()
        const sent = writeAll(flow)
        flow.accept(sent.subarray(0, 1_000), 0)
        assert.throws(() => flow.accept(sent.subarray(1_000 + distance, 1_064 + distance), 0), /wrong byte/)
      }),
    )
  })

  it('refuses the bytes of its neighbour', () => {
    const [one, other] = [newFlow(1), newFlow(2)]
    writeAll(one)
    assert.throws(() => one.accept(writeAll(other).subarray(4, 100), 0), /wrong/)
  })

  it('refuses bytes that nobody has written yet', () => {
    const flow = newFlow()
    const sent = flow.next(100, 0)
    flow.accept(sent, 0)
    assert.throws(() => flow.accept(sent.subarray(0, 1), 0), /up to 101 of 100/)
  })

  it('takes no end before the writer finished and every byte came', () => {
    const flow = newFlow()
    flow.accept(writeAll(flow).subarray(0, BYTES - 1), 0)
    assert.throws(() => flow.end(), /199999 of 200000 bytes, finished: false/)
    flow.isFinished = true
    assert.throws(() => flow.end(), /199999 of 200000 bytes, finished: true/)
  })

  it('takes no reset that nobody meant, and none with a code that is not theirs', () => {
    const flow = newFlow()
    assert.throws(() => flow.abort(7), /by nobody/)
    flow.resetCode = RESET_CODE
    assert.throws(() => flow.abort(7), /shows 7/)
    flow.abort(RESET_CODE)
    const stopped = newFlow()
    stopped.stopCode = STOP_CODE
    stopped.abort(STOP_CODE)
  })

  it('complains of bytes that stand still for 30 s, unless nobody wants them or nothing could move', () => {
    const flow = newFlow()
    flow.next(100, 10 * SECOND)
    flow.checkProgress(40 * SECOND, 0)
    assert.throws(() => flow.checkProgress(41 * SECOND, 0), /stood at 0 of 100 bytes for 31 s/)
    flow.checkProgress(41 * SECOND, 15 * SECOND)
    flow.isWanted = false
    flow.checkProgress(1_000 * SECOND, 0)
  })
})

function newFlow(name = 3): Flow {
  return new Flow(name, plan(BYTES), { hasName: true, now: 0, meter: { receivedBytes: 0 } })
}

function writeAll(flow: Flow): Uint8Array {
  const sent = new Uint8Array(BYTES)
  while (flow.written < flow.total) {
    const at = flow.written
    sent.set(flow.next(3 + (at % 50_000), 0), at)
  }
  return sent
}

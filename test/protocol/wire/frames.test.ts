import assert from 'node:assert/strict'
import { CloseCode } from '../../../src/protocol/errors.ts'
import { hex } from '../../../src/protocol/hex.ts'
import { type FrameSink, FrameWalker } from '../../../src/protocol/wire/frames.ts'
import { bytesOf } from '../bytes.ts'
import { readerOf } from './written.ts'

/** Writes down what it is told, and refuses what it was asked to refuse. */
class Listing implements FrameSink {
  readonly told: string[] = []
  readonly #refused: string

  constructor(refused = '') {
    this.#refused = refused
  }

  onAck = (f: { largest: number; count: number }) => this.#note(`ack ${f.largest} ${f.count}`)
  onStream = (f: { id: number; offset: number; start: number; length: number; fin: boolean }, datagram: Uint8Array) =>
    this.#note(
      `stream ${f.id} ${f.offset} ${hex(datagram.subarray(f.start, f.start + f.length))}${f.fin ? ' fin' : ''}`,
    )
  onResetStream = (f: { id: number; code: number; finalSize: number }) =>
    this.#note(`reset ${f.id} ${f.code} ${f.finalSize}`)
  onStopSending = (f: { id: number; code: number }) => this.#note(`stop ${f.id} ${f.code}`)
  onMaxData = (f: { limit: number }) => this.#note(`max data ${f.limit}`)
  onMaxStreamData = (f: { id: number; limit: number }) => this.#note(`max stream data ${f.id} ${f.limit}`)
  onMaxStreams = (f: { limit: number }) => this.#note(`max streams ${f.limit}`)
  onPathChallenge = (bytes: Uint8Array) => this.#note(`challenge ${hex(bytes)}`)
  onPathResponse = (bytes: Uint8Array) => this.#note(`response ${hex(bytes)}`)
  onRekey = (f: { type: number; number: number; message: Uint8Array }) =>
    this.#note(`rekey ${f.type} ${f.number} ${hex(f.message)}`)
  onAckFrequency = (f: { sequence: number; packetsPerAck: number }) =>
    this.#note(`ack frequency ${f.sequence} ${f.packetsPerAck}`)
  onClose = (f: { code: number; reason: string }) => this.#note(`close ${f.code} ${f.reason}`)

  #note(line: string): CloseCode {
    this.told.push(line)
    return this.#refused !== '' && line.startsWith(this.#refused) ? CloseCode.streamState : CloseCode.none
  }
}

/** One of each, with what the sink must hear. Hand-made: the bytes are the specification. */
const FRAMES: readonly { digits: string; told: string; elicits: boolean; hasty?: boolean }[] = [
  { digits: '02 0a 0a 01 02 01 02', told: 'ack 10 2', elicits: false },
  { digits: '04 05 30 43e8', told: 'reset 5 48 1000', elicits: true },
  { digits: '05 05 31', told: 'stop 5 49', elicits: true },
  { digits: '08 03 44b0 0003 616263', told: 'stream 3 1200 616263', elicits: true },
  { digits: '09 03 07 0000', told: 'stream 3 7  fin', elicits: true, hasty: true },
  { digits: '10 80100000', told: 'max data 1048576', elicits: true },
  { digits: '11 05 80040000', told: 'max stream data 5 262144', elicits: true },
  { digits: '12 40c8', told: 'max streams 200', elicits: true },
  { digits: '1a 0102030405060708', told: 'challenge 0102030405060708', elicits: true },
  { digits: '1b 0102030405060708', told: 'response 0102030405060708', elicits: true },
  { digits: `20 07 ${'ab'.repeat(96)}`, told: `rekey 32 7 ${'ab'.repeat(96)}`, elicits: true },
  { digits: `21 07 ${'cd'.repeat(48)}`, told: `rekey 33 7 ${'cd'.repeat(48)}`, elicits: true },
  { digits: '22 4105 0a', told: 'ack frequency 261 10', elicits: true },
  { digits: '1c 10 03 627965', told: 'close 16 bye', elicits: false },
]
/** Frames that are read and tell nobody. */
const SILENT = [
  { digits: '00', elicits: false },
  { digits: '01', elicits: true, hasty: true },
  { digits: '14 05', elicits: true },
  { digits: '15 05 06', elicits: true },
]

function walk(digits: string, sink = new Listing()): { verdict: CloseCode; told: string[]; walker: FrameWalker } {
  const walker = new FrameWalker()
  return { verdict: walker.walk(readerOf(bytesOf(digits)), sink), told: sink.told, walker }
}

describe('FrameWalker', () => {
  for (const { digits, told, elicits, hasty } of FRAMES) {
    it(`hands on ${digits} as “${told}”`, () => {
      const walked = walk(digits)
      assert.equal(walked.verdict, CloseCode.none)
      assert.deepEqual(walked.told, [told])
      assert.equal(walked.walker.elicitsAck, elicits)
      assert.equal(walked.walker.wantsHaste, hasty ?? false)
    })
  }

  for (const { digits, elicits, hasty } of SILENT) {
    it(`reads ${digits} and tells nobody`, () => {
      const walked = walk(digits)
      assert.equal(walked.verdict, CloseCode.none)
      assert.deepEqual(walked.told, [])
      assert.equal(walked.walker.elicitsAck, elicits)
      assert.equal(walked.walker.wantsHaste, hasty ?? false)
    })
  }

  it('hands on all frames of a packet in order, each padded or not', () => {
    const walked = walk(FRAMES.map(({ digits }) => `00 ${digits}`).join(' '))
    assert.equal(walked.verdict, CloseCode.none)
    assert.deepEqual(
      walked.told,
      FRAMES.map(({ told }) => told),
    )
    assert.ok(walked.walker.elicitsAck)
  })

  it('forgets what the packet before asked for', () => {
    const walker = new FrameWalker()
    walker.walk(readerOf(bytesOf('01')), new Listing())
    walker.walk(readerOf(bytesOf('00')), new Listing())
    assert.equal(walker.elicitsAck, false)
    assert.equal(walker.wantsHaste, false)
  })

  it('refuses every frame wherever it is cut (F-1)', () => {
    for (const { digits } of [...FRAMES, ...SILENT]) {
      const whole = bytesOf(digits)
      for (let kept = 1; kept < whole.length; kept++) {
        const walked = walk(hex(whole.subarray(0, kept)))
        assert.equal(walked.verdict, CloseCode.frameEncoding, `${digits} cut to ${kept} bytes`)
        assert.deepEqual(walked.told, [])
      }
    }
  })

  // A type cut short read as 0, and so as PADDING.
  it('refuses a packet that ends within the type of a frame', () => {
    for (const digits of ['40', '80', 'c0', '0140', '01 c0000000000000', 'ff']) {
      assert.equal(walk(digits).verdict, CloseCode.frameEncoding, digits)
    }
  })

  it('refuses a packet without frames and frames of unknown types (F-1)', () => {
    assert.equal(walk('').verdict, CloseCode.protocolViolation)
    for (const type of [
      '03',
      '06',
      '07',
      '0a',
      '13',
      '16',
      '18',
      '19',
      '1d',
      '3f',
      '4100',
      'c01fffffffffffff',
      'ffffffffffffffff',
    ]) {
      assert.equal(walk(type).verdict, CloseCode.frameEncoding, type)
    }
  })

  it('stops at the first frame that is refused and answers its code', () => {
    const walked = walk('12 05 10 06 12 07', new Listing('max data'))
    assert.equal(walked.verdict, CloseCode.streamState)
    assert.deepEqual(walked.told, ['max streams 5', 'max data 6'])
  })

  // Hundreds of ACKs in one packet, each over all that was on its way, kept the process busy for milliseconds.
  it('refuses a second ACK in one packet, and takes one in each (F-3)', () => {
    const walked = walk('02 0a 00 00 00 01 02 0b 00 00 00')
    assert.equal(walked.verdict, CloseCode.protocolViolation)
    assert.deepEqual(walked.told, ['ack 10 1'])
    assert.equal(walked.walker.walk(readerOf(bytesOf('02 0b 00 00 00')), new Listing()), CloseCode.none)
  })

  // A stream frame behind CLOSE opened a stream on a session that was gone.
  it('reads nothing behind a CLOSE (F-4)', () => {
    const walked = walk('10 06 1c 00 00 08 01 00 0001 61 ff')
    assert.equal(walked.verdict, CloseCode.none)
    assert.deepEqual(walked.told, ['max data 6', 'close 0 '])
  })
})

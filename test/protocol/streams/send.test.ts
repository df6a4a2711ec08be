import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FLOWING_HIGH_WATER_BYTES, WRITE_HIGH_WATER_BYTES } from '../../../src/protocol/limits.ts'
import { BLOCK_BYTES, BlockPool } from '../../../src/protocol/streams/block-pool.ts'
import { SendHalf } from '../../../src/protocol/streams/send.ts'
import { assertBytes, bytesBetween } from './stream-bytes.ts'

interface Sent {
  readonly offset: number
  readonly length: number
  readonly fin: boolean
  state: 'inFlight' | 'lost'
}

/** Sends as a packet builder does, keeps every frame until it is settled, and knows what the peer must have in the end. */
class Sender {
  readonly half: SendHalf
  readonly frames: Sent[] = []
  /** By offset: the peer has acknowledged this byte. */
  readonly acked: boolean[] = []
  isFinAcked = false
  farthest = 0

  constructor(credit: number) {
    this.half = new SendHalf(credit, new BlockPool())
  }

  write(length: number): void {
    const start = this.half.written
    const bytes = bytesBetween(start, start + length)
    this.half.write(bytes)
    // The half has copied them: what their owner does now must not be seen.
    bytes.fill(0xee)
  }

  /** Sends one frame of at most so many bytes; false: the half has nothing to send. */
  send(most: number, sessionCredit = Infinity): boolean {
    const half = this.half
    if (!half.hasSomethingToSend) return false
    const offset = half.nextOffset
    const wasRepeating = half.isRepeating
    const wanted = half.nextLength(sessionCredit)
    if (wanted <= 0 && !wasRepeating && half.unsentBytes > 0) return false
    const length = Math.min(wanted, most)
    const fin = half.isFin(offset + length)
    const into = new Uint8Array(length)
    half.copy(offset, length, into, 0)
    assertBytes(into, offset)
    assert.ok(offset + length <= half.credit, 'credit was exceeded')
    if (!wasRepeating) assert.ok(offset + length - this.farthest <= sessionCredit, 'session credit was exceeded')
    for (let at = offset; at < offset + length; at++) assert.ok(!this.acked[at], `byte ${at} is sent after its ACK`)
    half.onSent(offset, length, fin)
    this.farthest = Math.max(this.farthest, offset + length)
    this.frames.push({ offset, length, fin, state: 'inFlight' })
    return true
  }

  acknowledge(index: number): void {
    const [frame] = this.frames.splice(index % this.frames.length, 1)
    if (frame === undefined) return
    for (let at = frame.offset; at < frame.offset + frame.length; at++) this.acked[at] = true
    if (frame.fin) this.isFinAcked = true
    this.half.onAcked(frame.offset, frame.length, frame.fin)
  }

  /** The frame stays known: its ACK may still come. */
  lose(index: number): void {
    const frame = this.frames[index % this.frames.length]
    if (frame === undefined) return
    frame.state = 'lost'
    this.half.onLost(frame.offset, frame.length, frame.fin)
  }

  get isDelivered(): boolean {
    for (let at = 0; at < this.half.written; at++) if (!this.acked[at]) return false
    return this.isFinAcked
  }
}

const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), size: fc.nat(400) }) },
  // Too large for memory that short writes share, or even for that of a write of its own.
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('write' as const), size: fc.integer({ min: 500, max: 9_000 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), size: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), size: fc.nat(50) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('lose' as const), size: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('credit' as const), size: fc.nat(500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('finish' as const), size: fc.nat(0) }) },
)

function perform(sender: Sender, { kind, size }: { readonly kind: string; readonly size: number }): void {
  if (kind === 'write' && sender.half.isOpen) sender.write(size)
  else if (kind === 'send') sender.send(size, size * 3)
  else if (kind === 'acknowledge') sender.acknowledge(size)
  else if (kind === 'lose') sender.lose(size)
  else if (kind === 'credit') sender.half.credit += size
  else if (kind === 'finish') sender.half.finish()
}

describe('SendHalf', () => {
  it('gets every byte and the end through, in whatever order frames are lost, acknowledged, or both', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
        const sender = new Sender(300)
        for (const one of acts) {
          perform(sender, one)
          assert.equal(sender.half.isFinished, !sender.half.isOpen && sender.isDelivered)
        }
        // What follows does no more harm: with credit, an end and ACKs for all that leaves, nothing may stay behind.
        sender.half.finish()
        sender.half.credit = Infinity
        for (const frame of sender.frames) {
          if (frame.state === 'inFlight') sender.half.onLost(frame.offset, frame.length, frame.fin)
        }
        sender.frames.length = 0
        while (sender.send(150)) sender.acknowledge(0)
        assert.equal(sender.half.isFinished, true)
        assert.equal(sender.isDelivered, true)
        assert.equal(sender.half.hasSomethingToSend, false)
      }),
      { numRuns: 1_000 },
    )
  })

  it('has nothing left to say but its reset, from any moment on', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), fc.array(act, { maxLength: 20 }), (before, after) => {
        const sender = new Sender(300)
        for (const one of before) perform(sender, one)
        const wasFinished = sender.half.isFinished
        assert.equal(sender.half.reset(9), !wasFinished)
        if (wasFinished) return
        for (const one of after) {
          if (one.kind !== 'write') perform(sender, one)
          assert.equal(sender.half.hasSomethingToSend, false)
          assert.equal(sender.half.isFinished, false)
        }
        assert.equal(sender.half.finalSize, sender.farthest)
        assert.equal(sender.half.wantsReset, true)
        sender.half.onResetSent()
        assert.equal(sender.half.wantsReset, false)
        sender.half.onResetLost()
        assert.equal(sender.half.wantsReset, true)
        sender.half.onResetSent()
        sender.half.onResetAcked()
        assert.equal(sender.half.isFinished, true)
        sender.half.onResetLost()
        assert.equal(sender.half.wantsReset, false)
      }),
    )
  })

  it('refuses a second reset, and one after its end was acknowledged', () => {
    const half = new SendHalf(10, new BlockPool())
    half.finish()
    half.onSent(0, 0, true)
    half.onAcked(0, 0, true)
    assert.equal(half.isFinished, true)
    assert.equal(half.reset(1), false)
    const other = new SendHalf(10, new BlockPool())
    assert.equal(other.reset(1), true)
    assert.equal(other.reset(2), false)
    assert.equal(other.resetCode, 1)
  })

  it('repeats an end that was lost on its own', () => {
    const sender = new Sender(100)
    sender.write(10)
    sender.send(100)
    sender.half.finish()
    sender.send(100)
    sender.acknowledge(0)
    sender.lose(0)
    assert.equal(sender.half.isRepeating, true)
    assert.equal(sender.send(100), true)
    assert.deepEqual(sender.frames.at(-1), { offset: 10, length: 0, fin: true, state: 'inFlight' })
    sender.acknowledge(1)
    assert.equal(sender.half.isFinished, true)
  })

  it('does not repeat an end whose ACK came after it was taken for lost', () => {
    const sender = new Sender(100)
    sender.half.finish()
    sender.send(100)
    sender.lose(0)
    sender.acknowledge(0)
    assert.equal(sender.half.hasSomethingToSend, false)
    assert.equal(sender.half.isFinished, true)
  })

  it('repeats of a frame only what nobody acknowledged meanwhile (F-6)', () => {
    const sender = new Sender(Infinity)
    sender.write(400)
    sender.send(100)
    sender.send(300)
    sender.lose(1)
    for (let i = 0; i < 3; i++) sender.send(100)
    sender.acknowledge(3)
    // Only the middle of it has arrived, and now the first copy is lost once more, as after a probe.
    sender.lose(1)
    sender.send(400)
    sender.send(400)
    assert.equal(sender.send(400), false)
    assert.deepEqual(
      sender.frames.slice(-2).map(({ offset, length }) => [offset, length]),
      [
        [100, 100],
        [300, 100],
      ],
    )
  })

  it('sends lost bytes again without any credit', () => {
    const sender = new Sender(10)
    sender.write(20)
    sender.send(100, 10)
    assert.equal(sender.half.hasSomethingToSend, false)
    sender.lose(0)
    assert.equal(sender.half.hasSomethingToSend, true)
    assert.equal(sender.half.nextLength(0), 10)
  })

  it('asks the writer to wait above the high-water mark, whatever the credit is', () => {
    const sender = new Sender(0)
    sender.write(WRITE_HIGH_WATER_BYTES - 1)
    assert.equal(sender.half.isWritable, true)
    sender.write(1)
    assert.equal(sender.half.isWritable, false)
    sender.half.credit = 1
    sender.send(1)
    assert.equal(sender.half.isWritable, true)
  })

  it('lets the writer go on for longer while the peer has asked for all that was written', () => {
    const sender = new Sender(FLOWING_HIGH_WATER_BYTES * 2)
    sender.write(FLOWING_HIGH_WATER_BYTES - 1)
    assert.equal(sender.half.isWritable, true)
    sender.write(1)
    assert.equal(sender.half.isWritable, false)
    sender.send(1)
    assert.equal(sender.half.isWritable, true)
    sender.half.credit = sender.half.written
    assert.equal(sender.half.isWritable, false)
  })

  it('counts as never sent until a byte, an end or a reset has left', () => {
    const lost = new SendHalf(100, new BlockPool())
    lost.write(bytesBetween(0, 10))
    lost.abandon()
    assert.equal(lost.wasEverSent, false)
    const begun = new SendHalf(100, new BlockPool())
    begun.write(bytesBetween(0, 10))
    begun.onSent(0, 1, false)
    begun.abandon()
    assert.equal(begun.wasEverSent, true)
    const ended = new SendHalf(100, new BlockPool())
    ended.finish()
    ended.onSent(0, 0, true)
    assert.equal(ended.wasEverSent, true)
    const reset = new SendHalf(100, new BlockPool())
    reset.reset(1)
    assert.equal(reset.wasEverSent, false)
    reset.onResetSent()
    assert.equal(reset.wasEverSent, true)
  })

  it('copies from many tiny chunks as from one', () => {
    const sender = new Sender(Infinity)
    const chunks = 3_000
    for (let i = 0; i < chunks; i++) sender.write(1 + (i % 3))
    let sent = 0
    for (; sender.send(1 + (sent % 97)); sent++) {
      if (sent % 5 === 4) sender.lose(sender.frames.length - 3)
      if (sender.frames.length > 20) sender.acknowledge(sent % 3 === 0 ? 0 : 7)
    }
    while (sender.frames.length > 0) sender.acknowledge(0)
    sender.half.finish()
    sender.send(10)
    sender.acknowledge(0)
    assert.equal(sender.half.isFinished, true)
  })

  it('copies large writes as well as small ones, a Buffer too, whose slice would be a view', () => {
    const sender = new Sender(Infinity)
    for (const length of [10, 70_000, 1, 8_192, 8_191, 200_000, 3]) sender.write(length)
    const shared = Buffer.from(bytesBetween(sender.half.written, sender.half.written + 500))
    sender.half.write(shared)
    shared.fill(0xee)
    for (let sent = 0; sender.send(16_000); sent++) if (sent % 5 === 0) sender.lose(0)
  })

  it('gives its blocks back once they are acknowledged, and all of them at a reset', () => {
    const pool = new BlockPool()
    const half = new SendHalf(Infinity, pool)
    half.write(bytesBetween(0, 4.5 * BLOCK_BYTES))
    half.onSent(0, half.written, false)
    half.onAcked(0, 2 * BLOCK_BYTES - 1, false)
    assert.equal(pool.kept, 1)
    half.onAcked(2 * BLOCK_BYTES, BLOCK_BYTES, false)
    assert.equal(pool.kept, 1)
    half.onAcked(2 * BLOCK_BYTES - 1, 1, false)
    assert.equal(pool.kept, 3)
    half.reset(1)
    assert.equal(pool.kept, 5)
  })

  it('holds no block while it waits with nothing to repeat', () => {
    const pool = new BlockPool()
    const half = new SendHalf(Infinity, pool)
    for (let i = 0; i < 5; i++) {
      const start = half.written
      half.write(bytesBetween(start, start + 20_000))
      half.onSent(start, 20_000, false)
      assert.equal(pool.kept, 0)
      half.onAcked(start, 20_000, false)
      assert.equal(pool.kept, 1)
    }
  })
})

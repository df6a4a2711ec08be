import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { StreamHandle } from '../../src/protocol/index.ts'
import { FlushedCredit } from '../../src/runtime/flushed-credit.ts'

/** What `FlushedCredit` asks of a stream: has pieces to read, and counts what is released. */
class Pieces {
  releasedBytes = 0
  readonly #pieces: Uint8Array[]

  constructor(...lengths: number[]) {
    this.#pieces = lengths.map((length) => new Uint8Array(length))
  }

  get stream(): StreamHandle {
    return this as unknown as StreamHandle
  }

  read(): Uint8Array | null {
    return this.#pieces.shift() ?? null
  }

  release(bytes: number): void {
    this.releasedBytes += bytes
  }
}

type Step =
  | { readonly kind: 'write'; readonly bytes: number }
  | { readonly kind: 'use'; readonly bytes: number }
  /** Of bytes that were used earlier. */
  | { readonly kind: 'tellUsed' }
  /** The oldest write has left. */
  | { readonly kind: 'flush' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), bytes: fc.nat(20) }),
  fc.record({ kind: fc.constant('use' as const), bytes: fc.nat(20) }),
  fc.constant<Step>({ kind: 'tellUsed' }),
  fc.constant<Step>({ kind: 'flush' }),
)

/** A stream's bytes on their way out, and where the first of them is that is still needed. */
class Outgoing {
  readonly pieces: Pieces
  readonly credit: FlushedCredit
  readonly #writes: { readonly from: number; readonly onFlushed: () => void }[] = []
  #at = 0
  #untoldBytes = 0

  constructor(totalBytes: number) {
    this.pieces = new Pieces(totalBytes)
    this.credit = new FlushedCredit(this.pieces.stream)
    this.credit.read()
  }

  get firstNeeded(): number {
    return this.#writes[0]?.from ?? this.#at
  }

  take(step: Step): void {
    if (step.kind === 'flush') this.#writes.shift()?.onFlushed()
    else if (step.kind === 'tellUsed') this.tellUsed()
    else {
      if (step.kind === 'use') this.#untoldBytes += step.bytes
      else this.#writes.push({ from: this.#at, onFlushed: this.credit.forWrite(step.bytes) })
      this.#at += step.bytes
    }
  }

  tellUsed(): void {
    this.credit.onUsed(this.#untoldBytes)
    this.#untoldBytes = 0
  }

  flushAll(): void {
    for (const { onFlushed } of this.#writes.splice(0)) onFlushed()
  }
}

function bytesOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + ('bytes' in step ? step.bytes : 0), 0)
}

describe('credit for bytes that are flushed', () => {
  it('never goes back for a byte that a write still needs, and goes back for all when the last write has left (S-11)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const outgoing = new Outgoing(bytesOf(steps))
        for (const step of steps) {
          outgoing.take(step)
          const { releasedBytes } = outgoing.pieces
          assert.ok(releasedBytes <= outgoing.firstNeeded, `${releasedBytes} released, ${outgoing.firstNeeded} gone`)
        }
        outgoing.tellUsed()
        outgoing.flushAll()
        assert.equal(outgoing.pieces.releasedBytes, bytesOf(steps))
      }),
    )
  })

  it('goes back once and no more, whenever what was written to is closed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, closedAt) => {
        const outgoing = new Outgoing(bytesOf(steps))
        for (const step of steps.slice(0, closedAt)) outgoing.take(step)
        outgoing.credit.releaseAll()
        assert.equal(outgoing.pieces.releasedBytes, bytesOf(steps))
        outgoing.tellUsed()
        outgoing.flushAll()
        assert.equal(outgoing.pieces.releasedBytes, bytesOf(steps))
      }),
    )
  })

  it('goes back for what somebody else has read, and not for what somebody else releases', () => {
    const pieces = new Pieces(30)
    const credit = new FlushedCredit(pieces.stream)
    credit.takeOver(12)
    credit.read()
    credit.handOver(7)
    credit.releaseAll()
    assert.equal(pieces.releasedBytes, 35)
  })

  it('is read until there is nothing to read', () => {
    const credit = new FlushedCredit(new Pieces(3, 0, 4).stream)
    const lengths = [credit.read(), credit.read(), credit.read(), credit.read()].map((bytes) => bytes?.length)
    assert.deepEqual(lengths, [3, 0, 4, undefined])
  })
})

import assert from 'node:assert/strict'
import { createHash, type Hash } from 'node:crypto'
import type { StreamHandle } from '../../src/protocol/api.ts'
import { StreamCode } from '../../src/protocol/errors.ts'
import { MILLISECOND, SECOND } from '../../src/protocol/units.ts'
import { dataPacketCounter, isDataPacket, PacketType } from '../../src/protocol/wire/packet.ts'
import { Prng } from '../sim/prng.ts'
import { statsOf } from './endpoints.ts'
import { type LineTalk, lineTalk, RECORD_BYTES, type Sent, type Side } from './line-pair.ts'
import { assertAtRest } from './session-talk.ts'
import { bytesBetween } from './streams/stream-bytes.ts'

/** Windows of some 30 short records: a change of keys takes a round trip or two, and there must be time for many. */
const NARROW = {
  initialStreamWindow: 60_000,
  ceilingStreamWindow: 60_000,
  initialSessionWindow: 60_000,
  ceilingSessionWindow: 60_000,
}

/** Writes `bytes` as the stream takes them, ends it, and hashes what comes back. */
class Exchange {
  readonly stream: StreamHandle
  readonly bytes: Uint8Array
  readonly #heard: Hash = createHash('sha256')
  #written = 0

  constructor(stream: StreamHandle, bytes: Uint8Array) {
    this.stream = stream
    this.bytes = bytes
    stream.owner = this
  }

  onReady(): void {
    while (this.#written < this.bytes.length && this.stream.isWritable) {
      const piece = this.bytes.subarray(this.#written, this.#written + 50_000)
      this.stream.write(piece)
      this.#written += piece.length
    }
    if (this.#written === this.bytes.length) this.stream.finish()
    for (let read = this.stream.read(); read !== null; read = this.stream.read()) {
      this.#heard.update(read)
      this.stream.release(read.length)
    }
  }

  get heard(): string {
    return this.#heard.copy().digest('hex')
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Streams in both directions at once, of `sizes` bytes each way; checks every hash. */
function exchangeAll({ pair, ours, theirs }: LineTalk, sizes: readonly number[], seed: number): void {
  const random = new Prng(seed)
  const draw = (size: number): Uint8Array => {
    const bytes = new Uint8Array(size)
    random.fill(bytes)
    return bytes
  }
  const answers: Exchange[] = []
  for (const book of [pair.books.dialler, pair.books.listener]) {
    book.onStream = (stream) => {
      if (stream.id === 0) return
      if (stream.owner === null) answers.push(new Exchange(stream, draw(sizes[answers.length % sizes.length]!)))
      ;(stream.owner as Exchange).onReady()
    }
  }
  const asked = sizes.map((size, index) => {
    const exchange = new Exchange((index % 2 === 0 ? ours : theirs).openStream()!, draw(size))
    exchange.onReady()
    return exchange
  })
  const isOver = () => answers.length === asked.length && [...asked, ...answers].every(({ stream }) => stream.isClosed)
  assert.ok(pair.run(120 * SECOND, isOver), `seed ${seed}`)
  for (const { stream, bytes, heard } of asked) {
    const side = stream.session === ours ? theirs : ours
    const answer = answers.find((other) => other.stream.id === stream.id && other.stream.session === side)!
    assert.deepEqual([answer.heard, heard], [hashOf(bytes), hashOf(answer.bytes)], `seed ${seed}`)
  }
}

function dataOf(sent: readonly Sent[], by: Side): Sent[] {
  return sent.filter((packet) => packet.by === by && isDataPacket(packet.bytes[0]!))
}

/** Neither was a packet left out, nor sent twice. */
function assertCountersFollow(sent: readonly Sent[]): void {
  for (const side of ['dialler', 'listener'] as const) {
    const counters = dataOf(sent, side).map(({ bytes }) => dataPacketCounter(bytes, 0))
    assert.deepEqual(
      counters,
      Array.from(counters, (_, index) => index),
    )
  }
}

describe('a session on a reliable line', () => {
  it('carries megabytes both ways unchanged, in records of up to 16,384 bytes', () => {
    const both = lineTalk()
    exchangeAll(both, [5_000_000], 51)
    const sizes = both.pair.sent.map(({ bytes }) => bytes.length)
    assert.equal(Math.max(...sizes), RECORD_BYTES)
    assert.ok(sizes.filter((size) => size === RECORD_BYTES).length > 500)
    both.pair.run(SECOND)
    assertAtRest(both.ours, both.theirs)
  })

  it('carries hundreds of streams of all sizes at once, of both sides', () => {
    const random = new Prng(52)
    const both = lineTalk({ settings: { initialMaxStreams: 400 } })
    exchangeAll(
      both,
      Array.from({ length: 300 }, () => Math.floor(random.fraction() ** 4 * 200_000)),
      52,
    )
    both.pair.run(SECOND)
    assertAtRest(both.ours, both.theirs)
  })

  it('sends every packet once, in order and without a hole, however long it takes (T-5)', () => {
    const both = lineTalk({ line: { delay: 400 * MILLISECOND, bytesPerSecond: 500_000 } })
    exchangeAll(both, [700_000, 10, 80_000], 53)
    assertCountersFollow(both.pair.sent)
    assert.equal(both.pair.sent.filter(({ bytes }) => bytes[0] === PacketType.init).length, 1)
    assert.equal(both.pair.sent.filter(({ bytes }) => bytes[0] === PacketType.resp).length, 1)
    assert.equal(statsOf(both.ours).packetsLost, 0)
  })

  it('ends one direction of a stream and goes on with the other', () => {
    const { pair, ours } = lineTalk()
    const { listener, dialler } = pair.books
    const stream = ours.openStream()!
    stream.write(bytesBetween(0, 100))
    stream.finish()
    pair.run(SECOND)
    const [theirs] = listener.accepted
    listener.drain(theirs!)
    assert.deepEqual([listener.read.get(theirs!), theirs!.readState], [100, 'ended'])
    theirs!.write(bytesBetween(0, 70_000))
    dialler.onStream = (ready) => ready === stream && dialler.drain(stream)
    theirs!.finish()
    assert.ok(pair.run(SECOND, () => stream.isClosed))
    assert.equal(dialler.read.get(stream), 70_000)
  })

  it('tells of resets and of requests to stop', () => {
    const { pair, ours, theirs } = lineTalk()
    const stream = ours.openStream()!
    stream.write(bytesBetween(0, 1_000_000))
    pair.run(10 * MILLISECOND)
    const [accepted] = pair.books.listener.accepted
    stream.reset(StreamCode.cancelled)
    accepted!.reset(StreamCode.idle)
    pair.run(SECOND)
    assert.deepEqual([accepted!.readState, accepted!.resetCode], ['reset', StreamCode.cancelled])
    assert.deepEqual([stream.readState, stream.resetCode], ['reset', StreamCode.idle])
    const other = ours.openStream()!
    other.write(bytesBetween(0, 10))
    pair.run(SECOND)
    pair.books.listener.accepted[1]!.stop(StreamCode.targetRefused)
    pair.books.listener.accepted[1]!.finish()
    pair.run(SECOND)
    assert.equal(other.stopCode, StreamCode.targetRefused)
    pair.run(SECOND)
    assertAtRest(ours, theirs)
  })

  it('goes on for those who read while a hundred others do not', () => {
    const { pair, ours, theirs } = lineTalk({ settings: { initialMaxStreams: 200 } })
    const stalled = Array.from({ length: 100 }, () => ours.openStream()!)
    const filling = bytesBetween(0, 300_000)
    for (const stream of stalled) stream.write(filling)
    pair.run(2 * SECOND)
    const heldBefore = statsOf(theirs).heldBytes
    const stream = ours.openStream()!
    const { listener } = pair.books
    listener.onStream = (ready) => ready.id === stream.id && listener.drain(ready)
    let written = 0
    const write = () => {
      for (; written < 2_000_000 && stream.isWritable; written += 50_000)
        stream.write(bytesBetween(written, written + 50_000))
    }
    pair.books.dialler.onStream = (ready) => ready === stream && write()
    write()
    const heard = () => listener.read.get(listener.accepted.at(-1)!) ?? 0
    assert.ok(
      pair.run(20 * SECOND, () => heard() === 2_000_000),
      `${heard()} bytes came through`,
    )
    assert.ok(statsOf(theirs).heldBytes <= heldBefore + 16 * 1_048_576)
  })

  it('acknowledges once for 32 packets, and soon where fewer come (T-6)', () => {
    const both = lineTalk()
    const before = both.pair.sent.length
    const stream = both.ours.openStream()!
    const { listener, dialler } = both.pair.books
    listener.onStream = (ready) => ready.id === stream.id && listener.drain(ready)
    let written = 0
    const write = () => {
      for (; written < 8_000_000 && stream.isWritable; written += 50_000)
        stream.write(bytesBetween(written, written + 50_000))
    }
    dialler.onStream = (ready) => ready === stream && write()
    write()
    assert.ok(both.pair.run(60 * SECOND, () => listener.read.get(listener.accepted[0]!) === 8_000_000))
    const sent = both.pair.sent.slice(before)
    const [forth, back] = [dataOf(sent, 'dialler').length, dataOf(sent, 'listener').length]
    assert.ok(back < forth / 4, `${back} packets came back for ${forth}`)
    both.pair.run(30 * MILLISECOND)
    assert.equal(statsOf(both.ours).bytesInFlight, 0, 'the last ones are acknowledged after a delay')
  })

  it('changes its keys again and again while it carries', () => {
    const both = lineTalk({ settings: { ...NARROW, rekeyAfterPackets: 64, maxDatagramBytes: 2_048 } })
    exchangeAll(both, [2_000_000], 54)
    assert.ok(statsOf(both.ours).rekeys >= 4, `${statsOf(both.ours).rekeys} changes of keys`)
    assert.equal(statsOf(both.ours).rekeys, statsOf(both.theirs).rekeys)
    assertCountersFollow(both.pair.sent)
  })
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { StreamCode } from '../../src/protocol/index.ts'
import { StreamDuplex, StreamResetError } from '../../src/runtime/duplex.ts'
import { statsOf } from '../protocol/endpoints.ts'
import { Prng } from '../sim/prng.ts'
import { Joined, type JoinedSession } from './joined.ts'
import { Talker } from './talker.ts'
import { atRest, turn, until } from './until.ts'

const MIB = 1_048_576

function noise(bytes: number, seed: number): Buffer {
  const noise = Buffer.alloc(bytes)
  new Prng(seed).fill(noise)
  return noise
}

/** Takes one chunk in each round of the event loop. */
class SlowHash extends Writable {
  readonly #hash = createHash('sha256')

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#hash.update(chunk)
    setImmediate(done)
  }

  get digest(): string {
    return this.#hash.digest('hex')
  }
}

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('a stream as a Duplex', () => {
  let joined: Joined
  let session: JoinedSession

  async function pair(): Promise<[StreamDuplex, Talker]> {
    const [near, far] = await joined.openStream(session)
    return [new StreamDuplex(near), new Talker(far)]
  }

  beforeEach(async () => {
    joined = new Joined()
    session = await joined.join()
  })
  afterEach(() => joined.close())

  it('carries 5 MB each way through pipelines with a slow reader at both ends, and leaves nothing behind', async () => {
    const [nearStream, farStream] = await joined.openStream(session)
    const [near, far] = [new StreamDuplex(nearStream), new StreamDuplex(farStream)]
    const [question, answer] = [noise(5 * MIB, 1), noise(5 * MIB, 2)]
    const [asked, answered] = [new SlowHash(), new SlowHash()]
    await Promise.all([
      pipeline(Readable.from(pieces(question)), near),
      pipeline(Readable.from(pieces(answer)), far),
      pipeline(near, answered),
      pipeline(far, asked),
    ])
    assert.equal(asked.digest, hash(question))
    assert.equal(answered.digest, hash(answer))
    await joined.settled(session)
    assert.ok(nearStream.isClosed && farStream.isClosed)
  })

  it('stops the far writer while nobody reads', async () => {
    const [duplex, far] = await pair()
    far.say(noise(40 * MIB, 3))
    const written = await atRest(() => far.bytesWritten)
    assert.ok(written < 8 * MIB, `${written} bytes were written`)
    assert.ok(statsOf(session.near).heldBytes <= 7 * MIB)
    duplex.destroy()
    await until(() => far.stream.stopCode >= 0, 'the far side is asked to stop')
    far.stream.reset(StreamCode.cancelled)
    await joined.settled(session)
  })

  it('stops its writer while the far side reads nothing', async () => {
    const [near, farStream] = await joined.openStream(session)
    const duplex = new StreamDuplex(near)
    const far = new Talker(farStream, 'waits')
    let written = 0
    const writing = pipeline(Readable.from(pieces(noise(20 * MIB, 4), (bytes) => (written += bytes))), duplex)
    const stalled = await atRest(() => written)
    assert.ok(stalled < 8 * MIB, `${stalled} bytes were taken`)
    far.readOn()
    far.say(Buffer.alloc(0))
    duplex.resume()
    await writing
    await until(() => far.hasEnded, 'the far side has everything')
    assert.equal(far.bytesRead, 20 * MIB)
    await joined.settled(session)
  })

  it('ends one half and leaves the other open', async () => {
    const [duplex, far] = await pair()
    duplex.end('question')
    await until(() => far.hasEnded, 'the question ends')
    assert.equal(far.text, 'question')
    assert.equal(duplex.destroyed, false)
    far.say(Buffer.from('answer'))
    assert.equal(Buffer.concat(await duplex.toArray()).toString(), 'answer')
    await joined.settled(session)
  })

  it('resets both halves when it is destroyed in the middle', async () => {
    const [duplex, far] = await pair()
    duplex.write('half a quest')
    far.stream.write(Buffer.from('half an answ'))
    await until(() => far.text !== '', 'some of it arrives')
    duplex.destroy()
    await until(() => far.reset !== '', 'the far side learns of it')
    assert.equal(far.reset, 'cancelled')
    assert.equal(far.stream.stopCode, StreamCode.cancelled)
    await joined.settled(session)
  })

  it('fails with the code of a reset, and never ends', async () => {
    const [duplex, far] = await pair()
    far.stream.write(Buffer.from('half an answ'))
    let hasEnded = false
    duplex.on('end', () => {
      hasEnded = true
    })
    const failure = failureOf(duplex)
    duplex.resume()
    await turn()
    far.stream.reset(StreamCode.targetRefused)
    assert.equal((await failure).code, StreamCode.targetRefused)
    assert.equal(hasEnded, false)
    far.stream.stop(StreamCode.cancelled)
    await joined.settled(session)
  })

  it('fails a write that waits when the far side wants no more', async () => {
    const [near, farStream] = await joined.openStream(session)
    const duplex = new StreamDuplex(near)
    const failure = failureOf(duplex)
    duplex.write(noise(4 * MIB, 5))
    await atRest(() => statsOf(session.far).heldBytes)
    farStream.stop(StreamCode.stalled)
    assert.equal((await failure).code, StreamCode.stalled)
  })

  it('fails an end that comes after the far side wanted no more: it was not taken', async () => {
    const [duplex, far] = await pair()
    const failure = failureOf(duplex)
    far.stream.stop(StreamCode.stalled)
    await until(() => far.reset !== '', 'the stop has come')
    duplex.end()
    assert.equal((await failure).code, StreamCode.stalled)
  })

  for (const [when, writes] of [
    ['waits', 4 * MIB],
    ['comes later', 0],
  ] as const) {
    it(`fails a write that ${when} when the session is lost after the far side has ended: it used to wait for ever`, async () => {
      const [near, farStream] = await joined.openStream(session)
      const duplex = new StreamDuplex(near)
      const failure = failureOf(duplex)
      farStream.finish()
      duplex.resume()
      await until(() => duplex.readableEnded, 'the far side has ended')
      if (writes > 0) duplex.write(noise(writes, 6))
      await atRest(() => statsOf(session.far).heldBytes)
      joined.lose()
      await turn()
      if (writes === 0) duplex.write('too late')
      assert.equal((await failure).code, StreamCode.sessionLost)
    })
  }
})

function failureOf(duplex: StreamDuplex): Promise<StreamResetError> {
  return new Promise((resolve, reject) => {
    duplex.once('error', (error) => {
      if (error instanceof StreamResetError) resolve(error)
      else reject(error)
    })
  })
}

function* pieces(bytes: Buffer, onTaken: (bytes: number) => void = () => {}): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    const piece = bytes.subarray(at, at + 65_536)
    yield piece
    onTaken(piece.length)
  }
}

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { DEFAULT_SETTINGS, StreamCode } from '../../src/protocol/index.ts'
import { Splice, type SpliceOutcome } from '../../src/runtime/splice.ts'
import { statsOf } from '../protocol/endpoints.ts'
import { Prng } from '../sim/prng.ts'
import { Joined, type JoinedSession } from './joined.ts'
import { Seen, socketPair } from './sockets.ts'
import { Talker } from './talker.ts'
import { atRest, until } from './until.ts'

const MIB = 1_048_576
/** What the kernel takes for two sockets of one host before the writer must wait, at most. */
const KERNEL_BYTES = 12 * MIB
/** What a stream may have under way. */
const WINDOW_BYTES = DEFAULT_SETTINGS.ceilingStreamWindow
const MORE_THAN_ANY_BUFFER = 40 * MIB

function noise(bytes: number): Uint8Array {
  const noise = new Uint8Array(bytes)
  new Prng(7).fill(noise)
  return noise
}

function hash(...chunks: Uint8Array[]): string {
  const digest = createHash('sha256')
  for (const chunk of chunks) digest.update(chunk)
  return digest.digest('hex')
}

describe('a splice', () => {
  let joined: Joined
  let session: JoinedSession
  let client: Socket
  let accepted: Socket
  let splice: Splice
  let far: Talker
  let seen: Seen
  let outcomes: SpliceOutcome[]

  async function begin(pace: 'reads' | 'waits' = 'reads', first = ''): Promise<void> {
    const pair = await socketPair()
    client = pair.client
    accepted = pair.accepted
    seen = new Seen(client)
    const [near, farStream] = await joined.openStream(session)
    far = new Talker(farStream, pace)
    outcomes = []
    splice = new Splice(accepted, near, (outcome) => outcomes.push(outcome))
    splice.start(Buffer.from(first))
  }

  const done = () => until(() => outcomes.length > 0, 'the splice is done')

  /** However it ended: once, with both sockets closed and nothing left open or held. */
  async function ended(outcome: SpliceOutcome): Promise<void> {
    await done()
    await until(() => seen.isClosed, 'the client is closed')
    if (far.stream.readState !== 'reset') far.readOn()
    else {
      far.stream.reset(StreamCode.cancelled)
      far.stream.stop(StreamCode.cancelled)
    }
    await joined.settled(session)
    assert.deepEqual(outcomes, [outcome])
    assert.ok(accepted.destroyed)
  }

  beforeEach(async () => {
    joined = new Joined()
    session = await joined.join()
  })
  afterEach(async () => {
    client.destroy()
    accepted.destroy()
    await joined.close()
  })

  it('carries bytes both ways, and an end as an end of that direction alone', async () => {
    await begin()
    client.end('question')
    await until(() => far.hasEnded, 'the end arrives')
    assert.equal(far.text, 'question')
    far.say(Buffer.from('answer'))
    await until(() => seen.hasEnded, 'the answer ends')
    assert.equal(seen.text, 'answer')
    await ended('ended')
    assert.equal(splice.bytesToStream, 8)
    assert.equal(splice.bytesToSocket, 6)
  })

  it('passes on what the client says after the far side has ended', async () => {
    await begin()
    far.say(Buffer.from('answer'))
    await until(() => seen.hasEnded, 'the answer ends')
    client.write('still ')
    await until(() => far.text === 'still ', 'the first piece arrives')
    client.end('here')
    await until(() => far.hasEnded, 'the end arrives')
    assert.equal(far.text, 'still here')
    await ended('ended')
  })

  it('gives the socket first what was read before it began', async () => {
    await begin('reads', 'early ')
    // What the stream gave before was taken from its credit too.
    far.say(Buffer.from('and late'))
    client.end()
    await until(() => seen.hasEnded, 'the answer ends')
    assert.equal(seen.text, 'early and late')
    await done()
  })

  it('stops the far writer when the client does not read, holds little meanwhile, and loses nothing', async () => {
    await begin()
    client.pause()
    const answer = noise(MORE_THAN_ANY_BUFFER)
    far.say(answer)
    const written = await atRest(() => far.bytesWritten)
    assert.ok(written < KERNEL_BYTES + WINDOW_BYTES + 2 * MIB, `the far side has written ${written} bytes`)
    const { heldBytes } = statsOf(session.near)
    assert.ok(heldBytes >= accepted.writableLength, 'what waits in the socket counts as held')
    assert.ok(accepted.writableLength > 0)
    assert.ok(heldBytes < WINDOW_BYTES + MIB, `${heldBytes} bytes are held`)
    assert.ok(splice.isWaiting)
    client.resume()
    await until(() => seen.hasEnded, 'the answer ends')
    assert.equal(hash(...seen.chunks), hash(answer))
    client.end()
    await ended('ended')
  })

  it('stops the client when the far side does not read, holds little meanwhile, and loses nothing', async () => {
    await begin('waits')
    const upload = noise(MORE_THAN_ANY_BUFFER)
    client.end(upload)
    const taken = await atRest(() => splice.bytesToStream)
    assert.ok(taken < 8 * MIB, `${taken} bytes were taken from the client`)
    assert.ok(accepted.isPaused())
    far.readOn()
    await until(() => far.hasEnded, 'the upload ends')
    assert.equal(hash(...far.chunks), hash(upload))
    far.say(new Uint8Array(0))
    await ended('ended')
  })

  it('gives credit back only for what the kernel has taken (S-11)', async () => {
    await begin()
    client.pause()
    far.say(noise(MORE_THAN_ANY_BUFFER))
    const kernelTook = await atRest(() => splice.bytesMoved)
    assert.equal(splice.bytesToSocket - accepted.writableLength, kernelTook)
    const { bytesReceived, heldBytes } = statsOf(session.near)
    // Headers are at most a tenth: what came and was not taken by the kernel is still held.
    assert.ok(heldBytes >= bytesReceived * 0.9 - kernelTook, `${heldBytes} of ${bytesReceived} bytes are held`)
    client.destroy()
    await done()
  })

  it('takes a client that resets while it is not read for a reset, never for an end', async () => {
    await begin('waits')
    client.write(noise(MORE_THAN_ANY_BUFFER))
    await atRest(() => splice.bytesToStream)
    client.resetAndDestroy()
    far.readOn()
    await until(() => far.reset !== '' || far.hasEnded, 'the far side learns of it')
    assert.equal(far.reset, 'peerReset')
    await ended('socketReset')
  })

  it('takes a client that resets while it is not read for a reset even after our own FIN', async () => {
    await begin('waits')
    far.say(Buffer.from('answer'))
    await until(() => seen.hasEnded, 'the answer ends')
    client.write(noise(MORE_THAN_ANY_BUFFER))
    await atRest(() => splice.bytesToStream)
    client.resetAndDestroy()
    far.readOn()
    await until(() => far.reset !== '' || far.hasEnded, 'the far side learns of it')
    assert.equal(far.reset, 'peerReset')
    await ended('socketReset')
  })

  it('takes a client that resets after a few bytes for a reset, in each order of the ends', async () => {
    for (const order of ['before our FIN', 'after our FIN']) {
      await begin()
      if (order === 'after our FIN') {
        far.say(Buffer.from('answer'))
        await until(() => seen.hasEnded, 'the answer ends')
      }
      client.write('a few bytes', () => client.resetAndDestroy())
      await until(() => far.reset !== '' || far.hasEnded, 'the far side learns of it')
      assert.equal(far.reset, 'peerReset', order)
      await ended('socketReset')
    }
  })

  it('resets the client when the far side resets', async () => {
    await begin()
    far.stream.write(Buffer.from('half an answ'))
    await until(() => seen.text !== '', 'the client has some')
    far.stream.reset(StreamCode.peerReset)
    await until(() => seen.isClosed, 'the client is closed')
    assert.equal(seen.error, 'ECONNRESET')
    assert.ok(!seen.hasEnded)
    await ended('streamReset')
  })

  it('lets the answer through when the far side wants to hear no more, and drops what the client still says', async () => {
    await begin('waits')
    client.write(noise(MORE_THAN_ANY_BUFFER))
    await atRest(() => splice.bytesToStream)
    far.stream.stop(StreamCode.peerReset)
    far.say(Buffer.from('too large'))
    await until(() => seen.hasEnded, 'the answer ends')
    assert.equal(seen.text, 'too large')
    client.end()
    await ended('ended')
  })

  it('ends both sides as a failure when it is cut, and only once', async () => {
    await begin()
    splice.cut(StreamCode.stalled)
    splice.cut(StreamCode.idle)
    await until(() => seen.isClosed && far.reset !== '', 'both sides learn of it')
    assert.equal(seen.error, 'ECONNRESET')
    assert.equal(far.reset, 'stalled')
    assert.equal(far.stream.stopCode, StreamCode.stalled)
    await ended('cut')
  })

  describe('whose session is lost', () => {
    const lost = async () => {
      joined.lose()
      await done()
      await until(() => seen.isClosed, 'the client is closed')
      assert.deepEqual(outcomes, ['streamReset'])
    }

    it('resets a client that was only waiting', async () => {
      await begin()
      await lost()
      assert.equal(seen.error, 'ECONNRESET')
      assert.ok(!seen.hasEnded)
    })

    it('resets a client in mid-answer, whether it reads or not', async () => {
      await begin()
      client.pause()
      far.say(noise(MORE_THAN_ANY_BUFFER))
      await atRest(() => splice.bytesToSocket)
      joined.lose()
      await done()
      client.resume()
      await until(() => seen.isClosed, 'the client is closed')
      assert.equal(seen.error, 'ECONNRESET')
      assert.ok(!seen.hasEnded)
    })

    it('resets a client in mid-upload', async () => {
      await begin('waits')
      client.write(noise(MORE_THAN_ANY_BUFFER))
      await atRest(() => splice.bytesToStream)
      await lost()
      assert.equal(seen.error, 'ECONNRESET')
    })

    it('resets a client that has ended and waits for its answer', async () => {
      await begin()
      client.end('question')
      await until(() => far.hasEnded, 'the question arrives')
      await lost()
      assert.equal(seen.error, 'ECONNRESET')
      assert.ok(!seen.hasEnded)
    })

    it('resets a client that goes on uploading after its whole answer: it used to be read and dropped unseen', async () => {
      await begin('waits')
      far.say(Buffer.from('answer'))
      await until(() => seen.hasEnded, 'the answer ends')
      client.write(noise(MORE_THAN_ANY_BUFFER))
      await atRest(() => splice.bytesToStream)
      joined.lose()
      await until(() => seen.isClosed || client.writableLength === 0, 'the upload is over')
      assert.match(seen.error, /^(ECONNRESET|EPIPE)$/)
      await done()
      assert.deepEqual(outcomes, ['streamReset'])
    })

    it('leaves a client its whole answer when it says nothing more', async () => {
      await begin()
      far.say(Buffer.from('answer'))
      await until(() => seen.hasEnded, 'the answer ends')
      joined.lose()
      client.end()
      await done()
      assert.deepEqual([seen.text, seen.error], ['answer', ''])
    })
  })
})

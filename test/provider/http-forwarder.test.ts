// A request from its first frame to the end of its answer: pace, clocks, ends of all kinds, and connections that are used again.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamCode } from '../../src/protocol/index.ts'
import { useLivedTime } from '../runtime/lived-time.ts'
import { Seen } from '../runtime/sockets.ts'
import { atRest, until } from '../runtime/until.ts'
import { dataFrame, type PlayedConsumer } from './played-consumer.ts'
import { Serving } from './serving.ts'
import { Listening, serviceAt, tcp } from './targets.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const LAST_CHUNK = '\r\n0\r\n\r\n'
const CHUNKED = { method: 'POST', body: { kind: 'chunked' } } as const
/** Short, for tests that wait for it or show that it does not run. */
const TTL_MS = 120

describe('a forwarder of http requests', () => {
  useLivedTime()
  let target: Listening
  let serving: Serving

  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgerq-forwarder-'))
  })
  afterEach(async () => {
    await serving.close()
    rmSync(folder, { recursive: true, force: true })
    target.close()
  })

  /** A service whose target is given each connection as it comes. */
  async function targetThat(onConnection: (socket: Socket) => void): Promise<void> {
    target = await Listening.on(createServer({ allowHalfOpen: true }, onConnection))
    serving = await Serving.of(serviceAt(tcp(target.port)))
  }

  async function webServer(listener: RequestListener): Promise<void> {
    target = await Listening.on(createHttpServer(listener))
    serving = await Serving.of(serviceAt(tcp(target.port)))
  }

  /** A whole request of which the last piece, or a part of it, is still with us, for its target does not read. Unix sockets hold little. */
  async function saidMoreThanFits(ttlMs?: number): Promise<PlayedConsumer> {
    const path = join(folder, 'app.sock')
    target = await Listening.on(
      createServer({ allowHalfOpen: true }, (socket) => void socket.pause()),
      { path },
    )
    serving = await Serving.of(serviceAt({ kind: 'unix', path }))
    const consumer = await serving.ask(CHUNKED, ttlMs)
    await until(() => target.sockets.length > 0 && !serving.watched.isWaiting, 'the target has the head')
    let saidBytes = 0
    // Pieces so small that one of them can wait and more could yet be taken.
    while (!serving.watched.isWaiting) {
      consumer.say(dataFrame(Buffer.alloc(8_192)))
      saidBytes += 8_192
      await until(() => serving.watched.isWaiting || serving.watched.bytesMoved === saidBytes, 'the piece is taken')
    }
    consumer.end()
    await atRest(() => serving.watched.bytesMoved)
    return consumer
  }

  /** The newest connection of the target, and what comes on it from now on. */
  async function newest(): Promise<[Socket, Seen]> {
    await until(() => target.sockets.length > 0, 'the target is called')
    const socket = target.sockets.at(-1)!
    const seen = new Seen(socket)
    socket.resume()
    return [socket, seen]
  }

  it('carries bodies both ways at the pace of the target', async () => {
    await webServer((request, response) => {
      const hash = createHash('sha256')
      request.on('data', (chunk) => hash.update(chunk))
      request.on('end', () => response.end(hash.digest('hex')))
    })
    const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(20_011, `piece ${i} `))
    const consumer = await serving.ask(CHUNKED)
    consumer.pour(pieces)
    await serving.answered(consumer)
    const expected = createHash('sha256')
    for (const piece of pieces) expected.update(piece)
    assert.equal(consumer.text, expected.digest('hex'))
    await serving.settled()
  })

  it('holds little of a body that the target does not read, and gives it up after a minute', async () => {
    await targetThat((socket) => void socket.pause())
    const consumer = await serving.ask(CHUNKED)
    consumer.pour(Array.from({ length: 1_000 }, () => Buffer.alloc(65_536)))
    await until(() => serving.watched.isWaiting && !consumer.stream.isWritable, 'the consumer has to wait')
    const takenBytes = await atRest(() => serving.watched.bytesMoved)
    assert.ok(takenBytes < 32_000_000, `${takenBytes} bytes are taken`)
    serving.watchdog.pass(60_000)
    await serving.broken(consumer, 'stalled')
    await serving.settled()
  })

  describe('with a target that answers before it has the whole request', () => {
    const EARLY = 'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig'

    for (const [what, then] of [
      ['reads on', (socket: Socket) => void socket.write(EARLY)],
      ['ends', (socket: Socket) => void socket.end(EARLY)],
    ] as const) {
      it(`passes the answer and stops the request if it ${what}`, async () => {
        await targetThat((socket) => void socket.once('data', () => then(socket)))
        const consumer = await serving.ask(CHUNKED)
        consumer.say(dataFrame('abc'))
        await serving.answered(consumer)
        assert.deepEqual([consumer.status, consumer.text], [413, 'big'])
        await until(() => consumer.stopped !== '', 'the rest is stopped')
        assert.equal(consumer.stopped, 'cancelled')
        consumer.stream.reset(StreamCode.cancelled)
        await serving.settled()
        assert.deepEqual(serving.outcomes, ['answered'])
      })
    }

    it('passes the answer while it reads nothing at all', async () => {
      await targetThat((socket) => void socket.pause().write(EARLY))
      const consumer = await serving.ask(CHUNKED)
      consumer.pour(Array.from({ length: 1_000 }, () => Buffer.alloc(65_536)))
      await serving.answered(consumer)
      await until(() => consumer.stopped !== '', 'the rest is stopped')
      await serving.settled()
    })

    it('lets go of what it has not sent: other streams would write into it', async () => {
      const consumer = await saidMoreThanFits()
      target.sockets[0]!.write(OK)
      await serving.answered(consumer)
      const [, seen] = await newest()
      await until(() => seen.hasEnded || seen.isClosed, 'the target hears of it')
      assert.ok(seen.bytes > 0)
      // Of the piece that waited there may have been no more left than its last byte, so that bytes cannot tell.
      assert.ok(!seen.text.endsWith(LAST_CHUNK), 'the target has the whole request')
      await serving.settled()
    })
  })

  describe('whose answer nobody wants any more', () => {
    const gone: readonly (readonly [what: string, go: (consumer: PlayedConsumer) => void])[] = [
      ['the client leaves', (consumer) => consumer.leave()],
      ['the consumer stops it', (consumer) => consumer.stream.stop(StreamCode.cancelled)],
      ['the session is lost', () => serving.lose()],
    ]
    for (const [what, go] of gone) {
      it(`closes its connection when ${what}`, async () => {
        await targetThat(() => {})
        const consumer = (await serving.ask()).end()
        const [, seen] = await newest()
        await until(() => seen.bytes > 0, 'the target is asked')
        await atRest(() => seen.bytes)
        go(consumer)
        await until(() => seen.hasEnded || seen.isClosed, 'the target hears of it')
        await serving.settled()
        assert.deepEqual(serving.outcomes, ['streamGone'])
      })

      it(`closes its connection when ${what} in the middle of the answer`, async () => {
        await targetThat((socket) => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n')
          socket.write(Buffer.alloc(8_000_000))
        })
        const consumer = await serving.ask()
        consumer.reads = false
        consumer.end()
        const [, seen] = await newest()
        await atRest(() => serving.watched.bytesMoved)
        go(consumer)
        await until(() => seen.hasEnded || seen.isClosed, 'the target hears of it')
        await serving.settled()
      })
    }

    it('calls no target if that is known before', async () => {
      await targetThat(() => {})
      const consumer = await serving.ask()
      consumer.leave()
      await until(() => serving.outcomes.length > 0, 'the forwarder is done')
      await serving.settled()
      assert.deepEqual(serving.outcomes, ['streamGone'])
    })

    it('is not disturbed by a consumer that leaves when all is said', async () => {
      await webServer((_request, response) => response.end('ok'))
      const consumer = await serving.ask()
      consumer.say(new Uint8Array([5, 0]))
      await serving.answered(consumer)
      consumer.leave()
      await serving.settled()
      assert.deepEqual(serving.outcomes, ['answered'])
    })
  })

  it('tells a target that refuses from one that breaks off', async () => {
    await targetThat((socket) => socket.destroy())
    const begun = (await serving.ask()).end()
    await serving.broken(begun, 'badAnswer')
    target.close()
    const refused = (await serving.ask()).end()
    await serving.broken(refused, 'targetRefused')
    await serving.settled()
    assert.deepEqual(serving.reached, ['reached', 'ECONNREFUSED'])
  })

  describe('keeps the time that an answer may take', () => {
    it('from when the target has the request (D-2)', async () => {
      await targetThat(() => {})
      const consumer = (await serving.ask({}, TTL_MS)).end()
      await serving.broken(consumer, 'targetSilent')
      assert.equal(consumer.isAccepted, false)
      const [, seen] = await newest()
      await until(() => seen.hasEnded || seen.isClosed, 'the target hears of it')
      await serving.settled()
    })

    it('not while the body comes', async () => {
      await targetThat((socket) => void socket.on('data', (bytes) => bytes.includes('0\r\n\r\n') && socket.write(OK)))
      const consumer = await serving.ask(CHUNKED, TTL_MS)
      await passed(3 * TTL_MS)
      consumer.say(dataFrame('abc'))
      await passed(3 * TTL_MS)
      consumer.end()
      await serving.answered(consumer)
      await serving.settled()
    })

    it('not while the target takes the last of the body', async () => {
      const consumer = await saidMoreThanFits(TTL_MS)
      await passed(3 * TTL_MS)
      const [socket, seen] = await newest()
      await until(() => seen.text.endsWith('0\r\n\r\n'), 'the target has it')
      socket.write(OK)
      await serving.answered(consumer)
      await serving.settled()
    })

    it('anew from each early head, and no longer once the answer has begun', async () => {
      await targetThat(() => {})
      const consumer = (await serving.ask({}, 4 * TTL_MS)).end()
      const [socket] = await newest()
      for (let i = 0; i < 3; i++) {
        await passed(2 * TTL_MS)
        socket.write('HTTP/1.1 102 Processing\r\n\r\n')
        await until(() => consumer.interims.length === i + 1, 'the early head is here')
      }
      socket.write('HTTP/1.1 200 OK\r\n\r\nok')
      await until(() => consumer.text === 'ok', 'the body begins')
      await passed(6 * TTL_MS)
      socket.end()
      await serving.answered(consumer)
      await serving.settled()
    })

    it('anew when it asks again', async () => {
      await targetThat((socket) => void socket.once('data', () => target.sockets.length === 1 && socket.write(OK)))
      await serving.answered((await serving.ask()).end())
      const consumer = (await serving.ask({}, 4 * TTL_MS)).end()
      await until(() => serving.reached.length === 2, 'the idle connection is taken')
      await passed(3 * TTL_MS)
      target.sockets[0]!.destroy()
      await until(() => target.sockets.length === 2, 'the request is repeated')
      await passed(2 * TTL_MS)
      target.sockets[1]!.write(OK)
      await serving.answered(consumer)
      await serving.settled()
    })
  })

  describe('takes an idle connection', () => {
    it('for request after request, and leaves nothing on it', async () => {
      const warnings: string[] = []
      const onWarning = ({ message }: Error) => void warnings.push(message)
      process.on('warning', onWarning)
      await webServer((_request, response) => response.end('ok'))
      for (let i = 0; i < 30; i++) {
        const consumer = (await serving.ask()).end()
        await serving.answered(consumer)
        await serving.settled()
      }
      process.off('warning', onWarning)
      assert.deepEqual([target.sockets.length, warnings], [1, []])
    })

    it('and asks once more, on a new one, if the target has just closed it', async () => {
      await targetThat((socket) => {
        socket.once('data', () => {
          socket.write(OK)
          socket.once('data', () => socket.destroy())
        })
      })
      await serving.answered((await serving.ask()).end())
      const consumer = (await serving.ask()).end()
      await serving.answered(consumer)
      await serving.settled()
      assert.deepEqual([target.sockets.length, serving.reached], [2, ['reached', 'reached', 'reached']])
    })

    it('and asks no third time', async () => {
      let isUp = true
      await targetThat((socket) => {
        socket.once('data', () => {
          if (isUp) socket.write(OK)
          else socket.destroy()
          socket.once('data', () => socket.destroy())
        })
      })
      await serving.answered((await serving.ask()).end())
      isUp = false
      const consumer = (await serving.ask()).end()
      await serving.broken(consumer, 'badAnswer')
      await serving.settled()
      assert.equal(target.sockets.length, 2)
    })

    it('and tells it if there is none behind it: that used to pass for a bad answer', async () => {
      await targetThat((socket) => void socket.once('data', () => void socket.write(OK)))
      await serving.answered((await serving.ask()).end())
      const [socket] = await newest()
      socket.once('data', () => {
        target.close()
      })
      const consumer = (await serving.ask()).end()
      await serving.broken(consumer, 'targetRefused')
      await serving.settled()
      assert.deepEqual(serving.reached, ['reached', 'reached', 'ECONNREFUSED'])
    })

    it('for nothing that may not be asked twice', async () => {
      await webServer((_request, response) => response.end('ok'))
      await serving.answered((await serving.ask()).end())
      await serving.settled()
      for (const head of [{ method: 'POST' }, { method: 'DELETE' }, { method: 'GET', body: CHUNKED.body }] as const) {
        await serving.answered((await serving.ask(head)).end())
        await serving.settled()
      }
      assert.equal(target.sockets.length, 4)
    })
  })

  it('reaches Unix sockets', async () => {
    const path = join(folder, 'app.sock')
    target = await Listening.on(
      createHttpServer((request, response) => request.pipe(response)),
      { path },
    )
    serving = await Serving.of(serviceAt({ kind: 'unix', path }))
    const consumer = (await serving.ask(CHUNKED)).say(dataFrame('unix')).end()
    await serving.answered(consumer)
    assert.equal(consumer.text, 'unix')
    await serving.settled()
  })

  it('ends at once when the process ends', async () => {
    await targetThat(() => {})
    const consumer = (await serving.ask()).end()
    const [, seen] = await newest()
    await until(() => seen.bytes > 0, 'the target is asked')
    serving.forwarders[0]!.cut()
    await serving.broken(consumer, 'cancelled')
    await until(() => seen.hasEnded || seen.isClosed, 'the target hears of it')
    await serving.settled()
  })
})

/** Lets time pass of which a clock could wrongly make something. */
async function passed(ms: number): Promise<void> {
  const started = performance.now()
  await until(() => performance.now() - started > ms, 'time passes')
}

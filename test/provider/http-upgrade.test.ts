// Requests that ask for another protocol: opaque both ways from the 101 on, and nothing like it without one.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RequestHead } from '../../src/http/heads.ts'
import { StreamCode } from '../../src/protocol/index.ts'
import { useLivedTime } from '../runtime/lived-time.ts'
import { Seen } from '../runtime/sockets.ts'
import { until } from '../runtime/until.ts'
import { dataFrame, END, type PlayedConsumer } from './played-consumer.ts'
import { Serving } from './serving.ts'
import { Listening, serviceAt, tcp } from './targets.ts'

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'
const UPGRADE = { upgrade: 'echo' } as const
/** Longer than the answer takes to begin, and soon over. */
const TTL_MS = 300

describe('a request for an upgrade', () => {
  useLivedTime()
  let target: Listening
  let serving: Serving
  let socket: Socket
  let seen: Seen

  beforeEach(async () => {
    const server = createServer({ allowHalfOpen: true }, (asking) => {
      socket = asking
      seen = new Seen(asking)
    })
    target = await Listening.on(server)
    serving = await Serving.of(serviceAt(tcp(target.port)))
  })
  afterEach(async () => {
    await serving.close()
    target.close()
  })

  /** A consumer whose request has come to the target, and what it says behind it; the half stays open. */
  async function asked(head: Partial<RequestHead> = UPGRADE, behind = '', ttlMs?: number): Promise<PlayedConsumer> {
    const known = target.sockets.length
    const consumer = (await serving.ask(head, ttlMs)).say(END, behind)
    await until(() => target.sockets.length > known && seen.text.endsWith('\r\n\r\n'), 'the target is asked')
    return consumer
  }

  async function switched(ttlMs?: number): Promise<PlayedConsumer> {
    const consumer = await asked(UPGRADE, '', ttlMs)
    socket.write(SWITCHING)
    await until(() => consumer.head !== null, 'the target switches')
    assert.equal(consumer.status, 101)
    return consumer
  }

  it('says so to the target, on a connection of its own', async () => {
    const consumer = await asked()
    assert.match(seen.text, /\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n$/)
    consumer.leave()
    await serving.settled()
  })

  it('joins the two, with what each side said at once behind its head', async () => {
    const consumer = await asked(UPGRADE, 'question, ')
    socket.write(`${SWITCHING}answer, `)
    await until(() => consumer.text === 'answer, ', 'the target switches')
    consumer.say('and more')
    await until(() => seen.text.endsWith('question, and more'), 'both came')
    assert.deepEqual(consumer.valuesOf('upgrade'), ['echo'])
    consumer.stream.finish()
    socket.end('the end')
    await until(() => consumer.hasEnded && seen.hasEnded, 'both ended')
    assert.equal(consumer.text, 'answer, the end')
    await serving.settled()
    assert.deepEqual(serving.outcomes, ['ended'])
  })

  it('lets the client speak on when the target has ended: its half used to be cut', async () => {
    const consumer = await switched()
    socket.end('bye')
    await until(() => consumer.hasEnded, 'the target ends')
    consumer.say('one more word')
    consumer.stream.finish()
    await until(() => seen.hasEnded, 'the client ends')
    assert.deepEqual([consumer.text, seen.text.endsWith('one more word'), seen.error], ['bye', true, ''])
    await serving.settled()
  })

  it('lets the target speak on when the client has ended', async () => {
    const consumer = await switched()
    consumer.stream.finish()
    await until(() => seen.hasEnded, 'the client ends')
    socket.end('one more word')
    await until(() => consumer.hasEnded, 'the target ends')
    assert.equal(consumer.text, 'one more word')
    await serving.settled()
  })

  it('lets a client that ends at once speak first', async () => {
    const consumer = await asked(UPGRADE, 'question')
    consumer.stream.finish()
    socket.write(SWITCHING)
    await until(() => seen.hasEnded, 'the client ends')
    assert.match(seen.text, /question$/)
    socket.end('answer')
    await until(() => consumer.hasEnded, 'the target ends')
    assert.equal(consumer.text, 'answer')
    await serving.settled()
  })

  it('passes resets on, whoever resets', async () => {
    const consumer = await switched()
    socket.resetAndDestroy()
    await until(() => consumer.reset !== '', 'the consumer hears of it')
    assert.equal(consumer.reset, 'peerReset')
    await serving.settled()
    const other = await switched()
    other.leave()
    await until(() => seen.isClosed, 'the target hears of it')
    assert.equal(seen.error, 'ECONNRESET')
    await serving.settled()
    assert.deepEqual(serving.outcomes, ['socketReset', 'streamReset'])
  })

  it('ends a target on a Unix socket, which knows no reset: the provider used to end with it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edgerq-upgrade-'))
    const path = join(folder, 'target.sock')
    const server = createServer((asking) => {
      seen = new Seen(asking)
      asking.once('data', () => asking.write(SWITCHING))
    }).listen(path)
    await once(server, 'listening')
    const atSocket = await Serving.of(serviceAt({ kind: 'unix', path }))
    const consumer = (await atSocket.ask(UPGRADE)).say(END)
    await until(() => consumer.status === 101, 'the target switches')
    consumer.leave()
    await until(() => seen.isClosed, 'the target hears of it')
    await atSocket.settled()
    assert.deepEqual(atSocket.outcomes, ['streamReset'])
    await atSocket.close()
    server.close()
    rmSync(folder, { recursive: true })
  })

  it('has no clock once it is granted', async () => {
    const consumer = await switched(TTL_MS)
    const started = performance.now()
    await until(() => performance.now() - started > 2 * TTL_MS, 'time passes')
    socket.end('late')
    await until(() => consumer.hasEnded, 'the target ends')
    assert.equal(consumer.text, 'late')
    consumer.stream.finish()
    await serving.settled()
  })

  it('may be answered like any other request', async () => {
    const consumer = await asked(UPGRADE, 'what nobody will read')
    socket.write('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno')
    await serving.answered(consumer)
    assert.deepEqual([consumer.status, consumer.text, seen.text.includes('nobody')], [426, 'no', false])
    await until(() => consumer.stopped !== '', 'what would follow is stopped')
    consumer.stream.reset(StreamCode.cancelled)
    await serving.settled()
    assert.deepEqual(serving.outcomes, ['answered'])
  })

  it('is not granted before it is whole: frames would be taken for the other protocol', async () => {
    const consumer = await serving.ask({ ...UPGRADE, method: 'POST', body: { kind: 'length', bytes: 5 } })
    consumer.say(dataFrame('abc'))
    await until(() => target.sockets.length > 0 && seen.text.endsWith('abc'), 'the body begins')
    socket.write(SWITCHING)
    await serving.broken(consumer, 'badAnswer')
    await until(() => seen.hasEnded || seen.isClosed, 'the target hears of it')
    await serving.settled()
  })

  it('is not granted to who did not ask', async () => {
    const consumer = await asked({})
    socket.write(`${SWITCHING}hello`)
    await serving.broken(consumer, 'badAnswer')
    await until(() => seen.hasEnded || seen.isClosed, 'the target hears of it')
    await serving.settled()
  })
})

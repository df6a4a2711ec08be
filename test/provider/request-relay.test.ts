// What a consumer says of a request, as the target reads it. A consumer that is some other program by now can break its own requests and
// nothing else: no exception, no second request, nothing that stays open.

import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { encodeFrame, FrameKind } from '../../src/http/frames.ts'
import { encodeAnswerHead, encodeFields, type RequestHead } from '../../src/http/heads.ts'
import { until } from '../runtime/until.ts'
import { dataFrame, END, headFrame } from './played-consumer.ts'
import { Serving } from './serving.ts'
import { Listening, serviceAt, tcp } from './targets.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
const NEVER = '\0'
const CHUNKED = { method: 'POST', body: { kind: 'chunked' } } as const
const FOUR = { method: 'POST', body: { kind: 'length', bytes: 4 } } as const

describe('a request of a consumer', () => {
  let target: Listening
  let serving: Serving
  /** What came on all connections. */
  let seen: string
  /** The target answers when this has come. */
  let answersAt: string

  beforeEach(async () => {
    seen = ''
    answersAt = '\r\n\r\n'
    target = await Listening.on(createServer((socket) => void socket.on('data', (bytes) => onBytes(socket, bytes))))
    serving = await Serving.of(serviceAt(tcp(target.port)))
  })
  afterEach(async () => {
    await serving.close()
    target.close()
  })

  function onBytes(socket: Socket, bytes: Buffer): void {
    seen += bytes.toString('latin1')
    if (seen.endsWith(answersAt)) socket.write(OK)
  }

  describe('is written anew', () => {
    const wires: readonly (readonly [what: string, head: Partial<RequestHead>, wire: string])[] = [
      [
        'with its fields as they came',
        { target: '/a?b=%20', fields: ['HOST', 'b:1', 'X-One', 'caf\xe9', 'x-one', ''] },
        'GET /a?b=%20 HTTP/1.1\r\nHOST: b:1\r\nX-One: caf\xe9\r\nx-one: \r\nConnection: keep-alive\r\n\r\n',
      ],
      [
        'with the Host of the target if its client named none',
        { fields: ['A', 'b'] },
        'GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nA: b\r\nConnection: keep-alive\r\n\r\n',
      ],
      [
        'without the framing and the connection that its fields speak of',
        {
          fields: [
            ...['Host', 'a', 'Content-Length', '5', 'Transfer-Encoding', 'chunked', 'Connection', 'close'],
            ...['Upgrade', 'echo', 'Expect', '100-continue', 'Keep-Alive', '5', 'TE', 'trailers'],
          ],
        },
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n',
      ],
      [
        'for all of a server too',
        { method: 'OPTIONS', target: '*' },
        'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n',
      ],
    ]
    for (const [what, head, wire] of wires) {
      it(what, async () => {
        const consumer = (await serving.ask(head)).end()
        await serving.answered(consumer)
        assert.equal(seen.replace(`:${target.port}`, ':PORT'), wire)
        await serving.settled()
      })
    }

    it('with a body of the length that was announced', async () => {
      answersAt = 'abcd'
      const consumer = (await serving.ask(FOUR)).say(dataFrame('ab'), dataFrame(''), dataFrame('cd')).end()
      await serving.answered(consumer)
      assert.match(seen, /\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd$/)
      await serving.settled()
    })

    it('in chunks, with the trailers that may come behind a body', async () => {
      answersAt = '\r\nX-Sum: 3\r\n\r\n'
      const consumer = await serving.ask(CHUNKED)
      consumer.say(dataFrame('abc')).end(['Host', 'evil', 'X-Sum', '3'])
      await serving.answered(consumer)
      assert.match(seen, /\r\nTransfer-Encoding: chunked\r\n.*\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n$/s)
      await serving.settled()
    })

    it('from frames that come byte by byte', async () => {
      answersAt = 'abcd'
      const consumer = await serving.open([])
      for (const byte of Buffer.concat([headFrame(FOUR), dataFrame('abcd'), END])) {
        consumer.say(new Uint8Array([byte]))
        await new Promise(setImmediate)
      }
      await serving.answered(consumer)
      assert.match(seen, /\r\n\r\nabcd$/)
      consumer.stream.finish()
      await serving.settled()
    })
  })

  it('does not wait for its body, and is the same without it', async () => {
    answersAt = 'abcd'
    const consumer = await serving.ask({ ...FOUR, fields: ['Host', 'a', 'X', 'caf\xe9'] })
    await until(() => seen !== '', 'the target is asked')
    assert.equal(seen, 'POST / HTTP/1.1\r\nHost: a\r\nX: caf\xe9\r\nContent-Length: 4\r\nConnection: close\r\n\r\n')
    consumer.say(dataFrame('abcd')).end()
    await serving.answered(consumer)
    await serving.settled()
  })

  it('reaches the target together with its end if it has no body', async () => {
    const consumer = await serving.ask()
    await until(() => serving.reached.length > 0, 'the target has taken the connection')
    assert.equal(seen, '')
    consumer.end()
    await serving.answered(consumer)
    await serving.settled()
  })

  /** Told before the target is asked. */
  const refused: readonly (readonly [what: string, frames: readonly Uint8Array[]])[] = [
    ['no frame', [new Uint8Array(400).fill(0xff)]],
    ['an interim head', [encodeFrame(FrameKind.interim, new Uint8Array(4))]],
    ['a body before its head', [dataFrame('abc')]],
    ['an end before its head', [END]],
    ['a head that is none', [encodeFrame(FrameKind.head, new Uint8Array([1, 2, 3]))]],
    [
      'the head of an answer',
      [
        encodeFrame(
          FrameKind.head,
          encodeAnswerHead({ status: 200, reason: '', body: { kind: 'none' }, isUpgrade: false, fields: [] }),
        ),
      ],
    ],
    ['a tunnel', [headFrame({ method: 'CONNECT', target: 'a:1' }), END]],
    ['a tunnel in small letters, which Node would write in capitals', [headFrame({ method: 'connect' }), END]],
    ['a method that Node would write otherwise', [headFrame({ method: 'head' }), END]],
    ['a target elsewhere', [headFrame({ target: 'http://169.254.169.254/' }), END]],
    ['two Hosts', [headFrame({ fields: ['Host', 'a', 'hOST', 'b'] }), END]],
    ['a Trailer without chunks, for which Node throws', [headFrame({ fields: ['Host', 'a', 'Trailer', 'X'] }), END]],
    ['a body that was not announced', [headFrame({}), dataFrame('GET /b HTTP/1.1\r\nHost: a\r\n\r\n'), END]],
    ['a body of which nothing came', [headFrame({ ...FOUR }), END]],
    ['a body that is longer than it says', [headFrame({ ...FOUR }), dataFrame('abcde'), END]],
  ]
  for (const [what, frames] of refused) {
    it(`is refused if it is ${what}`, async () => {
      const consumer = await serving.open(frames)
      await serving.broken(consumer, 'badFrames')
      await serving.settled()
      assert.deepEqual([seen, serving.outcomes], ['', ['refused']])
      assert.ok(['badFrames', ''].includes(consumer.stopped))
    })
  }

  it('is broken off if its body is longer than it says when it has begun', async () => {
    answersAt = NEVER
    const consumer = await serving.ask(FOUR)
    consumer.say(dataFrame('abc'))
    await until(() => seen.endsWith('abc'), 'the body begins')
    consumer.say(dataFrame('de'), END)
    await serving.broken(consumer, 'badFrames')
    await serving.settled()
    await closed()
    assert.match(seen, /abc$/)
  })

  it('is broken off if it ends before its body', async () => {
    answersAt = NEVER
    for (const end of [END, new Uint8Array(0)]) {
      seen = ''
      const consumer = await serving.ask(FOUR)
      consumer.say(dataFrame('abc'))
      await until(() => seen.endsWith('abc'), 'the body begins')
      consumer.say(end)
      consumer.stream.finish()
      await serving.broken(consumer, 'badFrames')
      await serving.settled()
      await closed()
    }
  })

  it('is broken off if its trailers are none', async () => {
    answersAt = NEVER
    const trailers = encodeFields(['X', '1']).slice()
    trailers[2] = 0x0a
    const consumer = await serving.ask(CHUNKED)
    consumer.say(dataFrame('abc'))
    await until(() => seen.endsWith('abc\r\n'), 'the body begins')
    consumer.say(encodeFrame(FrameKind.trailers, trailers))
    await serving.broken(consumer, 'badFrames')
    await serving.settled()
    await closed()
    assert.doesNotMatch(seen, /\r\n0\r\n/)
  })

  it('may be followed by nothing', async () => {
    const consumer = await serving.ask()
    consumer.say(END, dataFrame('more'), headFrame({}))
    await serving.answered(consumer)
    consumer.say(new Uint8Array(100_000))
    await until(() => consumer.stopped !== '', 'the consumer is stopped')
    await serving.settled()
    assert.deepEqual([seen.match(/HTTP/g)?.length, serving.outcomes], [1, ['answered']])
  })

  async function closed(): Promise<void> {
    await until(
      () => target.sockets.every((socket) => socket.readableEnded || socket.destroyed),
      'the target hears of it',
    )
  }
})

// Answers of targets, good and bad, as a consumer sees them: nothing that is cut off may look whole.

import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { atRest, until } from '../runtime/until.ts'
import type { PlayedConsumer } from './played-consumer.ts'
import { Serving } from './serving.ts'
import { Listening, serviceAt, tcp } from './targets.ts'

const OK = 'HTTP/1.1 200 OK\r\n'
const MOST_FIELDS = 1_000
/** More than all that windows, buffers and the kernel hold on the way. */
const TOO_MUCH_BYTES = 16 * 1_048_576

describe('an answer of a target', () => {
  let target: Listening
  let serving: Serving

  afterEach(async () => {
    await serving.close()
    target.close()
  })

  /** A target that does `act` with a connection as soon as a request has come on it. */
  async function targetThat(act: (socket: Socket) => void): Promise<void> {
    target = await Listening.on(createServer((socket) => void socket.once('data', () => act(socket))))
    serving = await Serving.of(serviceAt(tcp(target.port)))
  }

  async function asked(answer: string, method = 'GET'): Promise<PlayedConsumer> {
    await targetThat((socket) => socket.end(answer, 'latin1'))
    return (await serving.ask({ method })).end()
  }

  it('comes as frames behind ACCEPTED: head, body, trailers (D-2)', async () => {
    const consumer = await asked(
      `${OK}X-One: caf\xe9\r\nx-one: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\nHost: b\r\n\r\n`,
    )
    await serving.answered(consumer)
    assert.deepEqual(
      [consumer.head?.status, consumer.head?.reason, consumer.head?.body],
      [200, 'OK', { kind: 'chunked' }],
    )
    assert.deepEqual(consumer.head?.fields, ['X-One', 'caf\xe9', 'x-one', '2', 'Transfer-Encoding', 'chunked'])
    assert.deepEqual([consumer.text, consumer.trailers], ['abcde', ['X-Sum', '5']])
    await serving.settled()
    assert.deepEqual([serving.outcomes, consumer.hasEnded], [['answered'], true])
  })

  it('keeps its length where it has no body', async () => {
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 304],
      ['GET', 204],
    ] as const) {
      const consumer = await asked(`HTTP/1.1 ${status} \r\nContent-Length: 7\r\n\r\n`, method)
      await serving.answered(consumer)
      assert.deepEqual([consumer.status, consumer.head?.body, consumer.bodyBytes], [status, { kind: 'none' }, 0])
      assert.deepEqual(consumer.valuesOf('content-length'), ['7'])
      await serving.settled()
      await serving.close()
      target.close()
    }
  })

  it('may have any status of three digits, and a reason that is nonsense or bytes above ASCII', async () => {
    for (const [reason, told] of [
      ['Caf\xe9', 'Caf\xe9'],
      ['O\x01\x00K', ''],
    ] as const) {
      const consumer = await asked(`HTTP/1.1 999 ${reason}\r\nContent-Length: 0\r\n\r\n`)
      await serving.answered(consumer)
      assert.deepEqual([consumer.status, consumer.head?.reason], [999, told])
      await serving.settled()
      await serving.close()
      target.close()
    }
  })

  it('is preceded by what the target says before it: a 100 used to be told twice', async () => {
    const consumer = await asked(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
    )
    await serving.answered(consumer)
    assert.deepEqual(
      consumer.interims.map(({ status, fields }) => [status, ...fields]),
      [[100], [103, 'Link', 'a']],
    )
    await serving.settled()
  })

  it('that is complete stays so whatever the target says behind it', async () => {
    const consumer = await asked(`${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad`)
    await serving.answered(consumer)
    assert.equal(consumer.text, 'ok')
    await serving.settled()
  })

  describe('that ends by the end of its connection', () => {
    const HEAD = 'HTTP/1.0 200 OK\r\n\r\n'

    it('is whole when the target ends it', async () => {
      const consumer = await asked(`${HEAD}abc`)
      await serving.answered(consumer)
      assert.equal(consumer.text, 'abc')
      await serving.settled()
    })

    it('is broken when the target resets: it used to look whole', async () => {
      let socket!: Socket
      await targetThat((asking) => {
        socket = asking
        socket.write(`${HEAD}abc`)
      })
      const consumer = (await serving.ask()).end()
      await until(() => consumer.text === 'abc', 'the body begins')
      socket.resetAndDestroy()
      await serving.broken(consumer, 'badAnswer')
      await serving.settled()
      assert.deepEqual(serving.outcomes, ['targetFailed'])
    })

    it('is broken when the target resets while the client reads nothing: Node takes that for an end', async () => {
      let socket!: Socket
      await targetThat((asking) => {
        socket = asking
        socket.write(HEAD)
        socket.write(Buffer.alloc(TOO_MUCH_BYTES))
      })
      const consumer = await serving.ask()
      consumer.reads = false
      consumer.end()
      await until(() => serving.watched.bytesMoved > 0, 'the body begins')
      await atRest(() => serving.watched.bytesMoved)
      socket.resetAndDestroy()
      consumer.readOn()
      await serving.broken(consumer, 'badAnswer')
      await serving.settled()
    })
  })

  const cutOff: readonly (readonly [what: string, answer: string])[] = [
    ['is shorter than it says', `${OK}Content-Length: 4\r\n\r\nabc`],
    ['has no last chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`],
    ['ends inside its trailers', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: 1\r\n`],
    ['has a chunk that is none', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\nnone\r\n\r\n`],
  ]
  for (const [what, answer] of cutOff) {
    it(`that ${what} is broken off`, async () => {
      const consumer = await asked(answer)
      await serving.broken(consumer, 'badAnswer')
      await serving.settled()
      assert.deepEqual(serving.outcomes, ['targetFailed'])
    })
  }

  const none: readonly (readonly [what: string, answer: string])[] = [
    ['nothing at all', ''],
    ['something else than HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['half a head', `${OK}Content-`],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`],
    ['a length and chunks', `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`],
    ['a coding that the client would not undo', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`],
    ['a coding of its own', `${OK}Transfer-Encoding: gzip\r\n\r\nabc`],
    ['a status below 100', 'HTTP/1.1 099 No\r\nContent-Length: 0\r\n\r\n'],
    ['a switch that nobody asked for', 'HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nabc'],
    ['a switch to nothing', 'HTTP/1.1 101 S\r\n\r\n'],
    ['more fields than are read', `${OK}${'a:\r\n'.repeat(MOST_FIELDS + 1)}\r\n`],
    ['more fields than are read in an early head', `HTTP/1.1 103 H\r\n${'a:\r\n'.repeat(MOST_FIELDS + 1)}\r\n`],
    ['a head without end', `${OK}X: ${'a'.repeat(70_000)}\r\n\r\n`],
    ['a control character in a field', `${OK}X: a\x01b\r\nContent-Length: 0\r\n\r\n`],
  ]
  for (const [what, answer] of none) {
    it(`is none if it is ${what}`, async () => {
      const consumer = await asked(answer)
      await serving.broken(consumer, 'badAnswer')
      assert.equal(consumer.head, null)
      await serving.settled()
      assert.deepEqual(serving.outcomes, ['targetFailed'])
    })
  }

  it('is none if it is preceded by more than anybody can take: that used to fill the memory', async () => {
    await targetThat((socket) => {
      const storm = Buffer.from('HTTP/1.1 102 Processing\r\n\r\n'.repeat(10_000))
      const more = () => {
        while (!socket.destroyed && socket.write(storm));
      }
      socket.on('drain', more)
      more()
    })
    const consumer = await serving.ask()
    consumer.reads = false
    consumer.end()
    await until(() => serving.outcomes.length > 0, 'the provider gives up')
    consumer.readOn()
    await serving.broken(consumer, 'badAnswer')
    await serving.settled()
  })

  it('of too many trailers is broken off', async () => {
    const trailers = 'a: \r\n'.repeat(MOST_FIELDS + 1)
    const consumer = await asked(`${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n${trailers}\r\n`)
    await serving.broken(consumer, 'badAnswer')
    await serving.settled()
  })

  it('waits for a client that reads slowly, in the target and not in us', async () => {
    const body = Buffer.alloc(TOO_MUCH_BYTES, 'edgerq ')
    await targetThat((socket) => {
      socket.write(`${OK}Content-Length: ${body.length}\r\n\r\n`)
      socket.write(body)
    })
    const consumer = await serving.ask()
    consumer.reads = false
    consumer.end()
    await until(() => serving.watched.bytesMoved > 0, 'the body begins')
    const heldBytes = await atRest(() => serving.watched.bytesMoved)
    assert.ok(heldBytes < TOO_MUCH_BYTES / 2, `${heldBytes} bytes of the body are taken`)
    // Whether the client reads at all is for its consumer to tell; here it used to be given up after a minute.
    serving.watchdog.pass(60_000)
    consumer.readOn()
    await serving.answered(consumer)
    assert.ok(Buffer.concat(consumer.chunks).equals(body))
    await serving.settled()
  })
})

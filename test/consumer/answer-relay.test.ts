import assert from 'node:assert/strict'
import { FrameKind } from '../../src/http/frames.ts'
import { until } from '../runtime/until.ts'
import { answerIn, type Client, codeIn, HttpStage, type StagedProvider } from './http-stage.ts'
import type { ScriptedRequest } from './scripted-provider.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const OLD_GET = 'GET / HTTP/1.0\r\n\r\n'

describe('an answer on its way to the client', () => {
  let stage: HttpStage
  let provider: StagedProvider
  let client: Client

  beforeEach(async () => {
    stage = await HttpStage.open()
    provider = await stage.addProvider()
  })
  afterEach(() => stage.close())

  async function asked(text: string): Promise<ScriptedRequest> {
    client = await stage.client(text)
    return provider.wholeRequest()
  }

  async function sees(text: string): Promise<void> {
    await until(() => client.seen.text.endsWith(text), `the client sees ${JSON.stringify(text)}`)
  }

  it('keeps the bytes of its fields, also above ASCII, in a head that goes out before its body or before the answer', async () => {
    const request = await asked(GET)
    const said = () => Buffer.concat(client.seen.chunks).toString('latin1')
    request.interim(103, 'Early Hints', ['X-Early', 'caf\xe9']).answerHead({ fields: ['X-Name', 'caf\xe9'] })
    await until(() => said().includes('X-Name'), 'the head is at the client')
    request.end()
    await until(() => said().endsWith('0\r\n\r\n'), 'the answer is at the client')
    assert.match(said(), /\r\nX-Early: caf\xe9\r\n/)
    assert.match(said(), /\r\nX-Name: caf\xe9\r\n/)
    await stage.settled()
  })

  it('has the fields of the target in their order and spelling, and the length of its body', async () => {
    const request = await asked(GET)
    const fields = ['X-One', '1', 'set-cookie', 'a', 'Set-Cookie', 'b', 'Content-Length', '5', 'Date', 'today']
    request.answer('hello', { status: 201, reason: 'Made it', fields })
    await sees('hello')
    const lines = answerIn(client.seen).head.split('\r\n')
    assert.deepEqual(lines.slice(0, 6), [
      'HTTP/1.1 201 Made it',
      'X-One: 1',
      'set-cookie: a',
      'Set-Cookie: b',
      'Date: today',
      'Content-Length: 5',
    ])
    await stage.settled()
  })

  it('goes in chunks where its length is not known, with its trailers', async () => {
    const request = await asked(GET)
    request.answerHead({ fields: ['Trailer', 'X-Sum'] })
    await sees('\r\n\r\n')
    request.data('one ')
    await sees('one \r\n')
    request.data('two').end(['X-Sum', '7', 'Content-Length', '1'])
    await sees('X-Sum: 7\r\n\r\n')
    assert.equal(answerIn(client.seen).body, '4\r\none \r\n3\r\ntwo\r\n0\r\nX-Sum: 7\r\n\r\n')
    await stage.settled()
  })

  for (const [name, text] of [
    ['a client of HTTP/1.0', OLD_GET],
    ['a client of HTTP/1.0 that asks for chunks', 'GET / HTTP/1.0\r\nTE: chunked\r\n\r\n'],
  ] as const) {
    it(`ends with the connection for ${name}, without interim heads, chunks and trailers`, async () => {
      const request = await asked(text)
      request.interim(103, 'Early Hints').answerHead({ fields: ['Trailer', 'X-Sum'] })
      request.data('one ').data('two').end(['X-Sum', '7'])
      await until(() => client.seen.hasEnded, 'the connection ends')
      const { head, body } = answerIn(client.seen)
      assert.match(head, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(head, /^connection: close$/im)
      assert.doesNotMatch(head, /transfer-encoding|trailer/i)
      assert.equal(body, 'one two')
      await stage.settled()
    })
  }

  it('is reset in the middle of a body that ends with the connection, so that it cannot look whole', async () => {
    const request = await asked(OLD_GET)
    request.answerHead().data('half')
    await sees('half')
    request.fail(0x34)
    await until(() => client.seen.isClosed, 'the connection is closed')
    assert.deepEqual([client.seen.error, client.seen.hasEnded], ['ECONNRESET', false])
    await stage.settled()
  })

  describe('without a body', () => {
    for (const [what, text, plan, keeps] of [
      ['to HEAD', 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', { fields: ['Content-Length', '500'] }, true],
      ['204', GET, { status: 204, fields: ['Content-Length', '500', 'Trailer', 'X'] }, false],
      ['304', GET, { status: 304, fields: ['Content-Length', '500'] }, true],
    ] as const) {
      it(`(${what}) has none, whatever the frames hold, and leaves the connection to the next request`, async () => {
        const request = await asked(text)
        request
          .answerHead({ ...plan, body: { kind: 'length', bytes: 3 } })
          .data('xyz')
          .end()
        await sees('\r\n\r\n')
        assert.equal(/^content-length: 500$/im.test(client.seen.text), keeps)
        assert.doesNotMatch(client.seen.text, /transfer-encoding|trailer/i)
        client.socket.write(GET)
        ;(await provider.wholeRequest(1)).answer('next')
        await sees('next')
        assert.doesNotMatch(client.seen.text, /xyz/)
        await stage.settled()
      })
    }
  })

  it('follows the interim heads that come before it, which say no length', async () => {
    const request = await asked(GET)
    request.interim(103, 'Early Hints', ['Link', '</a>', 'Content-Length', '9', 'Connection', 'x'])
    await sees('\r\n\r\n')
    assert.equal(client.seen.text, 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
    request.answer('late')
    await sees('late')
    await stage.settled()
  })

  it('waits for a client that does not read its interim heads, however many come', async () => {
    const request = await asked(GET)
    client.socket.pause()
    const many = 400
    const hint = 'x'.repeat(60_000)
    let sent = 0
    const sendMore = () => {
      while (sent < many && request.stream.isWritable) {
        request.interim(103, 'Early Hints', ['Link', hint])
        sent++
      }
    }
    sendMore()
    request.stream.owner = { onStreamReady: sendMore }
    await until(() => heldAt(provider) > 200_000, 'the consumer stops reading')
    client.socket.resume()
    await until(() => sent === many, 'the rest follows when the client reads')
    request.answer('done')
    await sees('done')
    await stage.settled()
  })

  for (const [what, breakIt] of [
    ['a body that is longer than was said', (request) => request.data('12345').data('6')],
    ['a body that is shorter than was said', (request) => request.data('1234').end()],
    ['a second head', (request) => request.answerHead()],
    ['an interim head behind the head', (request) => request.interim(103, 'Early Hints')],
    ['a frame of an unknown kind', (request) => request.raw(Buffer.of(9, 0))],
    ['an end of the stream before the end of the answer', (request) => request.data('12').stream.finish()],
    ['trailers that are none', (request) => request.data('12345').say(FrameKind.trailers, Buffer.of(1, 1, 10, 1, 10))],
  ] as [string, (request: ScriptedRequest) => void][]) {
    it(`is broken off by ${what}`, async () => {
      const request = await asked(GET)
      request.answerHead({ body: { kind: 'length', bytes: 5 } })
      await sees('\r\n\r\n')
      breakIt(request)
      await until(() => client.seen.isClosed, 'the connection is closed')
      assert.equal(client.seen.error, 'ECONNRESET')
      await until(() => request.stop !== '' || request.stream.isClosed, 'the provider learns of it')
      request.fail(2)
      await stage.settled()
    })
  }

  for (const [what, bytes] of [
    ['something else than ACCEPTED', Buffer.of(7, 7)],
    ['a body without a head', Buffer.of(1, FrameKind.data, 1, 65)],
    ['a head that is none', Buffer.of(1, FrameKind.head, 2, 0xff, 0xff)],
    ['101 that nobody asked for', Buffer.of(1, FrameKind.head, 5, 0x40, 101, 0, 0, 0)],
    ['an interim head that is final', Buffer.of(1, FrameKind.interim, 5, 0x40, 200, 0, 0, 0)],
    ['an end', Buffer.of(1)],
  ] as const) {
    it(`is one of our own when the provider answers with ${what}`, async () => {
      const request = await asked(GET)
      request.stream.write(bytes)
      request.stream.finish()
      await until(() => client.seen.hasEnded, 'the client is answered')
      assert.deepEqual([answerIn(client.seen).status, codeIn(client.seen)], [502, 'EDGERQ-TARGET-BAD-ANSWER'])
      await stage.settled()
    })
  }

  it('reaches a slow client whole, and holds the provider back meanwhile', async () => {
    const request = await asked(GET)
    client.socket.pause()
    const piece = Buffer.alloc(65_536, 'x')
    const bytes = 256 * piece.length
    request.answerHead({ body: { kind: 'length', bytes } })
    let sent = 0
    const sendMore = () => {
      while (sent < bytes && request.stream.isWritable) {
        request.data(piece)
        sent += piece.length
      }
      if (sent === bytes) request.end()
    }
    request.stream.owner = { onStreamReady: sendMore }
    sendMore()
    await until(() => heldAt(provider) > 200_000, 'bytes wait at the consumer')
    assert.ok(sent < bytes, 'the provider could send everything')
    client.socket.resume()
    await until(() => client.seen.bytes > bytes, 'all of it arrives')
    await stage.settled()
  })

  it('gives back the credit for all that a client did not take', async () => {
    const request = await asked(GET)
    client.socket.pause()
    request.answerHead({ body: { kind: 'length', bytes: 50_000_000 } })
    for (let i = 0; i < 40; i++) request.data(Buffer.alloc(65_536, 'x'))
    await until(() => heldAt(provider) > 200_000, 'bytes wait at the consumer')
    client.socket.resetAndDestroy()
    await until(() => request.stop !== '', 'the provider is told to stop')
    request.fail(2)
    await stage.settled()
  })

  it('leaves no stream open when the provider goes on behind its end', async () => {
    const request = await asked(GET)
    request.answerHead({ body: { kind: 'length', bytes: 2 } }).data('ok')
    request.say(FrameKind.end)
    request.stream.write(Buffer.alloc(100_000))
    await sees('ok')
    await until(() => request.stop !== '', 'the provider is told to stop')
    request.stream.reset(2)
    await stage.settled()
    client.socket.write(GET)
    ;(await provider.wholeRequest(1)).answer('next')
    await sees('next')
  })

  function heldAt({ session }: StagedProvider): number {
    const stats = { heldBytes: 0 } as Parameters<typeof session.near.stats>[0]
    session.near.stats(stats)
    return stats.heldBytes
  }
})

import assert from 'node:assert/strict'
import { StreamCode } from '../../src/protocol/index.ts'
import { Talker } from '../runtime/talker.ts'
import { atRest, until } from '../runtime/until.ts'
import { answerIn, type Client, codeIn, HttpStage } from './http-stage.ts'

const POST = 'POST /a?b HTTP/1.1\r\nHost: a\r\n'

describe('a request on its way to a provider', () => {
  let stage: HttpStage
  let client: Client

  beforeEach(async () => {
    stage = await HttpStage.open({ requestBufferBytes: 131_072 })
    await stage.addProvider()
  })
  afterEach(() => stage.close())

  async function sees(text: string): Promise<void> {
    await until(() => client.seen.text.endsWith(text), `the client sees ${JSON.stringify(text)}`)
  }

  it('begins with the head of its stream, and has the body that came', async () => {
    client = await stage.client(`${POST}Content-Length: 5\r\n\r\nhello`)
    const request = await stage.providers[0]!.wholeRequest()
    assert.equal(request.opening?.kind, 'http')
    assert.equal(request.opening?.connectWithinMs, 3_000)
    const { method, target, body, expectsContinue, upgrade } = request.head!
    assert.deepEqual([method, target, expectsContinue, upgrade], ['POST', '/a?b', false, null])
    assert.deepEqual(body, { kind: 'length', bytes: 5 })
    assert.equal(request.body, 'hello')
    await until(() => request.hasEnded, 'the stream ends')
    request.answer('')
    await sees('\r\n\r\n')
    await stage.settled()
  })

  it('keeps a body of unknown length as that, and its trailers', async () => {
    client = await stage.client(`${POST}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`)
    const request = await stage.providers[0]!.request()
    await until(() => request.body === 'ab', 'the first chunk arrives before the last was sent')
    client.socket.write('1\r\nc\r\n0\r\nX-Sum: 6\r\nHost: b\r\n\r\n')
    await until(() => request.isWhole, 'the end arrives')
    assert.deepEqual([request.body, request.head!.body.kind, request.trailers], ['abc', 'chunked', ['X-Sum', '6']])
    request.answer('')
    await sees('\r\n\r\n')
    await stage.settled()
  })

  it('passes a head that is as large as may be', async () => {
    const large = 'x'.repeat(130_900)
    client = await stage.client(`GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${large}\r\n\r\n`)
    const request = await stage.providers[0]!.wholeRequest()
    assert.deepEqual(request.values('x-large'), [large])
    request.answer('')
    await sees('\r\n\r\n')
    await stage.settled()
  })

  it('is said again from the beginning at the next provider, with what came meanwhile', async () => {
    const second = await stage.addProvider()
    client = await stage.client(`${POST}Content-Length: 9\r\n\r\none`)
    const first = await eitherOf()
    await until(() => first.body === 'one', 'the first provider has it')
    first.fail(StreamCode.targetRefused)
    const other = stage.providers[0]!.count === 1 ? second : stage.providers[0]!
    client.socket.write('two')
    const request = await other.request()
    client.socket.write('six')
    await until(() => request.isWhole, 'the second provider has it')
    assert.equal(request.body, 'onetwosix')
    request.answer('done')
    await sees('done')
    await stage.settled()
  })

  it('is not said again when more has come than is kept', async () => {
    const second = await stage.addProvider()
    client = await stage.client(`${POST}Content-Length: 1000000\r\n\r\n${'x'.repeat(200_000)}`)
    const first = await eitherOf()
    await until(() => first.body.length === 200_000, 'the first provider has it')
    first.fail(StreamCode.targetRefused)
    await until(() => client.seen.hasEnded, 'the client is answered')
    assert.equal(codeIn(client.seen), 'EDGERQ-TARGET-REFUSED')
    assert.equal(stage.providers[0]!.count + second.count, 1)
    await stage.settled()
  })

  it('is read at the pace of the provider', async () => {
    const bytes = 20_000_000
    client = await stage.client(`${POST}Content-Length: ${bytes}\r\n\r\n`)
    const request = await stage.providers[0]!.request()
    request.stream.owner = null
    client.socket.write(Buffer.alloc(bytes, 'x'))
    const stalledAt = await atRest(() => client.socket.bytesWritten - client.socket.writableLength)
    assert.ok(stalledAt < bytes, 'all of it was read')
    const talker = new Talker(request.stream)
    await until(() => talker.hasEnded, 'the rest arrives')
    assert.ok(talker.bytesRead > bytes)
    request.answer('')
    await sees('\r\n\r\n')
    await stage.settled()
  })

  it('is read to its end when the provider wants no more of it, so that the client gets to read its answer', async () => {
    const bytes = 20_000_000
    client = await stage.client(`${POST}Content-Length: ${bytes}\r\n\r\n`)
    const request = await stage.providers[0]!.request()
    request.answerHead({ status: 413, reason: 'No', body: { kind: 'length', bytes: 4 } })
    request.stream.owner = null
    client.socket.write(Buffer.alloc(bytes, 'x'))
    request.stream.stop(StreamCode.cancelled)
    await until(() => client.socket.writableLength === 0, 'the client has got rid of its body')
    request.data('no!\n').end()
    await until(() => client.seen.hasEnded, 'the client is answered')
    assert.deepEqual([answerIn(client.seen).status, answerIn(client.seen).body], [413, 'no!\n'])
    client.socket.end()
    await stage.settled()
  })

  it('is dropped behind an answer that came early, which closes the connection and is read by who still uploads', async () => {
    const bytes = 20_000_000
    client = await stage.client(`${POST}Content-Length: ${bytes}\r\n\r\n`)
    const request = await stage.providers[0]!.request()
    request.stream.owner = null
    request.answer('enough', { status: 403, reason: 'No' })
    client.socket.pause()
    client.socket.write(Buffer.alloc(bytes, 'x'))
    await until(() => client.socket.writableLength === 0, 'the client has got rid of its body')
    client.socket.resume()
    await until(() => client.seen.hasEnded, 'the client is answered')
    assert.deepEqual([answerIn(client.seen).status, client.seen.error], [403, ''])
    assert.match(client.seen.text, /^connection: close$/im)
    client.socket.end()
    await until(() => request.reset === 'cancelled', 'the provider learns that the rest does not come')
    await stage.settled()
  })

  describe('that waits for the word to go on', () => {
    const EXPECTS = `${POST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`

    it('gets it from the provider, and leaves the connection open', async () => {
      client = await stage.client(EXPECTS)
      const request = await stage.providers[0]!.request()
      assert.equal(request.head!.expectsContinue, true)
      assert.equal(client.seen.text, '')
      request.interim(100, 'Continue')
      await sees('HTTP/1.1 100 Continue\r\n\r\n')
      client.socket.write('hello')
      await until(() => request.isWhole, 'the body arrives')
      request.answer('done')
      await sees('done')
      assert.doesNotMatch(client.seen.text, /connection: close/i)
      client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      ;(await stage.providers[0]!.wholeRequest(1)).answer('next')
      await sees('next')
      await stage.settled()
    })

    it('is answered without it, and nothing that follows is taken for a request', async () => {
      client = await stage.client(EXPECTS)
      const request = await stage.providers[0]!.request()
      request.answer('no', { status: 417, reason: 'No' })
      await until(() => client.seen.hasEnded, 'the connection ends')
      assert.match(client.seen.text, /^connection: close$/im)
      client.socket.end('GET /stolen HTTP/1.1\r\nHost: a\r\n\r\n')
      await stage.drained()
      assert.equal(stage.providers[0]!.count, 1)
      await stage.settled()
    })

    it('may be sent without it', async () => {
      client = await stage.client(`${EXPECTS}hello`)
      const request = await stage.providers[0]!.wholeRequest()
      assert.equal(request.body, 'hello')
      request.answer('done')
      await sees('done')
      await stage.settled()
    })
  })

  async function eitherOf() {
    const [first, second] = stage.providers
    await until(() => first!.count + second!.count === 1, 'one of them has it')
    return (first!.count === 1 ? first! : second!).request()
  }
})

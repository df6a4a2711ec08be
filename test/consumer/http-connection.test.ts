import assert from 'node:assert/strict'
import { atRest, turn, until } from '../runtime/until.ts'
import { answerIn, type Client, codeIn, HttpStage, type StagedProvider } from './http-stage.ts'

const REQUEST = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`

describe('the connection of a client', () => {
  let stage: HttpStage
  let provider: StagedProvider
  let client: Client

  beforeEach(async () => {
    stage = await HttpStage.open({ maxConnections: 1 })
    provider = await stage.addProvider()
  })
  afterEach(() => stage.close())

  async function sees(text: string, { seen }: Client = client): Promise<void> {
    await until(() => seen.text.endsWith(text), `the client sees ${JSON.stringify(text)}`)
  }

  function bodies(): string[] {
    return [...client.seen.text.matchAll(/\r\n\r\n(<[^>]*>)/g)].map(([, body]) => body!)
  }

  it('has its requests answered in their order, one after the other', async () => {
    const targets = Array.from({ length: 20 }, (_, at) => `/${at}`)
    client = await stage.client(targets.map(REQUEST).join(''))
    for (const [at, target] of targets.entries()) {
      const request = await provider.wholeRequest(at)
      assert.deepEqual([request.head!.target, provider.count], [target, at + 1])
      request.answer(`<${target}>`)
      await sees(`<${target}>`)
    }
    assert.deepEqual(
      bodies(),
      targets.map((target) => `<${target}>`),
    )
    await stage.settled()
  })

  it('is not read on while requests wait behind one another', async () => {
    client = await stage.client()
    const flood = Buffer.from(REQUEST(`/${'x'.repeat(3_000)}`).repeat(3_000))
    client.socket.write(flood)
    await provider.wholeRequest()
    await atRest(() => client.socket.writableLength)
    assert.ok(client.socket.writableLength > 0, 'everything was read')
    client.socket.resetAndDestroy()
    // A socket that is not read shows only by a write that its client has gone.
    ;(await provider.request()).answer('')
  })

  it('is read again when those are answered', async () => {
    client = await stage.client(REQUEST('/1') + REQUEST('/2'))
    ;(await provider.wholeRequest(0)).answer('<1>')
    await sees('<1>')
    client.socket.write(REQUEST('/3'))
    ;(await provider.wholeRequest(1)).answer('<2>')
    ;(await provider.wholeRequest(2)).answer('<3>')
    await sees('<3>')
    client.socket.write(`POST /4 HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`)
    const request = await provider.wholeRequest(3)
    assert.equal(request.body.length, 200_000)
    request.answer('<4>')
    await sees('<4>')
    await stage.settled()
  })

  for (const [why, opening] of [
    ['the client asked for it', 'GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['the client speaks HTTP/1.0', 'GET /1 HTTP/1.0\r\n\r\n'],
  ] as const) {
    it(`ends behind an answer when ${why}, and nothing behind that is carried out`, async () => {
      client = await stage.client(`${opening}POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`)
      ;(await provider.wholeRequest()).answer('<1>')
      await until(() => client.seen.hasEnded, 'the connection ends')
      client.socket.end()
      await stage.drained()
      assert.equal(provider.count, 1)
      assert.deepEqual(bodies(), ['<1>'])
      await stage.settled()
    })
  }

  it('ends when others wait for its place, and the requests behind are left to the client', async () => {
    client = await stage.client(REQUEST('/1') + REQUEST('/2'))
    const request = await provider.wholeRequest()
    const other = await stage.client(REQUEST('/other'))
    await stage.client('')
    await until(() => other.socket.bytesWritten > 0, 'the other one waits')
    await atRest(() => provider.count)
    request.answer('<1>')
    await until(() => client.seen.hasEnded, 'the connection ends')
    assert.match(client.seen.text, /^connection: close$/im)
    const next = await provider.wholeRequest(1)
    assert.equal(next.head!.target, '/other')
    next.answer('<other>')
    await sees('<other>', other)
    await stage.settled()
  })

  it('gives its place up while it is idle, as soon as somebody needs it', async () => {
    client = await stage.client(REQUEST('/1'))
    ;(await provider.wholeRequest()).answer('<1>')
    await sees('<1>')
    const other = await stage.client(REQUEST('/2'))
    const next = await provider.wholeRequest(1)
    await until(() => client.seen.hasEnded, 'the idle connection ends')
    next.answer('<2>')
    await sees('<2>', other)
    assert.equal(client.seen.error, '')
  })

  it('waits for a place no longer than it must, and not when its client has gone', async () => {
    const impatient = await HttpStage.open({ maxConnections: 1, holdSeconds: 0 })
    const served = await impatient.addProvider()
    const busy = await impatient.client(REQUEST('/1'))
    await served.wholeRequest()
    client = await impatient.client(REQUEST('/2'))
    await until(() => client.seen.hasEnded, 'the second client is answered')
    assert.deepEqual([answerIn(client.seen).status, codeIn(client.seen)], [503, 'EDGERQ-BUSY'])
    ;(await served.request()).answer('<1>')
    await sees('<1>', busy)
    await impatient.close()

    const first = await stage.client(REQUEST('/1'))
    await provider.wholeRequest()
    const gone = await stage.client(REQUEST('/2'))
    await turn()
    gone.socket.end()
    await until(() => gone.seen.isClosed || gone.seen.hasEnded, 'the client that waits is gone')
    ;(await provider.request()).answer('<1>')
    await sees('<1>', first)
    first.socket.end()
    await stage.drained()
    assert.equal(provider.count, 1)
  })

  describe('that sends what is no HTTP', () => {
    for (const [what, bytes, status, code] of [
      ['garbage', 'hello\r\n\r\n', 400, 'EDGERQ-BAD-REQUEST'],
      ['a TLS hello', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', 400, 'EDGERQ-BAD-REQUEST'],
      ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'EDGERQ-BAD-REQUEST'],
      ['a head that is too large', `GET / HTTP/1.1\r\nX: ${'x'.repeat(5_000)}`, 431, 'EDGERQ-HEAD-TOO-LARGE'],
      ['a request that is not fit', 'GET / HTTP/1.1\r\n\r\n', 400, 'EDGERQ-BAD-REQUEST'],
      ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nxyz', 501, 'EDGERQ-METHOD'],
      ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n', 417, 'EDGERQ-EXPECTATION'],
    ] as const) {
      it(`(${what}) is answered, once, and closed`, async () => {
        client = await stage.client(`${bytes}${'more '.repeat(100)}`)
        await until(() => client.seen.hasEnded, 'the client is answered')
        assert.deepEqual([answerIn(client.seen).status, codeIn(client.seen)], [status, code])
        assert.equal(client.seen.text.match(/HTTP\/1\.1 \d/g)?.length, 1)
        client.socket.write('and more')
        client.socket.end()
        await until(() => client.seen.isClosed, 'the connection is closed')
        assert.equal(client.seen.error, '')
        assert.equal(provider.count, 0)
      })

      it(`(${what}) behind a request is answered behind the answer to that`, async () => {
        client = await stage.client(REQUEST('/1') + bytes)
        const request = await provider.wholeRequest()
        for (let i = 0; i < 3; i++) {
          client.socket.write(REQUEST('/stolen'))
          await turn()
        }
        request.answer('<1>')
        await until(() => client.seen.hasEnded, 'the client is answered')
        assert.deepEqual(bodies(), ['<1>'])
        assert.equal(codeIn(client.seen), code)
        assert.equal(client.seen.text.match(/HTTP\/1\.1 \d/g)?.length, 2)
        client.socket.end()
        await stage.drained()
        assert.equal(provider.count, 1)
        await stage.settled()
      })
    }

    it('in the middle of a body is answered at once, and its stream is given up', async () => {
      client = await stage.client('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
      const request = await provider.request()
      await until(() => request.body === 'a', 'the body begins to arrive')
      client.socket.write('zzz\r\n')
      await until(() => client.seen.hasEnded, 'the client is answered')
      assert.equal(codeIn(client.seen), 'EDGERQ-BAD-REQUEST')
      await until(() => request.reset === 'cancelled', 'the provider learns of it')
      request.fail(2)
      await stage.settled()
    })

    it('in the middle of a body whose answer has begun is reset', async () => {
      client = await stage.client('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
      const request = await provider.request()
      request.answerHead().data('half')
      await sees('half\r\n')
      client.socket.write('zzz\r\n')
      await until(() => client.seen.isClosed, 'the connection is closed')
      assert.equal(client.seen.error, 'ECONNRESET')
      request.fail(2)
      await stage.settled()
    })

    it('in the middle of the body of a request that waits is answered when it has its turn', async () => {
      const broken = 'POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n'
      client = await stage.client(REQUEST('/1') + broken)
      const request = await provider.wholeRequest()
      await turn()
      request.answer('<1>')
      await until(() => client.seen.hasEnded, 'the client is answered')
      assert.deepEqual([bodies(), codeIn(client.seen)], [['<1>'], 'EDGERQ-BAD-REQUEST'])
      client.socket.end()
      await stage.drained()
      assert.equal(provider.count, 1)
      await stage.settled()
    })

    it('is not answered where it said nothing, or not a whole line and then its end', async () => {
      client = await stage.client()
      client.socket.end()
      await until(() => client.seen.isClosed, 'the connection is closed')
      assert.equal(client.seen.text, '')
      const half = await stage.client('GET / HT')
      half.socket.end()
      await until(() => half.seen.hasEnded, 'the other connection ends')
      assert.equal(codeIn(half.seen), 'EDGERQ-BAD-REQUEST')
    })
  })

  it('is answered by us in the form that the request accepts, without a body to HEAD', async () => {
    const bare = await HttpStage.open({ holdSeconds: 0 })
    const page = await bare.client('GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n')
    await until(() => page.seen.hasEnded, 'the page is there')
    assert.match(answerIn(page.seen).body, /^<!doctype html>/i)
    const json = await bare.client('GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n')
    await until(() => json.seen.hasEnded, 'the JSON is there')
    assert.equal(JSON.parse(answerIn(json.seen).body).error.code, 'EDGERQ-NO-PROVIDER')
    const head = await bare.client('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => head.seen.hasEnded, 'the head is there')
    assert.equal(answerIn(head.seen).body, '')
    await bare.close()
  })
})

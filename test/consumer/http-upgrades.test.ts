import assert from 'node:assert/strict'
import { atRest, turn, until } from '../runtime/until.ts'
import { answerIn, type Client, codeIn, HttpStage, type StagedProvider } from './http-stage.ts'

const GET = 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n'
const UPGRADE = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const SWITCHING = { status: 101, reason: 'Switching', fields: ['Upgrade', 'websocket', 'X-Key', '1'] }
const H2C = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n'

describe('a request for an upgrade', () => {
  let stage: HttpStage
  let provider: StagedProvider
  let client: Client

  beforeEach(async () => {
    stage = await HttpStage.open()
    provider = await stage.addProvider()
  })
  afterEach(() => stage.close())

  async function sees(text: string): Promise<void> {
    await until(() => client.seen.text.endsWith(text), `the client sees ${JSON.stringify(text)}`)
  }

  it('that is granted makes an opaque stream both ways, which each side ends for itself', async () => {
    client = await stage.client(UPGRADE)
    const request = await provider.wholeRequest()
    assert.equal(request.head!.upgrade, 'websocket')
    request.answerHead(SWITCHING).stream.write(Buffer.from('hello '))
    await sees('hello ')
    assert.match(
      client.seen.text,
      /^HTTP\/1\.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: 1\r\n/,
    )
    client.socket.end('GET / HTTP/1.1\r\n\r\n')
    await until(() => request.hasEnded, 'the end of the client arrives')
    assert.equal(request.opaque, 'GET / HTTP/1.1\r\n\r\n')
    request.stream.write(Buffer.from('goodbye'))
    request.stream.finish()
    await until(() => client.seen.hasEnded, 'the end of the provider arrives')
    assert.ok(client.seen.text.endsWith('hello goodbye'))
    await stage.drained()
    await stage.settled()
  })

  it('brings what the client said behind it, at once and later, in its order', async () => {
    client = await stage.client(`${UPGRADE}one `)
    const request = await provider.wholeRequest()
    client.socket.write('two ')
    await atRest(() => client.socket.bytesWritten)
    request.answerHead(SWITCHING)
    client.socket.write('three')
    await until(() => request.opaque === 'one two three', 'all of it arrives')
    client.socket.end()
    request.stream.finish()
    await stage.drained()
    await stage.settled()
  })

  it('behind other requests brings all that the client said, too', async () => {
    client = await stage.client(`${GET}${UPGRADE}one `)
    const first = await provider.wholeRequest(0)
    client.socket.write('two ')
    await atRest(() => client.socket.bytesWritten)
    first.answer('<first>')
    const request = await provider.wholeRequest(1)
    client.socket.write('three')
    await atRest(() => client.socket.bytesWritten)
    request.answerHead(SWITCHING)
    await until(() => request.opaque === 'one two three', 'all of it arrives')
    client.socket.end()
    request.stream.finish()
    await stage.drained()
    await stage.settled()
  })

  it('does not stop a long answer to the request before it', async () => {
    client = await stage.client(GET + UPGRADE)
    const bytes = 8_000_000
    const first = await provider.wholeRequest(0)
    client.socket.pause()
    first.answerHead({ body: { kind: 'length', bytes } })
    for (let sent = 0; sent < bytes; sent += 100_000) first.data(Buffer.alloc(100_000, 'x'))
    first.end()
    await atRest(() => (first.stream.isWritable ? 1 : 0))
    client.socket.resume()
    await until(() => client.seen.bytes > bytes, 'all of the answer arrives')
    ;(await provider.wholeRequest(1)).answerHead(SWITCHING).stream.finish()
    await sees('X-Key: 1\r\n\r\n')
    client.socket.end()
    await stage.drained()
    await stage.settled()
  })

  it('that is answered like any other request ends the connection', async () => {
    client = await stage.client(`${UPGRADE}early`)
    const request = await provider.wholeRequest()
    request.answer('no', { status: 426, reason: 'No' })
    await until(() => client.seen.hasEnded, 'the connection ends')
    assert.deepEqual([answerIn(client.seen).status, answerIn(client.seen).body], [426, 'no'])
    assert.match(client.seen.text, /^connection: close$/im)
    client.socket.end()
    await until(() => request.hasEnded, 'nothing follows the request')
    assert.equal(request.opaque, '')
    await stage.drained()
    await stage.settled()
  })

  it('that nobody takes is answered by us', async () => {
    provider.provider.isDraining = true
    const bare = await HttpStage.open({ holdSeconds: 0 })
    client = await bare.client(UPGRADE)
    await until(() => client.seen.hasEnded, 'the client is answered')
    assert.equal(codeIn(client.seen), 'EDGERQ-NO-PROVIDER')
    client.socket.end()
    await bare.drained()
    await bare.close()
  })

  it('whose client goes away before it is granted takes its stream with it', async () => {
    client = await stage.client(UPGRADE)
    const request = await provider.wholeRequest()
    client.socket.end()
    await until(() => request.stop === 'cancelled', 'the provider is told to stop')
    request.fail(2)
    await stage.drained()
    await stage.settled()
  })

  it('with a body is refused', async () => {
    client = await stage.client(UPGRADE.replace('\r\n\r\n', '\r\nContent-Length: 3\r\n\r\nabc'))
    await until(() => client.seen.hasEnded, 'the client is answered')
    assert.equal(codeIn(client.seen), 'EDGERQ-BAD-REQUEST')
    assert.equal(provider.count, 0)
  })

  describe('to HTTP/2', () => {
    it('is passed on without it, whole and with its body, and the connection stays', async () => {
      client = await stage.client(`POST /h2 HTTP/1.1\r\nHost: a\r\n${H2C}Content-Length: 5\r\n\r\nhello`)
      const request = await provider.wholeRequest()
      assert.deepEqual([request.head!.upgrade, request.head!.target, request.body], [null, '/h2', 'hello'])
      assert.deepEqual([request.values('http2-settings'), request.values('upgrade')], [[], []])
      request.answer('<h2>')
      await sees('<h2>')
      client.socket.write(`POST /h2 HTTP/1.1\r\nHost: a\r\n${H2C}Transfer-Encoding: chunked\r\n\r\n`)
      const second = await provider.request(1)
      client.socket.write('3\r\nabc\r\n0\r\n\r\n')
      await until(() => second.isWhole, 'the body arrives')
      second.answer('<again>')
      await sees('<again>')
      client.socket.write(GET)
      ;(await provider.wholeRequest(2)).answer('<first>')
      await sees('<first>')
      await stage.settled()
    })

    it('behind another request waits for its turn', async () => {
      client = await stage.client(`${GET}GET /h2 HTTP/1.1\r\nHost: a\r\n${H2C}\r\n`)
      const first = await provider.wholeRequest()
      await turn()
      assert.equal(provider.count, 1)
      first.answer('<first>')
      ;(await provider.wholeRequest(1)).answer('<h2>')
      await sees('<h2>')
      await stage.settled()
    })

    it('leaves what else Connection says as it was', async () => {
      client = await stage.client(
        `GET / HTTP/1.1\r\nHost: a\r\nX-Mine: 1\r\nConnection: close, x-mine, Upgrade\r\nUpgrade: h2c\r\n\r\n`,
      )
      const request = await provider.wholeRequest()
      assert.deepEqual(request.values('x-mine'), [])
      request.answer('<h2>')
      await until(() => client.seen.hasEnded, 'the connection ends')
      await stage.settled()
    })
  })
})

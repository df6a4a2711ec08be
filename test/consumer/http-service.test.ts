import assert from 'node:assert/strict'
import { StreamCode } from '../../src/protocol/index.ts'
import { atRest, turn, until } from '../runtime/until.ts'
import { answerIn, type Client, codeIn, HOP_NAME, HttpStage, type StagedProvider } from './http-stage.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

describe('an http service', () => {
  let stage: HttpStage
  let provider: StagedProvider

  beforeEach(async () => {
    stage = await HttpStage.open()
    provider = await stage.addProvider()
  })
  afterEach(() => stage.close())

  async function sees({ seen }: Client, text: string): Promise<void> {
    await until(() => seen.text.endsWith(text), `the client sees ${JSON.stringify(text)}`)
  }

  it('tells the target who asked, and by which way', async () => {
    await stage.client('GET / HTTP/1.1\r\nHost: a:1\r\nX-Forwarded-For: 192.0.2.7\r\nX-Request-Id: mine\r\n\r\n')
    const request = await provider.wholeRequest()
    assert.deepEqual(request.values('host'), ['a:1'])
    assert.deepEqual(request.values('x-forwarded-for'), ['192.0.2.7, 127.0.0.1'])
    assert.deepEqual(request.values('x-request-id'), ['mine'])
    assert.deepEqual(request.values('via'), [`1.1 edgerq-${HOP_NAME}`])
    request.answer('')
  })

  it('answers a request itself that has been here before', async () => {
    const client = await stage.client(`GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 edgerq-${HOP_NAME}\r\n\r\n`)
    await until(() => client.seen.hasEnded, 'the client is answered')
    assert.deepEqual([answerIn(client.seen).status, codeIn(client.seen)], [508, 'EDGERQ-LOOP'])
    assert.equal(provider.count, 0)
  })

  it('shares requests among its providers', async () => {
    const other = await stage.addProvider()
    const clients = [await stage.client(GET), await stage.client(GET)]
    for (const each of [provider, other]) (await each.wholeRequest()).answer('<1>')
    for (const client of clients) await sees(client, '<1>')
  })

  it('keeps requests in the order in which they came while nobody takes them', async () => {
    provider.provider.isDraining = true
    for (const target of ['/1', '/2', '/3']) {
      await stage.client(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
      await atRest(() => 0)
    }
    const next = await stage.addProvider()
    for (const [at, target] of ['/1', '/2', '/3'].entries()) {
      const request = await next.wholeRequest(at)
      assert.equal(request.head!.target, target)
      request.answer('')
    }
  })

  describe('that drains', () => {
    it('closes idle connections, finishes what is under way, and tells when all is done', async () => {
      const idle = await stage.client(GET)
      ;(await provider.wholeRequest()).answer('<1>')
      await sees(idle, '<1>')
      const silent = await stage.client()
      const busy = await stage.client(GET)
      const request = await provider.wholeRequest(1)
      await atRest(() => 0)
      let isDone = false
      void stage.service.drain().then(() => {
        isDone = true
      })
      await until(() => idle.seen.hasEnded && silent.seen.hasEnded, 'the idle connections are closed')
      idle.socket.end()
      silent.socket.end()
      request.answer('<2>')
      await until(() => busy.seen.hasEnded, 'the busy connection is closed behind its answer')
      assert.match(busy.seen.text, /^connection: close$/im)
      assert.equal(isDone, false)
      busy.socket.end()
      await until(() => isDone, 'the service has drained')
    })

    it('closes a connection whose answer had begun before, as soon as that is whole', async () => {
      const client = await stage.client(GET)
      const request = await provider.wholeRequest()
      request.answerHead({ body: { kind: 'length', bytes: 3 } })
      await sees(client, '\r\n\r\n')
      const drained = stage.drained()
      request.data('<1>').end()
      await until(() => client.seen.hasEnded, 'the connection is closed')
      assert.ok(client.seen.text.endsWith('<1>'))
      client.socket.end()
      await drained
    })

    it('answers requests that come on the connections it still has', async () => {
      const client = await stage.client(GET + GET.replace('/', '/2'))
      const request = await provider.wholeRequest()
      request.answerHead({ body: { kind: 'length', bytes: 3 } })
      await sees(client, '\r\n\r\n')
      const drained = stage.drained()
      request.data('<1>').end()
      await until(() => client.seen.hasEnded, 'the connection is closed')
      assert.equal(codeIn(client.seen), 'EDGERQ-STOPPING')
      client.socket.end()
      await drained
      assert.equal(provider.count, 1)
    })
  })

  it('gives all that it took back when many clients come and go in every way', async () => {
    const ways: readonly ((client: Client) => void)[] = [
      ({ socket }) => socket.end(),
      ({ socket }) => socket.resetAndDestroy(),
      ({ socket }) => socket.write('garbage\r\n'),
      ({ socket }) => socket.write(GET + GET),
      ({ socket }) => socket.pause(),
    ]
    const clients: Client[] = []
    for (let i = 0; i < 25; i++) clients.push(await stage.client(i % 2 === 0 ? GET : `POST${GET.slice(3)}`))
    const requests = []
    for (let i = 0; i < 25; i++) requests.push(await provider.wholeRequest(i))
    for (const [at, request] of requests.entries()) {
      if (at % 3 > 0) request.answerHead()
      if (at % 3 > 1) request.data(Buffer.alloc(300_000))
    }
    await turn()
    for (const [at, client] of clients.entries()) ways[at % ways.length]!(client)
    await turn()
    for (const [at, request] of requests.entries()) {
      if (at % 4 === 0) request.fail(StreamCode.peerReset)
      else if (at % 3 > 0) request.end()
      else request.answer('late')
    }
    for (const { socket } of clients) socket.destroy()
    stage.service.cut()
    await stage.drained()
    for (let i = 0; i < provider.count; i++) (await provider.request(i)).fail(StreamCode.cancelled)
    await stage.settled()
  })
})

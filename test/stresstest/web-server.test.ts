// The routes of the sample web server: other tests take its word for what has arrived and what was sent.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { contentAt, contentSha256 } from '../../stresstest/content.ts'
import type { Peer } from '../../stresstest/peer.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { ask, type Question, valuesOf } from './ask.ts'

const HALF_A_MEGABYTE = 500_000
const CHUNKED = ['Transfer-Encoding', 'chunked']

describe('the sample web server', () => {
  let web: Peer
  beforeEach(async () => {
    web = await startWebServer()
  })
  afterEach(() => web.close())

  const json = async (path: string, question: Question = {}): Promise<Record<string, unknown>> =>
    JSON.parse((await ask(web.port, path, question)).body.toString())

  it('says its name and what it was asked', async () => {
    const { status, body } = await ask(web.port, '/?a=b', { fields: ['X-Mine', 'yes'] })
    assert.equal(status, 200)
    assert.ok(body.toString().startsWith('Hello from the sample web server.\n'))
    assert.match(body.toString(), /^GET \/\?a=b$/m)
    assert.match(body.toString(), /^x-mine: yes$/m)
  })

  it('answers requests that differ in nothing but their id with the same bytes', async () => {
    const [first, second] = await Promise.all(
      ['1', '2'].map((id) => ask(web.port, '/', { fields: ['X-Request-Id', id, 'Via', '1.1 somewhere'] })),
    )
    assert.equal(first!.body.toString(), second!.body.toString())
    assert.match(first!.body.toString(), /^via: 1\.1 somewhere$/m)
  })

  for (const [query, field, value] of [
    ['', 'content-length', `${HALF_A_MEGABYTE}`],
    ['?framing=chunked', 'transfer-encoding', 'chunked'],
    ['?framing=close', 'connection', 'close'],
  ] as const) {
    it(`sends the sample content: /bytes/N${query}`, async () => {
      const { body, fields } = await ask(web.port, `/bytes/${HALF_A_MEGABYTE}${query}`)
      assert.ok(body.equals(contentAt(0, HALF_A_MEGABYTE)))
      assert.deepEqual(valuesOf(fields, field), [value])
    })
  }

  it('ends a body without a length only with the connection', async () => {
    const { fields } = await ask(web.port, '/bytes/10?framing=close')
    assert.deepEqual([...valuesOf(fields, 'content-length'), ...valuesOf(fields, 'transfer-encoding')], [])
  })

  const PATHS = [
    '/',
    '/help',
    '/bytes/10',
    '/bytes/10?framing=chunked',
    '/bytes/10?framing=close',
    '/trailers',
    '/hash',
    '/echo',
  ]
  PATHS.push(
    '/inspect',
    '/status/200',
    '/status/204',
    '/status/404',
    '/cookies',
    '/early-hints',
    '/slow?ms=1',
    '/events',
  )
  PATHS.push('/count', '/count?id=1', '/abort-seen', '/nothing')
  for (const path of PATHS) {
    it(`answers HEAD ${path} with the status of its GET and no body`, async () => {
      const { status, body } = await ask(web.port, path, { method: 'HEAD' })
      assert.equal(status, path === '/status/204' ? 204 : /404|nothing/.test(path) ? 404 : 200)
      assert.equal(body.length, 0)
    })
  }

  it('tells the length of a body that HEAD leaves out', async () => {
    const { fields } = await ask(web.port, '/bytes/1000000000', { method: 'HEAD' })
    assert.deepEqual(valuesOf(fields, 'content-length'), ['1000000000'])
  })

  it('sends trailers that are true of the body before them', async () => {
    const { body, trailers } = await ask(web.port, '/trailers?bytes=70000')
    assert.ok(body.equals(contentAt(0, 70_000)))
    assert.deepEqual(trailers, ['X-Sample-Bytes', '70000', 'X-Sample-Sha256', contentSha256(70_000)])
  })

  it('hashes what it is sent, in chunks or not', async () => {
    const body = [contentAt(0, 70_000)]
    const right = { sha256: contentSha256(70_000), bytes: 70_000 }
    assert.deepEqual(await json('/hash', { method: 'PUT', body, fields: ['Content-Length', '70000'] }), right)
    assert.deepEqual(await json('/hash', { method: 'POST', body, fields: CHUNKED }), right)
  })

  for (const fields of [CHUNKED, ['Content-Length', '70000']]) {
    it(`echoes a body in its own framing: ${fields.join(': ')}`, async () => {
      const question = { method: 'POST', body: [contentAt(5, 70_000)], fields: [...fields, 'Content-Type', 'x/y'] }
      const answer = await ask(web.port, '/echo', question)
      assert.ok(answer.body.equals(contentAt(5, 70_000)))
      assert.deepEqual(valuesOf(answer.fields, fields[0]!), [fields[1]])
      assert.deepEqual(valuesOf(answer.fields, 'content-type'), ['x/y'])
    })
  }

  it('sends the first bytes of an echo before it has the last ones', async () => {
    const asked = request({ port: web.port, path: '/echo', method: 'POST', agent: false })
    asked.write('first')
    const [answer] = await once(asked, 'response')
    const [first] = await once(answer, 'data')
    assert.equal(`${first}`, 'first')
    asked.end()
    await once(answer.resume(), 'end')
  })

  it('inspects a request without losing an attribute of it', async () => {
    const fields = [...CHUNKED, 'Trailer', 'X-End', 'X-Twice', 'one', 'x-twice', 'two', 'X-LatIn', 'é']
    const trailers: [string, string][] = [['X-End', 'now']]
    const seen = await json('/inspect?a=%20b', { method: 'PROPFIND', fields, body: [contentAt(0, 10)], trailers })
    assert.deepEqual(seen, {
      method: 'PROPFIND',
      url: '/inspect?a=%20b',
      httpVersion: '1.1',
      rawHeaders: ['Host', 'sample.invalid', 'Connection', 'close', ...fields],
      bodySha256: createHash('sha256').update(contentAt(0, 10)).digest('hex'),
      bodyBytes: 10,
      trailers: ['X-End', 'now'],
    })
  })

  for (const status of [200, 201, 204, 205, 301, 304, 401, 404, 418, 500, 503, 599]) {
    it(`answers /status/${status} with it`, async () => {
      const answer = await ask(web.port, `/status/${status}`)
      assert.equal(answer.status, status)
      assert.equal(answer.body.length === 0, [204, 205, 304].includes(status))
    })
  }

  for (const path of [
    '/status/100',
    '/status/99',
    '/status/600',
    '/status/',
    '/status/2000',
    '/bytes/',
    '/bytes/1x',
    '/x',
    '//',
    '//x',
  ]) {
    it(`answers ${path} with 404`, async () => {
      assert.equal((await ask(web.port, path)).status, 404)
    })
  }

  it('sets two cookies in two fields', async () => {
    const { fields } = await ask(web.port, '/cookies')
    assert.equal(valuesOf(fields, 'set-cookie').length, 2)
  })

  it('sends a 103 before the 200', async () => {
    const { interim, status } = await ask(web.port, '/early-hints')
    assert.deepEqual([interim, status], [[103], 200])
  })

  it('counts ids by the requests that would change something', async () => {
    const post = (id: string): Promise<unknown> =>
      json(`/count?id=${id}`, { method: 'POST', fields: ['Content-Length', '0'] })
    assert.deepEqual(await post('a'), { id: 'a', seen: 1 })
    assert.deepEqual(await post('a'), { id: 'a', seen: 2 })
    await post('b')
    assert.deepEqual(await json('/count?id=a'), { id: 'a', seen: 2 })
    assert.deepEqual(await json('/count?id=c'), { id: 'c', seen: 0 })
    assert.deepEqual(await json('/count'), { ids: 2, requests: 3, seen: { a: 2, b: 1 } })
  })

  it('sees the clients that went before their answer was whole, and only those', async () => {
    await ask(web.port, '/bytes/100')
    await ask(web.port, '/bytes/100', { method: 'HEAD' })
    assert.deepEqual(await json('/abort-seen'), { aborted: 0 })
    const asked = request({ port: web.port, path: '/events', agent: false })
    asked.end()
    const [answer] = await once(asked, 'response')
    answer.on('error', () => {})
    asked.destroy()
    while ((await json('/abort-seen')).aborted === 0); // mocha's time limit is the deadline
    assert.deepEqual(await json('/abort-seen'), { aborted: 1 })
  })

  it('sends WebSocket messages back, text as text, in their order, and large ones whole', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${web.port}/ws`)
    await once(socket, 'open')
    const large = contentAt(0, 3_000_000)
    const echoed: (string | Buffer)[] = []
    const all = new Promise<void>((resolve) => {
      socket.on('message', (message: Buffer, isBinary) => {
        echoed.push(isBinary ? message : message.toString())
        if (echoed.length === 102) resolve()
      })
    })
    for (let number = 0; number < 100; number++) socket.send(`message ${number}`)
    socket.send(large)
    socket.send('last')
    await all
    assert.deepEqual(
      echoed.slice(0, 100),
      Array.from({ length: 100 }, (_, number) => `message ${number}`),
    )
    assert.ok(large.equals(echoed[100] as Buffer))
    assert.equal(echoed[101], 'last')
    socket.close()
    await once(socket, 'close')
  })

  it('echoes bytes after an upgrade and knows half-close', async () => {
    const socket = connect({ port: web.port, allowHalfOpen: true })
    socket.write('GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nat once')
    socket.end(', later')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk)
    const [head, body] = Buffer.concat(chunks).toString().split('\r\n\r\n')
    assert.match(head!, /^HTTP\/1\.1 101 .*\r\n(?:.*\r\n)*Upgrade: echo/)
    assert.equal(body, 'at once, later')
  })

  it('upgrades nothing else', async () => {
    const asked = request({
      port: web.port,
      path: '/',
      headers: { connection: 'upgrade', upgrade: 'h2c' },
      agent: false,
    })
    asked.end()
    const [answer] = await once(asked, 'response')
    assert.equal(answer.statusCode, 404)
  })
})

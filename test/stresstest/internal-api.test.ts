// The sample internal API between a client and the sample web server: nothing of a request or an answer may be lost on the way.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { contentAt, contentSha256 } from '../../stresstest/content.ts'
import { startInternalApi } from '../../stresstest/internal-api.ts'
import { type Peer, startPeer } from '../../stresstest/peer.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { ask, type Question, valuesOf } from './ask.ts'

const CHUNKED = ['Transfer-Encoding', 'chunked']
const BODY_BYTES = 200_000

describe('the sample internal API', () => {
  let web: Peer
  let api: Peer
  before(async () => {
    web = await startWebServer()
    api = await startInternalApi({ to: `http://127.0.0.1:${web.port}` })
  })
  after(async () => {
    await api.close()
    await web.close()
  })

  const inspect = async (question: Question, path = '/inspect'): Promise<Record<string, unknown>> =>
    JSON.parse((await ask(api.port, path, question)).body.toString())

  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    it(`passes ${method} and the target as they came`, async () => {
      const seen = await inspect({ method }, '/inspect?q=%2F..;&q=2')
      assert.deepEqual([seen.method, seen.url, seen.bodyBytes], [method, '/inspect?q=%2F..;&q=2', 0])
    })
  }

  it('passes the fields in their order and spelling, also those that come twice, with the Host of the client', async () => {
    const fields = ['X-Twice', 'one', 'x-TWICE', 'two', 'Cookie', 'a=1', 'X-Latin', 'é', 'X-Empty', '']
    const { rawHeaders } = await inspect({ fields })
    const passed = (rawHeaders as string[]).slice(0, 2 + fields.length)
    assert.deepEqual(passed, ['Host', 'sample.invalid', ...fields])
  })

  it('keeps the fields of its own connections to itself, and no others', async () => {
    const fields = [
      'Keep-Alive',
      'timeout=9',
      'X-Named',
      'x',
      'Connection',
      'x-named, host',
      'TE',
      'trailers',
      'X-Kept',
      'y',
    ]
    const rawHeaders = (await inspect({ fields })).rawHeaders as string[]
    const names = rawHeaders.filter((_, index) => index % 2 === 0)
    assert.deepEqual(names, ['Host', 'X-Kept', 'Connection'])
  })

  it('passes a body of known length with its length', async () => {
    const fields = ['Content-Length', `${BODY_BYTES}`]
    const seen = await inspect({ method: 'POST', fields, body: [contentAt(0, BODY_BYTES)] })
    assert.deepEqual([seen.bodyBytes, seen.bodySha256], [BODY_BYTES, contentSha256(BODY_BYTES)])
    assert.deepEqual(valuesOf(seen.rawHeaders as string[], 'content-length'), [`${BODY_BYTES}`])
    assert.deepEqual(valuesOf(seen.rawHeaders as string[], 'transfer-encoding'), [])
  })

  it('passes chunks as chunks, with their trailers', async () => {
    const body = [contentAt(0, 1), contentAt(1, BODY_BYTES - 1)]
    const trailers: [string, string][] = [
      ['X-End', 'now'],
      ['X-end', 'and here'],
    ]
    const seen = await inspect({ method: 'PUT', fields: [...CHUNKED, 'Trailer', 'X-End'], body, trailers })
    assert.deepEqual([seen.bodyBytes, seen.bodySha256], [BODY_BYTES, contentSha256(BODY_BYTES)])
    assert.deepEqual(valuesOf(seen.rawHeaders as string[], 'transfer-encoding'), ['chunked'])
    assert.deepEqual(seen.trailers, ['X-End', 'now', 'X-end', 'and here'])
  })

  it('brings back the same fields and bytes that the web server sent', async () => {
    for (const path of [
      '/cookies',
      '/bytes/300000',
      '/bytes/300000?framing=chunked',
      '/status/404',
      '/status/204',
      '/status/304',
    ]) {
      const [passed, direct] = await Promise.all([ask(api.port, path), ask(web.port, path)])
      assert.equal(passed.status, direct.status)
      assert.ok(passed.body.equals(direct.body))
      assert.deepEqual(withoutDate(passed.fields), withoutDate(direct.fields))
    }
  })

  it('brings back the head alone for HEAD, with the length of what is left out', async () => {
    const { status, body, fields } = await ask(api.port, '/bytes/12345', { method: 'HEAD' })
    assert.deepEqual([status, body.length, valuesOf(fields, 'content-length')], [200, 0, ['12345']])
    assert.equal((await ask(api.port, '/trailers', { method: 'HEAD' })).status, 200)
  })

  it('brings trailers back', async () => {
    const { trailers } = await ask(api.port, '/trailers?bytes=5')
    assert.deepEqual(trailers, ['X-Sample-Bytes', '5', 'X-Sample-Sha256', contentSha256(5)])
  })

  it('lets the web server say whether it wants the body', async () => {
    const headers = { expect: '100-continue', 'content-length': 3 }
    const asked = request({ port: api.port, path: '/hash', method: 'POST', agent: false, headers })
    await once(asked, 'continue')
    asked.end('abc')
    const [answer] = await once(asked, 'response')
    assert.equal(answer.statusCode, 200)
    await once(answer.resume(), 'end')
  })

  it('goes away from the web server when the client goes', async () => {
    const asked = request({ port: api.port, path: '/events', agent: false })
    asked.end()
    const [answer] = await once(asked, 'response')
    answer.on('error', () => {})
    asked.destroy()
    const aborted = async (): Promise<number> =>
      JSON.parse((await ask(web.port, '/abort-seen')).body.toString()).aborted
    while ((await aborted()) === 0); // mocha's time limit is the deadline
  })
})

describe('the sample internal API before a service that fails', () => {
  it('says so when the port is closed', async () => {
    const gone = await startPeer(createServer(), {})
    await gone.close()
    const api = await startInternalApi({ to: `http://127.0.0.1:${gone.port}` })
    const { status, body } = await ask(api.port, '/')
    assert.equal(status, 502)
    assert.match(body.toString(), /ECONNREFUSED/)
    await api.close()
  })

  for (const head of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
    it(`cuts its own answer where the answer is cut: ${head}`, async () => {
      const cutter = createServer((socket) =>
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\nabcde\r\n`)),
      )
      const service = await startPeer(cutter, {})
      const api = await startInternalApi({ to: `http://127.0.0.1:${service.port}` })
      await assert.rejects(ask(api.port, '/'), { code: 'ECONNRESET' })
      await api.close()
      await service.close()
    })
  }

  it('refuses to start without a place to pass requests to', () => {
    assert.throws(() => startInternalApi({ to: '127.0.0.1:3000' }), /--to must be like http:/)
  })
})

function withoutDate(fields: readonly string[]): string[] {
  return fields.filter((_, index) => !['date'].includes(fields[index - (index % 2)]!.toLowerCase()))
}

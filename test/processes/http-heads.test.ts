// What reaches a target of a request's head, over one hop and over two: all that the client said, what became known on the way, and one name
// for the request that all logs know.

import assert from 'node:assert/strict'
import { startWebServer } from '../../stresstest/web-server.ts'
import { useSharedStage, useStage } from './harness.ts'
import { inspect, valuesOf } from './http-clients.ts'
import { HOPS, type HttpRoute, layHops, wayOf } from './http-routes.ts'

/** Fields that somebody might want to tidy up. */
const SPELLED =
  'X-CaSe KePt Accept a/b X-Twice 1 x-twice 2 Cookie a=1;b=2 Accept c/d Upgrade-Insecure-Requests 1'.split(' ')

for (const hops of HOPS) {
  describe(`heads of http requests ${wayOf(hops)}`, () => {
    let route: HttpRoute
    let port = 0

    useSharedStage(async (stage) => {
      const web = await stage.peer(startWebServer())
      route = await layHops(hops, stage, web.port)
      port = route.port
    })

    it('Host and the fields of a client arrive as it spelled and ordered them', async () => {
      const { url, rawHeaders } = await inspect(port, {
        path: '/inspect?q=%2F//a',
        headers: [...SPELLED, 'Host', 'Shop.Example:8080'],
      })
      assert.equal(url, '/inspect?q=%2F//a')
      const told = ['Host', 'Shop.Example:8080', ...SPELLED]
      assert.deepEqual(rawHeaders.slice(0, told.length), told)
      assert.equal(valuesOf(rawHeaders, 'Host').length, 1)
    })

    it('what is of one connection alone stays behind', async () => {
      const headers = {
        connection: 'close, X-Mine',
        'x-mine': '1',
        'keep-alive': 'timeout=1',
        te: 'trailers',
        'proxy-connection': 'close',
      }
      const { rawHeaders } = await inspect(port, { headers })
      const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
      for (const name of ['x-mine', 'keep-alive', 'te', 'proxy-connection']) assert.ok(!names.includes(name), name)
    })

    it('the way is told in X-Forwarded-… and Via, a member for each hop', async () => {
      const { rawHeaders } = await inspect(port, { headers: { host: 'shop.example', via: '1.0 before' } })
      assert.deepEqual(valuesOf(rawHeaders, 'X-Forwarded-For'), [Array(hops).fill('127.0.0.1').join(', ')])
      assert.deepEqual(valuesOf(rawHeaders, 'X-Forwarded-Proto'), ['http'])
      assert.deepEqual(valuesOf(rawHeaders, 'X-Forwarded-Host'), ['shop.example'])
      const [via, ...more] = valuesOf(rawHeaders, 'Via')
      assert.deepEqual(more, [])
      assert.match(via!, new RegExp(`^1\\.0 before(, 1\\.1 edgerq-[0-9a-f]+){${hops}}$`))
      assert.equal(new Set(via!.split(', ')).size, hops + 1)
    })

    it('what a trusted proxy says of the way so far is kept', async () => {
      const headers = {
        host: 'inner',
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'outer',
      }
      const { rawHeaders } = await inspect(port, { headers })
      assert.deepEqual(valuesOf(rawHeaders, 'X-Forwarded-For'), [`203.0.113.7${', 127.0.0.1'.repeat(hops)}`])
      assert.deepEqual(valuesOf(rawHeaders, 'X-Forwarded-Proto'), ['https'])
      assert.deepEqual(valuesOf(rawHeaders, 'X-Forwarded-Host'), ['outer'])
    })

    it('a request has one id at its target and in the logs of all daemons', async () => {
      const [id, ...more] = valuesOf((await inspect(port)).rawHeaders, 'X-Request-Id')
      assert.deepEqual(more, [])
      assert.match(id!, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      await isInAllLogs(id!)
    })

    it('an id that a trusted proxy gave is the id on all of the way', async () => {
      const id = '0f3c9a52-7d1e-4b8a-9c65-2e1f00ab34cd'
      const { rawHeaders } = await inspect(port, { headers: { 'x-request-id': id } })
      assert.deepEqual(valuesOf(rawHeaders, 'X-Request-Id'), [id])
      await isInAllLogs(id)
    })

    /** Resolves when each daemon has said that it is done with this request. */
    async function isInAllLogs(id: string): Promise<void> {
      await Promise.all(route.daemons.map((daemon) => daemon.line(new RegExp(`Done".*"request":"${id}"`))))
    }
  })
}

describe('http clients that nobody trusts', () => {
  const stage = useStage()

  it('are not believed where they say that they come from and what their request is called', async () => {
    const web = await stage().peer(startWebServer())
    const { port } = await layHops(1, stage(), web.port, { trusted_proxies: 'none' })
    const claims = {
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'bank',
      forwarded: 'for=1.2.3.4',
      'x-request-id': 'mine',
    }
    const { rawHeaders } = await inspect(port, { headers: { ...claims, host: 'shop.example' } })
    assert.deepEqual(valuesOf(rawHeaders, 'X-Forwarded-For'), ['127.0.0.1'])
    assert.deepEqual(valuesOf(rawHeaders, 'X-Forwarded-Proto'), ['http'])
    assert.deepEqual(valuesOf(rawHeaders, 'X-Forwarded-Host'), ['shop.example'])
    assert.notDeepEqual(valuesOf(rawHeaders, 'X-Request-Id'), ['mine'])
    assert.ok(!rawHeaders.some((field) => /203\.0\.113\.7|https|bank|1\.2\.3\.4|mine/.test(field)))
  })
})

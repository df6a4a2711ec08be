// What only WebSockets have: a web server around them, messages, and proxies in front.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { WebSocket } from 'ws'
import type { CarrierError } from '../../src/carriers/carrier-error.ts'
import type { StreamCarrier } from '../../src/carriers/stream-carrier.ts'
import { openWebSocketCarrier } from '../../src/carriers/websocket.ts'
import { arrivalsAt, batchOf, pattern } from '../contracts/carrier.ts'
import { until } from '../runtime/until.ts'
import { certificates, dialTls, KINDS, openDialler, openListener } from './stream-pairs.ts'

after(() => certificates?.remove())

describe('the web server of a WebSocket listener', () => {
  let listener: StreamCarrier
  let port: number

  beforeEach(async () => {
    listener = await openWebSocketCarrier({ role: 'listener', reach: 'loopback', port: 0, tls: null, path: '/link' })
    port = listener.addresses[0]!.port
  })
  afterEach(() => listener.close())

  it('tells a browser that there is nothing to see, and where there is nothing at all', async () => {
    const page = await fetch(`http://127.0.0.1:${port}/link?x=1`)
    assert.deepEqual([page.status, page.headers.get('upgrade')], [426, 'websocket'])
    assert.match(await page.text(), /for edgerq providers, which call it by WebSocket/)
    for (const path of ['/', '/links', '/link/', '/Link']) {
      const missing = await fetch(`http://127.0.0.1:${port}${path}`)
      assert.equal(missing.status, 404, path)
      await missing.text()
    }
  })

  it('makes no connection on another path, and the dialler says what to correct', async () => {
    for (const [path, isThere] of [
      ['/link', true],
      ['/link?room=1', true],
      ['/edgerq', false],
    ] as const) {
      const url = `ws://consumer.test:${port}${path}`
      const dialler = await openWebSocketCarrier({ role: 'dialler', url, tls: null, proxy: null })
      const call = dialler.connect({ host: '127.0.0.1', port })
      if (isThere) await call
      else await assert.rejects(call, /no connection to 127\.0\.0\.1:\d+: the answer was HTTP 404; .* correct the URL/)
      await dialler.close()
    }
  })

  it('calls itself by the name in the URL, whatever address was dialled', async () => {
    const web = http.createServer().listen(0, '127.0.0.1')
    await once(web, 'listening')
    const asked = once(web, 'upgrade')
    const { port: webPort } = web.address() as net.AddressInfo
    const dialler = await openDialler('WebSocket', webPort)
    const call = dialler.connect({ host: '127.0.0.1', port: webPort })
    const [request, socket] = (await asked) as [http.IncomingMessage, net.Socket]
    assert.equal(request.headers.host, `consumer.test:${webPort}`)
    assert.equal(request.headers['sec-websocket-extensions'], undefined, 'no compression is offered')
    socket.destroy()
    await assert.rejects(call, { name: 'CarrierError' })
    await dialler.close()
    web.close()
  })

  it('takes several records in a message, and none that goes on in the next', async () => {
    const webSocket = await caller()
    const arrivals = arrivalsAt(listener, 2)
    webSocket.send(Buffer.from([0, 1, 7, 0, 2, 8, 9]))
    assert.deepEqual(
      (await arrivals).map(({ bytes }) => [...bytes]),
      [[7], [8, 9]],
    )
    const gone = goneFrom(listener)
    webSocket.send(Buffer.from([0, 2, 8]))
    assert.match((await gone).message, /sent a message that ends within a record/)
  })

  it('takes a message that came in fragments', async () => {
    const webSocket = await caller()
    const arrivals = arrivalsAt(listener, 1)
    webSocket.send(Buffer.from([0, 3, 7]), { fin: false })
    webSocket.send(Buffer.from([8, 9]))
    assert.deepEqual([...(await arrivals)[0]!.bytes], [7, 8, 9])
  })

  it('ends who sends text', async () => {
    const webSocket = await caller()
    const gone = goneFrom(listener)
    webSocket.send('hello')
    assert.match((await gone).message, /sent a text message/)
    await until(() => webSocket.readyState === WebSocket.CLOSED, 'the caller was closed')
  })

  it('ends who sends a message that is larger than any of ours', async () => {
    const webSocket = await caller()
    const gone = goneFrom(listener)
    webSocket.send(Buffer.alloc(100_000))
    assert.match((await gone).message, /the connection with .* broke/)
  })

  it('answers a PING, as proxies send them', async () => {
    const webSocket = await caller()
    const answered = once(webSocket, 'pong')
    webSocket.ping('there?')
    assert.equal(String((await answered)[0]), 'there?')
  })

  async function caller(): Promise<WebSocket> {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/link`)
    webSocket.on('error', () => {})
    await once(webSocket, 'open')
    return webSocket
  }
})

for (const kind of KINDS.filter((one) => one.startsWith('WebSocket'))) {
  describe(`${kind} through an HTTP proxy`, () => {
    const open: StreamCarrier[] = []
    let proxy: Proxy

    beforeEach(async () => {
      proxy = await openProxy()
    })
    afterEach(async () => {
      for (const carrier of open.splice(0).reverse()) await carrier.close()
      proxy.server.close()
    })

    it('moves datagrams, and has the proxy look the name up', async () => {
      const listener = await openListener(kind)
      const { port } = listener.addresses[0]!
      const dialler = await openDialler(kind, port, proxy.url)
      open.push(listener, dialler)
      const path = await dialler.connect({ host: 'consumer.test', port })
      assert.deepEqual(proxy.asked, [`consumer.test:${port}`])
      const arrivals = arrivalsAt(listener, 1)
      dialler.send(batchOf(path, [pattern(2_000, 1)]))
      const [{ bytes, from }] = (await arrivals) as [Awaited<typeof arrivals>[0]]
      assert.deepEqual(bytes, pattern(2_000, 1))
      assert.deepEqual(dialler.channelOf(path), {
        ...dialler.channelOf(path),
        binding: listener.channelOf(from).binding,
      })
      assert.deepEqual([dialler.describe(path), dialler.addressOf(path)], [`consumer.test:${port}`, null])
    })

    it('says what the proxy answered if it refuses', async () => {
      for (const [status, hint] of [
        [407, /the answer was HTTP 407; the proxy wants a user name and password/],
        [403, /the answer was HTTP 403; a proxy between forbids it/],
      ] as const) {
        proxy.answer = status
        const dialler = await openDialler(kind, 9, proxy.url)
        open.push(dialler)
        await assert.rejects(dialler.connect({ host: '127.0.0.1', port: 9 }), hint)
      }
    })

    it('shows the proxy who asks, if its URL says so, and tells nobody else', async () => {
      proxy.answer = 407
      const dialler = await openDialler(kind, 9, proxy.url.replace('//', '//user:secret@'))
      open.push(dialler)
      await assert.rejects(
        dialler.connect({ host: '127.0.0.1', port: 9 }),
        (error: Error) => !/secret/.test(error.message),
      )
      assert.equal(proxy.authorization, `Basic ${Buffer.from('user:secret').toString('base64')}`)
    })

    it('names the proxy if that is not there', async () => {
      proxy.server.close()
      const dialler = await openDialler(kind, 9, proxy.url)
      open.push(dialler)
      const words = /no connection to consumer\.test:9 through 127\.0\.0\.1:\d+: nobody listens there/
      await assert.rejects(dialler.connect({ host: '127.0.0.1', port: 9 }), words)
    })
  })
}

describe('a WebSocket dialler', () => {
  it('verifies the name in its URL where no other is given', async function () {
    if (certificates === null) this.skip()
    const listener = await openListener('WebSocket over TLS')
    const { port } = listener.addresses[0]!
    const target = { host: '127.0.0.1', port }
    for (const [host, isRight] of [
      ['consumer.test', true],
      ['other.test', false],
    ] as const) {
      const tls = { ...dialTls(), servername: host }
      const dialler = await openWebSocketCarrier({
        role: 'dialler',
        url: `wss://${host}:${port}/edgerq`,
        tls,
        proxy: null,
      })
      if (isRight) await dialler.connect(target)
      else await assert.rejects(dialler.connect(target), /certificate is for another name/)
      await dialler.close()
    }
    const unknown = { role: 'dialler', url: `wss://consumer.test:${port}/edgerq`, tls: null, proxy: null } as const
    const dialler = await openWebSocketCarrier(unknown)
    await assert.rejects(dialler.connect(target), /authority that this side does not trust/)
    await dialler.close()
    await listener.close()
  })
})

function goneFrom(carrier: StreamCarrier): Promise<CarrierError> {
  return new Promise((resolve) => {
    carrier.onPathGone = (_, cause) => resolve(cause as CarrierError)
  })
}

interface Proxy {
  readonly server: http.Server
  readonly url: string
  readonly asked: string[]
  authorization: string | undefined
  answer: number
}

/** Passes every CONNECT on to this machine, whatever the name: that is how it looks names up. */
async function openProxy(): Promise<Proxy> {
  const server = http.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
  const proxy: Proxy = { server, url, asked: [], authorization: undefined, answer: 200 }
  server.on('connect', (request: http.IncomingMessage, client: net.Socket) => {
    proxy.asked.push(request.url ?? '')
    proxy.authorization = request.headers['proxy-authorization']
    if (proxy.answer !== 200) {
      client.end(`HTTP/1.1 ${proxy.answer} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const far = net.connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(far).pipe(client)
    })
    client.on('error', () => far.destroy())
    far.on('error', () => client.destroy())
  })
  return proxy
}

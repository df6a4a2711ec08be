// The load generator against servers that do right and servers that do not: each failure is counted, under the name of what happened.

import assert from 'node:assert/strict'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { contentAt } from '../../../stresstest/content.ts'
import { Client } from '../../../stresstest/load/client.ts'
import { systemClock } from '../../../stresstest/load/clock.ts'
import { readCommandLine } from '../../../stresstest/load/command-line.ts'
import { type LoadResult, resultOf } from '../../../stresstest/load/result.ts'
import { LoadRun } from '../../../stresstest/load/run.ts'
import { type Peer, startPeer } from '../../../stresstest/peer.ts'
import { startWebServer } from '../../../stresstest/web-server.ts'

const BYTES = 5000

describe('the load generator at the sample web server', () => {
  let web: Peer
  before(async () => {
    web = await startWebServer()
  })
  after(() => web.close())

  const RIGHT: readonly (readonly string[])[] = [
    ['/'],
    ['/', '--method', 'HEAD'],
    ['/bytes/0'],
    ['/bytes/1'],
    ['/bytes/300000'],
    ['/bytes/300000', '--method', 'HEAD'],
    ['/bytes/300000?framing=chunked'],
    ['/bytes/300000?framing=close'],
    ['/hash', '--method', 'POST'],
    ['/hash', '--body-bytes', '0'],
    ['/hash', '--body-bytes', '0', '--chunked'],
    ['/hash', '--body-bytes', '300000'],
    ['/hash', '--body-bytes', '300000', '--chunked', '--method', 'PUT'],
    ['/echo', '--body-bytes', '300000'],
    ['/echo', '--body-bytes', '300000', '--chunked'],
    ['/echo'],
    ['/status/204'],
    ['/status/304'],
    ['/trailers'],
    ['/early-hints'],
  ]
  for (const [path, ...args] of RIGHT) {
    it(`finds all answers right: ${[path, ...args].join(' ')}`, async () => {
      const { requests, errors } = await load(`http://127.0.0.1:${web.port}${path}`, '--requests', '20', ...args)
      assert.deepEqual(errors, {})
      assert.equal(requests.right, 20)
    })
  }

  it('opens no more connections than asked and keeps them', async () => {
    const result = await load(`http://127.0.0.1:${web.port}/bytes/100`, '--requests', '50', '--connections', '4')
    assert.equal(result.opened, 4)
  })

  it('opens one for each request without keep-alive', async () => {
    const { requests, opened } = await load(
      `http://127.0.0.1:${web.port}/bytes/100`,
      '--requests',
      '20',
      '--no-keep-alive',
    )
    assert.deepEqual([requests.right, opened], [20, 20])
  })

  it('counts what it sent and received', async () => {
    const { sentBytes, receivedBytes } = await load(
      `http://127.0.0.1:${web.port}/echo`,
      '--requests',
      '3',
      '--body-bytes',
      '1000',
    )
    assert.deepEqual([sentBytes, receivedBytes], [3000, 3000])
  })

  it('gives each request an id of its own, and the same ones again for the same seed', async () => {
    const url = `http://127.0.0.1:${web.port}/count?id={id}`
    const count = async (): Promise<{ ids: number; requests: number }> =>
      (await fetch(`http://127.0.0.1:${web.port}/count`)).json() as Promise<{ ids: number; requests: number }>
    await load(url, '--requests', '30', '--method', 'POST', '--seed', '7')
    const { ids, requests } = await count()
    assert.deepEqual([ids, requests], [30, 30])
    await load(url, '--requests', '30', '--method', 'POST', '--seed', '7')
    const again = await count()
    assert.deepEqual([again.ids, again.requests], [30, 60])
  })

  it('counts a refused path under its status', async () => {
    const { errors } = await load(`http://127.0.0.1:${web.port}/status/418`, '--requests', '3')
    assert.deepEqual(errors, { 'status 418': 3 })
  })
})

describe('the load generator at a server that misbehaves', () => {
  let peer: Peer | null = null
  afterEach(() => peer?.close())

  const loadHttp = async (listener: RequestListener, path: string, ...args: readonly string[]): Promise<LoadResult> => {
    peer = await startPeer(createHttpServer(listener), {})
    return load(`http://127.0.0.1:${peer.port}${path}`, ...args)
  }
  /** `act` is called with each connection once its first bytes are here. */
  const loadRaw = async (act: (socket: Socket) => void, ...args: readonly string[]): Promise<LoadResult> => {
    peer = await startPeer(
      createServer((socket) => socket.once('data', () => act(socket))),
      {},
    )
    return load(`http://127.0.0.1:${peer.port}/bytes/${BYTES}`, ...args)
  }
  const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${BYTES}\r\n\r\n`

  for (const at of [0, 2500, BYTES - 1]) {
    it(`notices a wrong byte at ${at}`, async () => {
      const body = contentAt(0, BYTES)
      body[at]! ^= 1
      const { errors } = await loadHttp((_, response) => response.end(body), `/bytes/${BYTES}`, '--requests', '2')
      assert.deepEqual(errors, { 'body wrong': 2 })
    })
  }

  for (const [bytes, failure] of [
    [BYTES - 1, 'body short'],
    [BYTES + 1, 'body wrong'],
  ] as const) {
    it(`counts a body of ${bytes} bytes instead of ${BYTES}, whose framing is in order, as ${failure}`, async () => {
      const listener: RequestListener = (_, response) => response.end(contentAt(0, bytes))
      const { errors } = await loadHttp(listener, `/bytes/${BYTES}`, '--requests', '1')
      assert.deepEqual(errors, { [failure]: 1 })
    })
  }

  it('counts an announced body that is cut as short, also when it is told to check only the framing', async () => {
    const cut = (socket: Socket): void => void socket.end(`${HEAD}not all`)
    const { errors } = await loadRaw(cut, '--requests', '2', '--no-verify')
    assert.deepEqual(errors, { 'body short': 2 })
  })

  it('counts chunks without the last one as short', async () => {
    const cut = (socket: Socket): void =>
      void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    const { errors } = await loadRaw(cut, '--requests', '1')
    assert.deepEqual(errors, { 'body short': 1 })
  })

  it('tells a reset before the answer from a connection that is closed', async () => {
    const { errors } = await loadRaw((socket) => socket.resetAndDestroy(), '--requests', '2')
    assert.deepEqual(errors, { reset: 2 })
    await peer?.close()
    const closed = await loadRaw((socket) => socket.end(), '--requests', '2')
    assert.deepEqual(closed.errors, { 'hung up': 2 })
  })

  it('tells a reset within the answer from an end that came too early', async () => {
    const act = (socket: Socket): void => {
      socket.write(HEAD)
      socket.write(contentAt(0, 100), () => socket.resetAndDestroy())
    }
    const { errors } = await loadRaw(act, '--requests', '2')
    assert.deepEqual(errors, { reset: 2 })
  })

  it('gives up a request that is never answered', async () => {
    const { errors } = await loadRaw(() => {}, '--requests', '2', '--timeout', '0.05')
    assert.deepEqual(errors, { 'timed out': 2 })
  })

  it('gives up an answer that does not come to its end', async () => {
    const begin = (socket: Socket): void => void socket.write(`${HEAD}begun`)
    const { errors } = await loadRaw(begin, '--requests', '2', '--timeout', '0.05')
    assert.deepEqual(errors, { 'timed out': 2 })
  })

  it('counts an answer of the tunnel under its status and code', async () => {
    const listener: RequestListener = (_, response) =>
      response.writeHead(503, { 'X-Edgerq-Error': 'EDGERQ-NO-PROVIDER' }).end('no')
    const { errors, statuses } = await loadHttp(listener, `/bytes/${BYTES}`, '--requests', '3')
    assert.deepEqual(errors, { 'status 503 EDGERQ-NO-PROVIDER': 3 })
    assert.deepEqual(statuses, { 503: 3 })
  })

  it('wants a 200 where it knows the body, and takes every success elsewhere', async () => {
    const listener: RequestListener = (_, response) => response.writeHead(302, { location: '/' }).end()
    const { errors } = await loadHttp(listener, '/bytes/0', '--requests', '1')
    assert.deepEqual(errors, { 'status 302': 1 })
    const elsewhere = await load(`http://127.0.0.1:${peer!.port}/page`, '--requests', '1')
    assert.deepEqual(elsewhere.errors, {})
  })

  it('does not let a server invent names for its failures', async () => {
    const listener: RequestListener = (request, response) =>
      response.writeHead(500, { 'X-Edgerq-Error': `EDGERQ-${request.url}` }).end()
    const { errors } = await loadHttp(listener, '/{id}', '--requests', '3')
    assert.deepEqual(errors, { 'status 500': 3 })
  })

  it('does not go on with a body that was turned down', async () => {
    const listener: RequestListener = (_, response) => response.writeHead(413, { connection: 'close' }).end('too much')
    const result = await loadHttp(listener, '/hash', '--requests', '1', '--body-bytes', '1000000000', '--timeout', '20')
    assert.equal(result.requests.failed, 1)
    assert.ok(result.sentBytes < 1_000_000_000)
  })

  it('counts what is not HTTP as that', async () => {
    const { errors } = await loadRaw((socket) => socket.end('220 mail.invalid ESMTP\r\n'), '--requests', '1')
    assert.deepEqual(errors, { 'not HTTP': 1 })
  })

  it('counts a port on which nobody listens as refused', async () => {
    peer = await startPeer(createServer(), {})
    const { port } = peer
    await peer.close()
    peer = null
    const { errors } = await load(`http://127.0.0.1:${port}/`, '--requests', '3')
    assert.deepEqual(errors, { refused: 3 })
  })

  it('notices uploads that were exchanged, though each of them arrived whole', async () => {
    const bodies: Buffer[] = []
    const listener: RequestListener = (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks))
        response.end(bodies[0]) // everybody is sent the first one's body
      })
    }
    const { errors, requests } = await loadHttp(listener, '/echo', '--requests', '10', '--body-bytes', '500')
    assert.equal(requests.right, 1)
    assert.deepEqual(errors, { 'body wrong': 9 })
  })

  for (const body of [
    'no JSON',
    '{"bytes": 500}',
    '{"bytes": 500, "sha256": "00"}',
    'null',
    `{"bytes":500${' '.repeat(5000)}}`,
  ]) {
    it(`does not take ${body.slice(0, 40).trim()} for a digest`, async () => {
      const { errors } = await loadHttp(
        (_, response) => response.end(body),
        '/hash',
        '--requests',
        '1',
        '--body-bytes',
        '500',
      )
      assert.deepEqual(errors, { 'body wrong': 1 })
    })
  }

  it('holds the answers of any other URL against the first one, unless told not to', async () => {
    let visits = 0
    const listener: RequestListener = (_, response) => response.end(`visit ${++visits}`)
    const { requests, errors } = await loadHttp(listener, '/page', '--requests', '5')
    assert.deepEqual([requests.right, errors], [1, { 'body wrong': 4 }])
    const lenient = await load(`http://127.0.0.1:${peer!.port}/page`, '--requests', '5', '--no-verify')
    assert.deepEqual([lenient.requests.right, lenient.errors], [5, {}])
  })
})

describe('what the load generator sends', () => {
  it('is what the command line says, and no field twice', async () => {
    const heads: string[][] = []
    const listener: RequestListener = (request, response) => {
      heads.push([request.method ?? '', request.url ?? '', ...request.rawHeaders])
      request.resume().on('end', () => response.end())
    }
    const peer = await startPeer(createHttpServer(listener), {})
    const authority = `127.0.0.1:${peer.port}`
    const url = `http://${authority}/a?b=c`
    const fields = ['--header', 'X-One: 1', '--header', 'x-one:  2 ', '--header', 'Host: other.invalid']
    await load(url, '--requests', '1', '--method', 'patch', '--body-bytes', '5', ...fields)
    await load(url, '--requests', '1', '--body-bytes', '5', '--chunked', '--no-keep-alive')
    await load(url, '--requests', '1', '--method', 'DELETE')
    await peer.close()
    const keptAlive = ['Connection', 'keep-alive']
    assert.deepEqual(heads, [
      ['PATCH', '/a?b=c', 'X-One', '1', 'x-one', '2', 'Host', 'other.invalid', 'Content-Length', '5', ...keptAlive],
      ['POST', '/a?b=c', 'Host', authority, 'Connection', 'close', 'Transfer-Encoding', 'chunked'],
      ['DELETE', '/a?b=c', 'Host', authority, ...keptAlive],
    ])
  })
})

/** One run, as the command line asks for it. */
async function load(...args: readonly string[]): Promise<LoadResult> {
  const { plan } = readCommandLine(args)
  const client = new Client(plan)
  const run = new LoadRun(plan, (number, settled) => client.send(number, settled), systemClock)
  await run.run()
  client.close()
  return resultOf(plan, run, client.opened)
}

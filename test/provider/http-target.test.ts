// Requests to real targets: what stands on the wire, which connection they take, and what becomes of them when it fails.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type ClientRequest, createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from '../../src/config/read.ts'
import { HttpTarget, mayReuse } from '../../src/provider/http-target.ts'
import { TargetConnector } from '../../src/provider/target-connector.ts'
import { failureOf } from '../../src/provider/target-failure.ts'
import { until } from '../runtime/until.ts'
import { GET } from './played-consumer.ts'
import { answerTo, errorOf, Listening, sent, serviceAt, tcp } from './targets.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** POST, PUT, PATCH … as a forwarder sends them. */
const POST = { method: 'POST', fields: ['Host', 'a', 'Content-Length', '4'], isReusable: false } as const

describe('a request to an http target', () => {
  let server: Listening
  let target: HttpTarget
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgerq-target-'))
  })
  afterEach(() => {
    target?.close()
    server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function targetAt(where: Target): HttpTarget {
    target = new HttpTarget(new TargetConnector(serviceAt(where), null))
    return target
  }

  /** A web server on 127.0.0.1 and what asks it. */
  async function webServer(listener: RequestListener): Promise<HttpTarget> {
    server = await Listening.on(createHttpServer(listener))
    return targetAt(tcp(server.port))
  }

  /** A server that is given each piece of a connection as it comes. */
  async function rawServer(onBytes: (socket: Socket, bytes: Buffer) => void): Promise<HttpTarget> {
    server = await Listening.on(createServer((socket) => socket.on('data', (bytes) => onBytes(socket, bytes))))
    return targetAt(tcp(server.port))
  }

  describe('on its way', () => {
    it('reaches IPv4 addresses, and names of which only one address is listened on', async () => {
      await webServer((_request, response) => response.end('v4'))
      assert.equal((await answerTo(sent(target))).body, 'v4')
      assert.equal((await answerTo(sent(targetAt(tcp(server.port, 'localhost'))))).body, 'v4')
    })

    it('reaches IPv6 addresses', async function () {
      if (
        !Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
      ) {
        console.warn('      SKIPPED: this machine has no ::1, nothing has reached a target by IPv6')
        this.skip()
      }
      server = await Listening.on(
        createHttpServer((_request, response) => response.end('v6')),
        { host: '::1' },
      )
      assert.equal((await answerTo(sent(targetAt(tcp(server.port, '::1'))))).body, 'v6')
    })

    it('reaches Unix sockets', async () => {
      const path = join(folder, 'app.sock')
      server = await Listening.on(
        createHttpServer((_request, response) => response.end('unix')),
        { path },
      )
      assert.equal((await answerTo(sent(targetAt({ kind: 'unix', path })))).body, 'unix')
      await answerTo(sent(target))
      assert.equal(server.sockets.length, 1)
    })
  })

  describe('on the wire', () => {
    const wires: readonly (readonly [what: string, wish: Parameters<typeof sent>[1], wire: string])[] = [
      [
        'keeps order, spelling and number of its fields, and their bytes',
        { path: '/%E9?a=//', fields: ['HOST', 'a:1', 'X-One', '1', 'b', 'caf\xe9', 'x-one', '2', 'X-One', ''] },
        'GET /%E9?a=// HTTP/1.1\r\nHOST: a:1\r\nX-One: 1\r\nb: caf\xe9\r\nx-one: 2\r\nX-One: \r\nConnection: keep-alive\r\n\r\n',
      ],
      [
        'says that its connection is not used again',
        { method: 'DELETE', isReusable: false },
        'DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      ],
      [
        'has a length of 0 where Node would begin a chunked body',
        { method: 'PATCH', isReusable: false },
        'PATCH / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      ],
      [
        'has the Connection and the framing that it is given',
        { ...POST, fields: ['Host', 'a', 'connection', 'Upgrade', 'transfer-encoding', 'chunked'] },
        'POST / HTTP/1.1\r\nHost: a\r\nconnection: Upgrade\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      [
        'is not given a Host that its client did not name',
        { fields: [] },
        'GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n',
      ],
    ]
    for (const [what, wish, wire] of wires) {
      it(what, async () => {
        let seen = ''
        await rawServer((socket, bytes) => {
          seen += bytes.toString('latin1')
          if (seen.length >= wire.length) socket.write(OK)
        })
        await answerTo(sent(target, wish))
        assert.equal(seen, wire)
      })
    }

    it('shows its head to a target that is to say 100 before the body comes', async () => {
      await webServer((request, response) => request.pipe(response))
      const fields = ['Host', 'a', 'Expect', '100-continue', 'Content-Length', '4']
      const request = target.open({ ...POST, path: '/', fields, connectWithinMs: 5_000 })
      await once(request, 'continue')
      request.end('body')
      assert.equal((await answerTo(request)).body, 'body')
    })

    it('gets every field of an answer with thousands of them, and no head of more than 64 KiB', async () => {
      let fields = 5_000
      await rawServer((socket) => socket.end(`HTTP/1.1 200 OK\r\n${'Name: value\r\n'.repeat(fields)}\r\n`))
      assert.equal((await answerTo(sent(target))).fields.length, 2 * fields)
      fields = 8_000
      assert.equal((await errorOf(sent(target))).code, 'HPE_HEADER_OVERFLOW')
    })
  })

  describe('and its connection', () => {
    it('takes the one that the last such request left, and for anything else a fresh one', async () => {
      // Without a length Node does not take the connection of an answer to HEAD back.
      const length = { 'Content-Length': 4 }
      await webServer((request, response) =>
        request.resume().on('end', () => response.writeHead(200, length).end('body')),
      )
      await answerTo(sent(target))
      await answerTo(sent(target, { method: 'HEAD' }))
      assert.equal(server.sockets.length, 1)
      const post = target.open({ ...POST, path: '/', connectWithinMs: 5_000 })
      assert.equal((await answerTo(post.end('body'))).body, 'body')
      await until(() => server.sockets[1]!.closed, 'nothing comes back after a body')
      const again = sent(target)
      await answerTo(again)
      assert.deepEqual([server.sockets.length, again.reusedSocket], [2, true])
    })

    it('may be an idle one only if the request can be sent again: it has no body and changes nothing', () => {
      const methods = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'POST', 'PATCH', 'PUT', 'DELETE', 'get', 'M-SEARCH']
      assert.deepEqual(
        methods.filter((method) => mayReuse({ ...GET, method })),
        ['GET', 'HEAD', 'OPTIONS', 'TRACE'],
      )
      assert.equal(mayReuse({ ...GET, body: { kind: 'chunked' } }), false)
      assert.equal(mayReuse({ ...GET, body: { kind: 'length', bytes: 1 } }), false)
      assert.equal(mayReuse({ ...GET, upgrade: 'echo' }), false)
    })

    it('is its own if its client proves who it is to the connection: the next client would pass for it', () => {
      const may = (credentials: string) => mayReuse({ ...GET, fields: ['Host', 'a', 'authorization', credentials] })
      assert.deepEqual(['NTLM TlRM', 'Negotiate YII=', 'negotiate'].filter(may), [])
      assert.deepEqual(['Basic bnRsbQ==', 'Bearer negotiate', ''].filter(may).length, 3)
    })

    it('is not used again after an answer that came before the body was read', async () => {
      await rawServer((socket) => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'))
      const fields = ['Host', 'a', 'Content-Length', '1000000000']
      const post = target.open({ ...POST, path: '/', fields, connectWithinMs: 5_000 })
      post.write(Buffer.alloc(1_000))
      const answered = answerTo(post)
      assert.equal((await answered).status, 413)
      await until(() => server.sockets[0]!.closed, 'it is closed')
    })

    it('is not used again when the target says so, or closes after its answer', async () => {
      await webServer((_request, response) => response.setHeader('Connection', 'close').end())
      await answerTo(sent(target))
      assert.equal((await answerTo(sent(target))).status, 200)
      assert.equal(server.sockets.length, 2)
    })

    it('is handed over with what followed a 101, and gets no further request', async () => {
      await rawServer((socket, bytes) => {
        const isUpgrade = bytes.includes('Upgrade: echo')
        socket.write(isUpgrade ? 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst' : OK)
      })
      await answerTo(sent(target))
      const request = sent(target, { fields: ['Host', 'a', 'Connection', 'Upgrade', 'Upgrade', 'echo'] })
      const [, socket, head] = (await once(request, 'upgrade')) as [unknown, Socket, Buffer]
      assert.equal(head.toString(), 'first')
      await answerTo(sent(target))
      assert.equal(server.sockets.length, 2)
      socket.destroy()
    })

    it('is closed by `close` if it is idle, and after its answer if it is not', async () => {
      let answer = () => {}
      await webServer((request, response) => {
        if (request.url === '/late') answer = () => response.end('late')
        else response.end()
      })
      const late = answerTo(sent(target, { path: '/late' }))
      await answerTo(sent(target))
      await until(() => server.sockets.length === 2, 'both are open')
      target.close()
      await until(() => server.sockets.some((socket) => socket.closed), 'the idle one is closed')
      answer()
      assert.equal((await late).body, 'late')
      await until(() => server.sockets.every((socket) => socket.closed), 'the other one is closed')
    })
  })

  describe('that takes an idle connection just as the target ends it', () => {
    const endings: Readonly<Record<string, (socket: Socket) => void>> = {
      closes: (socket) => socket.end(),
      resets: (socket) => socket.resetAndDestroy(),
    }
    for (const [how, end] of Object.entries(endings)) {
      it(`can be sent again: the target ${how}`, async () => {
        const seen = new Set<Socket>()
        await rawServer((socket) => {
          if (seen.has(socket)) end(socket)
          else socket.write(OK)
          seen.add(socket)
        })
        await answerTo(sent(target))
        const request = sent(target)
        const error = await errorOf(request)
        assert.deepEqual([failureOf(error), target.wasStale(request, error)], ['reset', true])
        assert.equal((await answerTo(sent(target))).body, 'ok')
        assert.equal(server.sockets.length, 2)
      })
    }

    it('cannot be sent again once a byte of an answer came', async () => {
      const seen = new Set<Socket>()
      await rawServer((socket) => {
        if (seen.has(socket)) socket.end('HTTP/1.1 2')
        else socket.write(OK)
        seen.add(socket)
      })
      await answerTo(sent(target))
      const request = sent(target)
      const error = await errorOf(request)
      assert.deepEqual([request.reusedSocket, target.wasStale(request, error)], [true, false])
    })

    it('is told from one that fails on a fresh connection', async () => {
      await rawServer((socket) => socket.resetAndDestroy())
      const request = sent(target)
      const error = await errorOf(request)
      assert.deepEqual([failureOf(error), target.wasStale(request, error)], ['reset', false])
    })
  })

  describe('whose target answers and is gone before it has the body', () => {
    const EARLY = 'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig'
    const fields = ['Host', 'a', 'Transfer-Encoding', 'chunked']

    /** The next write comes before anything of the answer can be read, and after the reset. */
    async function writtenIntoReset(answer: string): Promise<ClientRequest> {
      const request = target.open({ ...POST, path: '/', fields, connectWithinMs: 5_000 })
      request.write('what it has')
      await until(() => (server.sockets[0]?.bytesRead ?? 0) > 0, 'the target has the head')
      const socket = server.sockets[0]!
      socket.write(answer)
      // A Unix socket knows no reset: the write fails there because nobody is left to read it.
      if (socket.remoteAddress === undefined) socket.destroy()
      else socket.resetAndDestroy()
      request.end('what it will never have')
      return request
    }

    for (const kind of ['a TCP', 'a Unix'] as const) {
      it(`gets that answer from ${kind} socket: it used to be lost with the connection`, async () => {
        const path = join(folder, 'app.sock')
        const where = kind === 'a TCP' ? {} : { path }
        server = await Listening.on(
          createServer((socket) => void socket.resume()),
          where,
        )
        targetAt(kind === 'a TCP' ? tcp(server.port) : { kind: 'unix', path })
        const { status, body } = await answerTo(await writtenIntoReset(EARLY))
        assert.deepEqual([status, body], [413, 'big'])
      })
    }

    it('fails if the answer is not whole', async () => {
      await rawServer(() => {})
      assert.equal(failureOf(await errorOf(await writtenIntoReset(EARLY.slice(0, -1)))), 'reset')
      server.close()
      await rawServer(() => {})
      assert.equal(failureOf(await errorOf(await writtenIntoReset(''))), 'reset')
    })
  })

  describe('that fails', () => {
    const failure = async () => failureOf(await errorOf(sent(target)))

    it('says that nobody listens', async () => {
      server = await Listening.on(createServer())
      const { port } = server
      server.close()
      targetAt(tcp(port))
      assert.equal(await failure(), 'refused')
      targetAt(tcp(port, 'localhost'))
      assert.equal(await failure(), 'refused')
    })

    it('says that there is no such host or socket', async () => {
      targetAt(tcp(80, 'no-such-host.invalid'))
      assert.equal(await failure(), 'unreachable')
      targetAt({ kind: 'unix', path: join(folder, 'no.sock') })
      assert.equal(await failure(), 'unreachable')
    })

    it('says that the answer is none', async () => {
      await rawServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
      assert.equal(await failure(), 'badAnswer')
    })

    it('says that the connection ended without an answer', async () => {
      await rawServer((socket) => socket.end())
      assert.equal(await failure(), 'reset')
    })
  })
})

// What HTTP has beside plain bodies comes through as well, over one hop and over two: trailers, interim answers, answers without a body,
// early refusals, old versions and offers of new ones, and connections that are used again.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { truncateSync, writeFileSync } from 'node:fs'
import { Agent, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { contentAt, contentSha256 } from '../../stresstest/content.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { open, readContent, textOf } from './clients.ts'
import { type DrivenServer, startDrivenServer } from './driven-server.ts'
import { type Stage, useSharedStage } from './harness.ts'
import { ask, curl, prepare, readAnswer, readHead, valuesOf } from './http-clients.ts'
import { HOPS, layHops, wayOf } from './http-routes.ts'

const MIB = 1024 * 1024

for (const hops of HOPS) {
  describe(`http messages ${wayOf(hops)}`, () => {
    let file: string
    let port = 0

    useSharedStage(async (stage) => {
      const web = await stage.peer(startWebServer())
      port = (await layHops(hops, stage, web.port)).port
      file = contentFile(stage)
    })

    it('trailers of a request arrive behind its body', async () => {
      const headers = { 'transfer-encoding': 'chunked', trailer: 'X-Sum, X-Count' }
      const asked = prepare(port, { method: 'POST', path: '/inspect', headers })
      const answered = once(asked, 'response') as Promise<[IncomingMessage]>
      asked.write(contentAt(0, 100_000))
      asked.addTrailers([
        ['X-Sum', 'abc'],
        ['X-Count', '2'],
      ])
      asked.end()
      const seen = JSON.parse(await textOf((await answered)[0]))
      assert.deepEqual(seen.trailers, ['X-Sum', 'abc', 'X-Count', '2'])
      assert.deepEqual(valuesOf(seen.rawHeaders, 'trailer'), ['X-Sum, X-Count'])
      assert.equal(seen.bodySha256, contentSha256(100_000))
    })

    it('trailers of an answer arrive behind its body', async () => {
      const answer = await ask(port, { path: '/trailers?bytes=100000' })
      assert.equal(answer.headers.trailer, 'X-Sample-Bytes, X-Sample-Sha256')
      await readContent(answer, 100_000)
      assert.deepEqual(answer.rawTrailers, ['X-Sample-Bytes', '100000', 'X-Sample-Sha256', contentSha256(100_000)])
    })

    it('a 103 arrives before its 200, with its fields', async () => {
      const socket = await open(port)
      socket.write('GET /early-hints HTTP/1.1\r\nHost: a\r\n\r\n')
      const interim = await readHead(socket)
      assert.match(interim, /^HTTP\/1\.1 103 Early Hints\r\n/)
      assert.match(interim, /^link: <\/style\.css>; rel=preload; as=style$/im)
      assert.match(interim, /^x-sample: early$/im)
      assert.match((await readAnswer(socket)).head, /^HTTP\/1\.1 200 OK\r\n/)
      socket.destroy()
    })

    it('two cookies arrive in two fields', async () => {
      const { rawHeaders } = await ask(port, { path: '/cookies' })
      const cookies = ['first=1; Path=/; HttpOnly', 'second="a, b"; Expires=Thu, 01 Jan 2032 00:00:00 GMT']
      assert.deepEqual(valuesOf(rawHeaders, 'set-cookie'), cookies)
    })

    it('answers without a body do not shift those behind them on the same connection', async () => {
      const socket = await open(port)
      const visit = (method: string, path: string) => {
        socket.write(`${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
        return readAnswer(socket, method)
      }
      assert.match((await visit('HEAD', '/bytes/5000')).head, /^HTTP\/1\.1 200 .*^content-length: 5000$/ims)
      assert.match((await visit('HEAD', '/bytes/5000?framing=chunked')).head, /^HTTP\/1\.1 200 /)
      assert.doesNotMatch((await visit('GET', '/status/204')).head, /^(content-length|transfer-encoding):/im)
      assert.match((await visit('GET', '/status/304')).head, /^HTTP\/1\.1 304 .*^etag: "sample"$/ims)
      assert.match((await visit('HEAD', '/status/404')).head, /^HTTP\/1\.1 404 /)
      assert.deepEqual((await visit('GET', '/bytes/5000')).body, contentAt(0, 5000))
      assert.deepEqual((await visit('GET', '/bytes/9?framing=chunked')).body, contentAt(0, 9))
      socket.destroy()
    })

    for (const status of [201, 205, 301, 401, 404, 418, 500, 503]) {
      it(`a ${status} of the target is the answer, and not one of the tunnel's`, async () => {
        const answer = await ask(port, { path: `/status/${status}` })
        assert.equal(answer.statusCode, status)
        assert.equal(answer.headers['x-edgerq-error'], undefined)
        assert.match(await textOf(answer), status === 205 ? /^$/ : new RegExp(`^${status} `))
      })
    }

    it('curl waits for the 100 of the target and then sends 1 MiB', async () => {
      const sent = await curl('-v', '--expect100-timeout', '60', '-T', file, `http://127.0.0.1:${port}/hash`)
      assert.equal(sent.code, 0, sent.stderr)
      assert.match(sent.stderr, /^> Expect: 100-continue\r?$/m)
      assert.equal(sent.stderr.match(/^< HTTP\/1\.1 100 Continue/gm)?.length, 1, sent.stderr)
      // The connection is as good as any other: nothing of the body was left unread.
      assert.match(sent.stderr, /^< Connection: keep-alive/im)
      assert.deepEqual(JSON.parse(sent.stdout), { sha256: contentSha256(MIB), bytes: MIB })
    })

    it('curl that offers HTTP/2 is answered in HTTP/1.1, uploads too, and keeps its connection', async () => {
      const url = `http://127.0.0.1:${port}`
      const offering = ['-v', '--http2', '-w', '%{num_connects}\n']
      const upload = [...offering, '-T', file, `${url}/hash`]
      const outcome = await curl(...upload, '--next', ...offering, `${url}/inspect`)
      assert.equal(outcome.code, 0, outcome.stderr)
      assert.match(outcome.stderr, /^> Upgrade: h2c/m)
      const [digest, connects, inspection, connectsAgain] = outcome.stdout.trim().split('\n')
      assert.deepEqual(JSON.parse(digest!), { sha256: contentSha256(MIB), bytes: MIB })
      assert.deepEqual([connects, connectsAgain], ['1', '0'])
      assert.doesNotMatch(inspection!, /"(upgrade|http2-settings)"/i)
    })

    it('a client of HTTP/1.0 gets no chunks, no trailers and nothing interim', async () => {
      for (const path of ['/bytes/5000?framing=chunked', '/bytes/5000?framing=close', '/trailers?bytes=5000']) {
        const socket = await open(port)
        // Some ask for chunks all the same, and are not to have them (RFC 9112 §6.1).
        socket.write(`GET ${path} HTTP/1.0\r\nTE: chunked\r\n\r\n`)
        assert.doesNotMatch(await readHead(socket), /^(transfer-encoding|trailer|x-sample-bytes):/im)
        await readContent(socket, 5000)
        socket.destroy()
      }
      const socket = await open(port)
      socket.write('GET /early-hints HTTP/1.0\r\n\r\n')
      assert.match(await readHead(socket), /^HTTP\/1\.1 200 OK\r\n/)
      socket.destroy()
    })

    it('a client of HTTP/1.0 may keep its connection', async () => {
      const kept = await open(port)
      for (const bytes of [5000, 3]) {
        kept.write(`GET /bytes/${bytes} HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n`)
        const answer = await readAnswer(kept)
        assert.match(answer.head, /^connection: keep-alive$/im)
        assert.deepEqual(answer.body, contentAt(0, bytes))
      }
      kept.destroy()
    })

    it('curl in HTTP/1.0 sends and receives', async () => {
      const sent = await curl('--http1.0', '--data-binary', `@${file}`, `http://127.0.0.1:${port}/hash`)
      assert.deepEqual(JSON.parse(sent.stdout), { sha256: contentSha256(MIB), bytes: MIB })
    })

    it('a client keeps its connection from request to request', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const sockets = new Set<Socket>()
      for (const path of ['/bytes/70000', '/bytes/10?framing=chunked', '/bytes/10?framing=close', '/status/404']) {
        const answer = await ask(port, { path, agent })
        sockets.add(answer.socket)
        await textOf(answer)
      }
      agent.destroy()
      assert.equal(sockets.size, 1)
    })
  })

  describe(`http targets ${wayOf(hops)}`, () => {
    let target: DrivenServer
    let folder: string
    let port = 0

    useSharedStage(async (stage) => {
      folder = stage.folder
      target = await stage.peer(startDrivenServer())
      port = (await layHops(hops, stage, target.port)).port
    })

    it('see one connection for one GET after the other', async () => {
      const sockets = new Set<Socket>()
      target.serve((request, response) => {
        sockets.add(request.socket)
        response.end('hello\n')
      })
      for (let round = 0; round < 20; round++) assert.equal(await textOf(await ask(port, {})), 'hello\n')
      assert.equal(sockets.size, 1)
    })

    for (const status of [413, 417]) {
      it(`that refuse a body with ${status} are not sent it`, async () => {
        let received = 0
        target.server.once('checkContinue', (request, response) => {
          request.on('data', (chunk: Buffer) => {
            received += chunk.length
          })
          response.writeHead(status, { 'content-length': 5 }).end('never')
        })
        const socket = await open(port)
        socket.write(`PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${MIB}\r\n\r\n`)
        const answer = await readAnswer(socket)
        assert.match(answer.head, new RegExp(`^HTTP/1\\.1 ${status} `))
        assert.equal(answer.body.toString(), 'never')
        // The client may go on without sending the body, but not on a connection where that would be taken for it.
        assert.match(answer.head, /^connection: close$/im)
        assert.equal(await textOf(socket), '')
        socket.destroy()
        assert.equal(received, 0)
      })
    }

    it('that refuse in the middle of a body are heard by a client that is still sending', async () => {
      target.serve((_, response) => {
        response.writeHead(413, { 'content-length': 5 }).end('never')
      })
      const file = join(folder, 'zeros')
      writeFileSync(file, '')
      truncateSync(file, 256 * MIB)
      const refused = await curl('-H', 'Expect:', '-w', '%{http_code}', '-T', file, `http://127.0.0.1:${port}`)
      assert.equal(refused.stdout, 'never413', refused.stderr)
    })
  })
}

/** 1 MiB of the sample content, for curl. */
function contentFile(stage: Stage): string {
  const file = join(stage.folder, 'content')
  writeFileSync(file, contentAt(0, MIB))
  return file
}

// Where a request is the beginning of a conversation: WebSocket and other upgrades, events, and requests that do not wait for each other's
// answers, over one hop and over two. `npm run test:links` runs this over every other way than UDP, too.

import assert from 'node:assert/strict'
import { on, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { contentAt, contentSha256 } from '../../stresstest/content.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { get, open, read, sha256Of, textOf } from './clients.ts'
import { askAside, type DrivenServer, startDrivenServer } from './driven-server.ts'
import { useSharedStage } from './harness.ts'
import { prepare, readAnswer, readHead } from './http-clients.ts'
import { LAYOUTS, lay } from './links.ts'

const MIB = 1024 * 1024

for (const layout of LAYOUTS) {
  describe(`upgrades ${layout.name}`, function () {
    this.slow(10_000)
    let port = 0

    useSharedStage(async (stage) => {
      const web = await stage.peer(startWebServer())
      port = (await lay(layout, stage, web.port)).httpPort
    })

    it('10,000 messages come back in their order', async () => {
      const socket = await openWebSocket(port)
      const messages = on(socket, 'message', { close: ['close'] })
      for (let sent = 0; sent < 10_000; sent++) socket.send(`message ${sent} ${'x'.repeat(sent % 300)}`)
      for (let seen = 0; seen < 10_000; seen++) {
        const { value, done } = await messages.next()
        assert.ok(!done, `closed after ${seen} messages`)
        assert.equal(String(value[0]), `message ${seen} ${'x'.repeat(seen % 300)}`)
      }
      await closeWebSocket(socket)
    })

    it('a message of 16 MiB comes back whole', async () => {
      const socket = await openWebSocket(port)
      const echoed = once(socket, 'message') as Promise<[Buffer, boolean]>
      socket.send(contentAt(0, 16 * MIB))
      const [message, isBinary] = await echoed
      assert.ok(isBinary)
      assert.ok(message.equals(contentAt(0, 16 * MIB)))
      await closeWebSocket(socket)
    })

    it('after a 101 the bytes belong to the two ends, and each half has its own end', async () => {
      const socket = await open(port)
      socket.write('GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: sample/1\r\n\r\n')
      const head = await readHead(socket)
      assert.match(head, /^HTTP\/1\.1 101 /)
      assert.match(head, /^upgrade: sample\/1$/im)
      assert.match(head, /^connection: upgrade$/im)
      socket.end(contentAt(0, 5 * MIB))
      assert.equal(await sha256Of(socket), contentSha256(5 * MIB))
    })

    it('what a client says without waiting for the 101 is not lost', async () => {
      const socket = await open(port)
      const head = 'GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: sample/1\r\n\r\n'
      socket.end(Buffer.concat([Buffer.from(head), contentAt(0, 100_000)]))
      assert.match(await readHead(socket), /^HTTP\/1\.1 101 /)
      assert.equal(await sha256Of(socket), contentSha256(100_000))
    })

    it('an upgrade that the target does not want is answered like any request', async () => {
      const socket = await open(port)
      socket.write('GET /bytes/100 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: sample/1\r\n\r\n')
      const answer = await readAnswer(socket)
      assert.match(answer.head, /^HTTP\/1\.1 404 /)
      socket.destroy()
    })
  })

  describe(`conversations ${layout.name}`, () => {
    let target: DrivenServer
    let port = 0

    useSharedStage(async (stage) => {
      target = await stage.peer(startDrivenServer())
      port = (await lay(layout, stage, target.port)).httpPort
    })

    it('the code and reason with which a WebSocket is closed reach the other end', async () => {
      for (const closing of ['client', 'target'] as const) {
        const ends = await openBothEnds()
        const closed = once(closing === 'client' ? ends.target : ends.client, 'close')
        ends[closing].close(4001, 'had enough')
        const [code, reason] = await closed
        assert.deepEqual([code, String(reason)], [4001, 'had enough'])
      }
    })

    it('a WebSocket that is cut off at one end is missed at the other', async () => {
      for (const cutOff of ['client', 'target'] as const) {
        const ends = await openBothEnds()
        const closed = once(cutOff === 'client' ? ends.target : ends.client, 'close')
        ends[cutOff].terminate()
        assert.equal((await closed)[0], 1006)
      }
    })

    it('each event is at the client before the next is sent', async () => {
      const answered = get(port, '/')
      const { response } = await target.visit()
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      const answer = await answered
      for (let event = 0; event < 100; event++) {
        const text = `id: ${event}\ndata: ${'.'.repeat(event)}\n\n`
        response.write(text)
        assert.equal((await read(answer, text.length)).toString(), text)
      }
      response.end()
      assert.equal(await textOf(answer), '')
    })

    it('the head of an answer does not wait for its body', async () => {
      for (const length of [{ 'content-length': 2 }, {}]) {
        const answered = get(port, '/')
        const { response } = await target.visit()
        response.writeHead(200, length).flushHeaders()
        const answer = await answered
        response.end('ok')
        assert.equal(await textOf(answer), 'ok')
      }
    })

    it('the head of a request does not wait for its body', async () => {
      const asked = prepare(port, { method: 'POST', headers: { 'content-length': 2 } })
      const answered = once(asked, 'response') as Promise<[IncomingMessage]>
      asked.flushHeaders()
      const { request, response } = await target.visit()
      asked.end('ok')
      response.end(await textOf(request))
      assert.equal(await textOf((await answered)[0]), 'ok')
    })

    it('20 requests in one write are carried out one after the other and answered in their order', async () => {
      // Time enough for whatever could overtake: another client is served meanwhile.
      const diary = new Diary(() => askAside(port))
      target.serve(diary.carryOut)
      const sizes = Array.from({ length: 20 }, (_, index) => [0, 1, 700_000, 4096, 70_000][index % 5]!)
      const socket = await open(port)
      socket.write(Buffer.concat(sizes.map(pipelinedRequest)))
      for (const [index, bytes] of sizes.entries()) {
        const { head, body } = await readAnswer(socket)
        assert.match(head, new RegExp(`^x-index: ${index}$`, 'im'))
        assert.ok(body.equals(contentAt(0, bytes)), `the body of answer ${index} is not its own`)
      }
      socket.destroy()
      const inTurn = sizes.flatMap((_, index) => [`${index} begins`, `${index} ends`])
      assert.deepEqual(diary.entries, inTurn)
    })

    async function openBothEnds(): Promise<{ readonly client: WebSocket; readonly target: WebSocket }> {
      const sockets = new WebSocketServer({ noServer: true })
      const accepted = once(sockets, 'connection') as Promise<[WebSocket]>
      target.server.once('upgrade', (request, connection, head) => {
        sockets.handleUpgrade(request, connection, head, (socket) => sockets.emit('connection', socket))
      })
      const client = await openWebSocket(port)
      return { client, target: (await accepted)[0] }
    }
  })
}

/** Asks for `bytes` of the sample content; every third has a body, and every fourth takes its time. */
function pipelinedRequest(bytes: number, index: number): Buffer {
  const body = contentAt(0, index % 3 === 0 ? 5_000 : 0)
  const fields = ['Host: a', `Content-Length: ${body.length}`, `X-Slow: ${index % 4 === 0 ? 'yes' : 'no'}`]
  return Buffer.concat([Buffer.from(`PUT /${index}?bytes=${bytes} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`), body])
}

/** Writes down when it begins and ends with each request. */
class Diary {
  readonly entries: string[] = []
  /** What slow requests wait for. */
  readonly #takeTime: () => Promise<void>

  constructor(takeTime: () => Promise<void>) {
    this.#takeTime = takeTime
  }

  readonly carryOut = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://sample')
    const index = pathname.slice(1)
    this.entries.push(`${index} begins`)
    await textOf(request)
    if (request.headers['x-slow'] === 'yes') await this.#takeTime()
    this.entries.push(`${index} ends`)
    response.setHeader('x-index', index)
    response.end(contentAt(0, Number(searchParams.get('bytes'))))
  }
}

async function openWebSocket(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}

async function closeWebSocket(socket: WebSocket): Promise<void> {
  const closed = once(socket, 'close')
  socket.close(1000, 'done')
  const [code] = await closed
  assert.equal(code, 1000)
}

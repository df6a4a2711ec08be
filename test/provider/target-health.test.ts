import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import type { Health, ProviderService } from '../../src/config/read.ts'
import { TargetConnector } from '../../src/provider/target-connector.ts'
import { TargetHealth } from '../../src/provider/target-health.ts'
import { turn, until } from '../runtime/until.ts'
import { Authority, hasOpenssl } from './certificates.ts'
import { Listening, serviceAt, tcp } from './targets.ts'

const CONNECT: Health = { kind: 'connect', intervalSeconds: 10 }
const PAGE: Health = { kind: 'path', path: '/healthz?deep=1', intervalSeconds: 10 }

describe('the health of a target', () => {
  let told: boolean[]
  let health: TargetHealth
  let server: Listening | undefined

  beforeEach(() => {
    told = []
    server = undefined
  })
  afterEach(() => {
    health.stop()
    server?.close()
  })

  function healthOf(service: ProviderService, ca: string | null = null): TargetHealth {
    const connector = new TargetConnector(service, ca)
    health = new TargetHealth({ connector, software: 'edgerq-sp/1.2.3', onChange: (isHealthy) => told.push(isHealthy) })
    return health
  }

  async function pageServer(listener: RequestListener): Promise<number> {
    server = await Listening.on(createHttpServer(listener))
    return server.port
  }

  it('is good until something else is learnt, and each change is told once', () => {
    healthOf(serviceAt(tcp(1), { health: CONNECT }))
    assert.equal(health.isHealthy, true)
    for (const isReached of [true, false, false, true, true]) health.note(isReached)
    assert.deepEqual([told, health.isHealthy], [[false, true], true])
  })

  it('is never doubted when checks are off', () => {
    healthOf(serviceAt(tcp(1), { health: { kind: 'off', intervalSeconds: 10 } }))
    health.start()
    health.note(false)
    assert.deepEqual([told, health.isHealthy], [[], true])
  })

  it('is not made good by a connection where the page says otherwise, and made bad by one that fails', async () => {
    const port = await pageServer((_request, response) => response.writeHead(503).end())
    healthOf(serviceAt(tcp(port), { health: PAGE })).start()
    await until(() => told.length > 0, 'the page is asked for at once')
    health.note(true)
    assert.deepEqual([told, health.isHealthy], [[false], false])
    health.stop()
    told.length = 0
    healthOf(serviceAt(tcp(port), { health: PAGE })).note(false)
    assert.deepEqual(told, [false])
  })

  describe('is asked for by a page', () => {
    /** What the page makes of a target that was bad before. */
    async function verdict(service: ProviderService, ca: string | null = null): Promise<boolean> {
      healthOf(service, ca).note(false)
      told.length = 0
      health.start()
      const port = server?.port
      await until(() => told.length > 0 || (server?.sockets.length ?? 0) > 0, `it is asked at ${port}`)
      await until(() => told.length > 0 || server!.sockets.every((socket) => socket.closed), 'the probe ends')
      await turn()
      return health.isHealthy
    }

    for (const [status, isWell] of [
      [200, true],
      [204, true],
      [302, true],
      [399, true],
      [404, false],
      [500, false],
    ] as const) {
      it(`which must be there: ${status} is ${isWell ? 'well' : 'not'}`, async () => {
        const port = await pageServer((_request, response) => response.writeHead(status, { Location: '/else' }).end())
        assert.equal(await verdict(serviceAt(tcp(port), { health: PAGE })), isWell)
        assert.equal(server!.sockets.length, 1)
      })
    }

    it('as a client would ask, over a connection of its own that is closed afterwards', async () => {
      let asked: IncomingMessage | undefined
      const port = await pageServer((request, response) => {
        asked = request
        response.end('fine')
      })
      assert.equal(await verdict(serviceAt(tcp(port, 'localhost'), { health: PAGE })), true)
      assert.deepEqual([asked!.method, asked!.url], ['GET', '/healthz?deep=1'])
      assert.deepEqual(asked!.rawHeaders, [
        ...['Host', `localhost:${port}`],
        ...['User-Agent', 'edgerq-health/1.2.3'],
        ...['Accept', '*/*'],
        ...['Connection', 'close'],
      ])
      await until(() => server!.sockets.every((socket) => socket.closed), 'it is closed')
    })

    it('whose size does not matter, and of which little is read', async () => {
      let written = 0
      const port = await pageServer((_request, response) => {
        const piece = Buffer.alloc(65_536)
        const more = () => {
          while (!response.destroyed && response.write(piece)) written += piece.length
        }
        response.on('drain', more)
        more()
      })
      assert.equal(await verdict(serviceAt(tcp(port), { health: PAGE })), true)
      await until(() => server!.sockets.every((socket) => socket.closed), 'it is cut')
      assert.ok(written < 50_000_000, `${written} bytes`)
    })

    it('which is no answer if it is none of HTTP, or if nobody listens', async () => {
      server = await Listening.on(createServer((socket) => socket.resume().end('SSH-2.0\r\n')))
      assert.equal(await verdict(serviceAt(tcp(server.port), { health: PAGE })), false)
      const { port } = server
      server.close()
      healthOf(serviceAt(tcp(port), { health: PAGE })).start()
      await until(() => told.length > 0, 'it is told')
      assert.deepEqual(told, [false])
    })

    it('through a Unix socket', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'edgerq-health-'))
      const path = join(folder, 'app.sock')
      server = await Listening.on(
        createHttpServer((request, response) => response.end(request.headers.host)),
        { path },
      )
      assert.equal(await verdict(serviceAt({ kind: 'unix', path }, { health: PAGE })), true)
      rmSync(folder, { recursive: true })
    })
  })

  describe('behind TLS', () => {
    let authority: Authority

    before(function () {
      if (!hasOpenssl()) {
        console.warn('      SKIPPED: openssl is not installed, nothing has probed a target behind TLS')
        this.skip()
      }
      authority = new Authority()
    })
    after(() => authority?.remove())
    beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }))
    afterEach(() => mock.timers.reset())

    for (const probe of [PAGE, CONNECT]) {
      it(`is good only if the certificate is in order: ${probe.kind}`, async () => {
        server = await Listening.on(
          createHttpsServer(authority.issue('DNS:app.test'), (_request, response) => response.end()),
        )
        const at = (name: string) => serviceAt(tcp(server!.port), { health: probe, tls: { caPath: '', name } })
        healthOf(at('app.test'), authority.cert).note(false)
        health.start()
        mock.timers.tick(10_000)
        await until(() => told.length === 2, 'it is well')
        health.stop()
        healthOf(at('other.test'), authority.cert).start()
        mock.timers.tick(10_000)
        await until(() => told.length === 3, 'it is not')
        assert.deepEqual(told, [false, true, false])
      })
    }
  })

  describe('of a target that takes a connection and says nothing', () => {
    beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }))
    afterEach(() => mock.timers.reset())

    for (const [intervalSeconds, afterMs] of [
      [10, 3_000],
      [2, 2_000],
    ] as const) {
      it(`is bad after ${afterMs} ms if it is asked every ${intervalSeconds} s`, async () => {
        server = await Listening.on(createServer())
        healthOf(serviceAt(tcp(server.port), { health: { ...PAGE, intervalSeconds } })).start()
        await until(() => server!.sockets.length > 0, 'it is asked')
        mock.timers.tick(afterMs - 1)
        await turn()
        assert.deepEqual(told, [])
        mock.timers.tick(1)
        await until(() => told.length > 0, 'it is told')
        assert.deepEqual(told, [false])
      })
    }

    it('is good by connections, and is not told once it is asked for no more', async () => {
      server = await Listening.on(createServer())
      healthOf(serviceAt(tcp(server.port), { health: CONNECT })).note(false)
      health.start()
      mock.timers.tick(10_000)
      await until(() => told.length === 2, 'it is well again')
      assert.deepEqual(told, [false, true])
      healthOf(serviceAt(tcp(server.port), { health: PAGE })).start()
      health.stop()
      await until(() => server!.sockets.every((socket) => socket.closed), 'the probe is gone')
      assert.equal(told.length, 2)
    })
  })
})

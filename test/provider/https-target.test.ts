// Requests to targets behind TLS: to whom they go, and that nothing of them goes to anybody else.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { Target, TargetTls } from '../../src/config/read.ts'
import { HttpTarget } from '../../src/provider/http-target.ts'
import { TargetConnector } from '../../src/provider/target-connector.ts'
import { failureOf } from '../../src/provider/target-failure.ts'
import { until } from '../runtime/until.ts'
import { Authority, hasOpenssl, type Identity } from './certificates.ts'
import { answerTo, errorOf, Listening, sent, serviceAt, tcp } from './targets.ts'

describe('a request to an https target', () => {
  let authority: Authority
  let other: Authority
  let app: Identity
  let server: Listening
  let target: HttpTarget
  /** Of each connection: the name that was asked for, and whether its session was resumed. */
  let seen: { sni: string | false | null; isResumed: boolean }[]
  let requests: number

  before(function () {
    if (!hasOpenssl()) {
      console.warn(
        '      SKIPPED: openssl is not installed, nothing has checked how certificates of targets are judged',
      )
      this.skip()
    }
    authority = new Authority()
    other = new Authority()
    app = authority.issue('DNS:app.test')
  })
  after(() => {
    authority?.remove()
    other?.remove()
  })
  beforeEach(() => {
    seen = []
    requests = 0
  })
  afterEach(() => {
    target?.close()
    server?.close()
  })

  async function serve(options: TlsOptions = app, where: { path?: string } = {}): Promise<void> {
    const https = createHttpsServer(options, (_request, response) => {
      requests++
      response.end('sealed')
    })
    https.on('secureConnection', (socket) => {
      seen.push({
        sni: (socket as TLSSocket & { servername: string | false }).servername,
        isResumed: socket.isSessionReused(),
      })
    })
    server = await Listening.on(https, where)
  }

  /** Trusts `authority` alone. */
  function targetAt(where: Target, tls: Partial<TargetTls> = {}, ca: string | null = authority.cert): void {
    target = new HttpTarget(
      new TargetConnector(serviceAt(where, { tls: { caPath: 'ca.pem', name: null, ...tls } }), ca),
    )
  }

  describe('goes', () => {
    it('to whom has a certificate for the name, which is asked for by SNI whatever Host says', async () => {
      await serve()
      targetAt(tcp(server.port), { name: 'app.test' })
      assert.equal((await answerTo(sent(target, { fields: ['Host', 'evil.test'] }))).body, 'sealed')
      assert.deepEqual(seen, [{ sni: 'app.test', isResumed: false }])
    })

    it('to whom has a certificate for the host name, if no other name is given', async () => {
      await serve(authority.issue('DNS:localhost'))
      targetAt(tcp(server.port, 'localhost'))
      assert.equal((await answerTo(sent(target))).body, 'sealed')
    })

    it('to whom has a certificate for the address, without SNI', async () => {
      await serve(authority.issue('IP:127.0.0.1,IP:10.9.8.7'))
      targetAt(tcp(server.port))
      assert.equal((await answerTo(sent(target, { fields: ['Host', 'app.test'] }))).body, 'sealed')
      targetAt(tcp(server.port), { name: '10.9.8.7' })
      assert.equal((await answerTo(sent(target))).body, 'sealed')
      assert.deepEqual(
        seen.map(({ sni }) => sni),
        [false, false],
      )
    })

    it('through a Unix socket', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'edgerq-target-'))
      const path = join(folder, 'app.sock')
      await serve(app, { path })
      targetAt({ kind: 'unix', path }, { name: 'app.test' })
      assert.equal((await answerTo(sent(target))).body, 'sealed')
      rmSync(folder, { recursive: true })
    })

    it('over a connection that is used again, and over fresh ones that resume its session', async () => {
      await serve()
      targetAt(tcp(server.port), { name: 'app.test' })
      await answerTo(sent(target))
      await answerTo(sent(target))
      assert.equal(seen.length, 1)
      await answerTo(sent(target, { isReusable: false }))
      assert.deepEqual(
        seen.map(({ isResumed }) => isResumed),
        [false, true],
      )
    })
  })

  describe('does not go', () => {
    async function isRefused(code: string): Promise<void> {
      const error = await errorOf(sent(target, { method: 'POST', isReusable: false }))
      assert.deepEqual([error.code, failureOf(error)], [code, 'certificate'])
      assert.equal(requests, 0)
    }

    it('to whom has a certificate for another name', async () => {
      await serve()
      targetAt(tcp(server.port), { name: 'other.test' })
      await isRefused('ERR_TLS_CERT_ALTNAME_INVALID')
      targetAt(tcp(server.port))
      await isRefused('ERR_TLS_CERT_ALTNAME_INVALID')
    })

    it('to whom has a certificate for another address', async () => {
      await serve(authority.issue('IP:10.9.8.7,DNS:127.0.0.1'))
      targetAt(tcp(server.port))
      await isRefused('ERR_TLS_CERT_ALTNAME_INVALID')
    })

    it('to whom another authority has signed, or none', async () => {
      await serve()
      targetAt(tcp(server.port), { name: 'app.test' }, other.cert)
      await isRefused('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
      targetAt(tcp(server.port), { name: 'app.test' }, null)
      await isRefused('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    })

    it('to whom shows an expired certificate', async () => {
      await serve(authority.issue('DNS:app.test', -1))
      targetAt(tcp(server.port), { name: 'app.test' })
      await isRefused('CERT_HAS_EXPIRED')
    })

    it('to whom speaks less than TLS 1.2', async () => {
      await serve({ ...app, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
      targetAt(tcp(server.port), { name: 'app.test' })
      assert.equal(failureOf(await errorOf(sent(target))), 'certificate')
    })

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`with a single byte to whom is refused, in ${version}`, async () => {
        let bytes = 0
        const tls = createTlsServer({ ...app, maxVersion: version }, (socket) => {
          socket.on('error', () => {})
          socket.on('data', (data) => {
            bytes += data.length
          })
        })
        server = await Listening.on(tls)
        targetAt(tcp(server.port), { name: 'other.test' })
        await errorOf(sent(target))
        await until(() => server.sockets.every((socket) => socket.closed), 'it is closed')
        assert.equal(bytes, 0)
      })
    }
  })

  describe('says what it met', () => {
    it('a server that speaks no TLS', async () => {
      server = await Listening.on(createHttpServer((_request, response) => response.end()))
      targetAt(tcp(server.port), { name: 'app.test' })
      assert.equal(failureOf(await errorOf(sent(target))), 'certificate')
    })

    it('a server that speaks TLS where none is configured', async () => {
      await serve()
      target = new HttpTarget(new TargetConnector(serviceAt(tcp(server.port)), null))
      const failure = failureOf(await errorOf(sent(target)))
      assert.ok(failure === 'badAnswer' || failure === 'reset', failure)
    })

    it('an idle connection that was closed as it was taken, by which the request can be sent again', async () => {
      const tls = createTlsServer(app, (socket) => {
        socket.on('error', () => {})
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
          socket.once('data', () => socket.end())
        })
      })
      server = await Listening.on(tls)
      targetAt(tcp(server.port), { name: 'app.test' })
      await answerTo(sent(target))
      const request = sent(target)
      const error = await errorOf(request)
      assert.deepEqual([failureOf(error), target.wasStale(request, error)], ['reset', true])
    })
  })

  describe('has a limit for connecting', () => {
    beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
    afterEach(() => mock.timers.reset())

    it('that covers TLS too', async () => {
      server = await Listening.on(createServer()) // takes connections and says nothing
      targetAt(tcp(server.port), { name: 'app.test' })
      const request = sent(target, { connectWithinMs: 700 })
      const failed = errorOf(request)
      const [socket] = (await once(request, 'socket')) as [TLSSocket]
      await once(socket, 'connect')
      mock.timers.tick(699)
      assert.equal(request.destroyed, false)
      mock.timers.tick(1)
      const error = await failed
      assert.deepEqual([error.code, failureOf(error)], ['ETIMEDOUT', 'timedOut'])
      assert.equal(error.message, 'no connection within 700 ms')
    })

    it('which does not cut what takes longer afterwards', async () => {
      await serve()
      targetAt(tcp(server.port), { name: 'app.test' })
      for (const isReusable of [false, true, true]) {
        const request = target.open({
          method: 'GET',
          path: '/',
          fields: ['Host', 'a'],
          connectWithinMs: 700,
          isReusable,
        })
        const [socket] = (await once(request, 'socket')) as [TLSSocket]
        if (!request.reusedSocket) await once(socket, 'secureConnect')
        mock.timers.tick(100_000)
        assert.equal((await answerTo(request.end())).body, 'sealed')
      }
    })
  })
})

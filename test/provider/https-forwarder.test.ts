// Requests of an http service whose target is behind TLS.

import assert from 'node:assert/strict'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { Seen } from '../runtime/sockets.ts'
import { until } from '../runtime/until.ts'
import { Authority, hasOpenssl } from './certificates.ts'
import { dataFrame, END } from './played-consumer.ts'
import { Serving } from './serving.ts'
import { Listening, serviceAt, tcp } from './targets.ts'

const CHUNKED = { method: 'POST', body: { kind: 'chunked' } } as const
const TLS = { caPath: 'ca.pem', name: 'app.test' } as const

describe('a forwarder of http requests to an https target', () => {
  let authority: Authority
  let target: Listening
  let serving: Serving

  before(function () {
    if (!hasOpenssl()) {
      console.warn('      SKIPPED: openssl is not installed, nothing has been forwarded over TLS')
      this.skip()
    }
    authority = new Authority()
  })
  after(() => authority?.remove())
  afterEach(async () => {
    await serving?.close()
    target?.close()
  })

  async function serve(listening: Listening): Promise<void> {
    target = listening
    serving = await Serving.of(serviceAt(tcp(target.port), { tls: TLS }), authority.cert)
  }

  function identity(names = 'DNS:app.test'): TlsOptions {
    return authority.issue(names)
  }

  it('carries bodies and trailers both ways', async () => {
    const server = createHttpsServer(identity(), (request, response) => {
      response.writeHead(200, { trailer: 'x-sum' })
      request.pipe(response, { end: false })
      request.on('end', () => {
        response.addTrailers({ 'x-sum': request.trailers['x-sum'] ?? '' })
        response.end()
      })
    })
    await serve(await Listening.on(server))
    const body = Buffer.alloc(1_000_000, 'sealed ')
    const consumer = await serving.ask({ ...CHUNKED, fields: ['Host', 'a', 'Trailer', 'X-Sum'] })
    for (let at = 0; at < body.length; at += 100_000) consumer.say(dataFrame(body.subarray(at, at + 100_000)))
    consumer.end(['X-Sum', '7'])
    await serving.answered(consumer)
    assert.ok(Buffer.concat(consumer.chunks).equals(body))
    assert.deepEqual(consumer.trailers, ['x-sum', '7'])
    await serving.settled()
  })

  it('says nothing to a target that is somebody else', async () => {
    let requests = 0
    const server = createHttpsServer(identity('DNS:other.test'), (_request, response) => {
      requests++
      response.end()
    })
    await serve(await Listening.on(server))
    const consumer = (await serving.ask()).end()
    await serving.broken(consumer, 'targetCertificate')
    await serving.settled()
    assert.deepEqual([requests, serving.reached], [0, ['ERR_TLS_CERT_ALTNAME_INVALID']])
  })

  it('waits no longer for a handshake than for a connection', async () => {
    await serve(await Listening.on(createServer()))
    const consumer = (await serving.ask({}, 100)).end()
    await serving.broken(consumer, 'targetTimedOut')
    await serving.settled()
    assert.deepEqual(serving.reached, ['ETIMEDOUT'])
  })

  it('joins the two after an upgrade, and lets one speak on when the other has ended', async () => {
    let seen: Seen | undefined
    const server = createTlsServer({ ...identity(), allowHalfOpen: true }, (socket) => {
      seen = new Seen(socket)
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n')
        socket.end('bye')
      })
    })
    await serve(await Listening.on(server))
    const consumer = (await serving.ask({ upgrade: 'echo' })).say(END)
    await until(() => consumer.hasEnded, 'the target ends')
    consumer.say('one more word')
    consumer.stream.finish()
    await until(() => seen?.hasEnded === true, 'the client ends')
    assert.deepEqual([consumer.text, seen?.text.endsWith('one more word'), seen?.error], ['bye', true, ''])
    await serving.settled()
  })
})

// What the tunnel answers by itself, each in its case, with its code, as JSON and as a page.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { contentSha256 } from '../../stresstest/content.ts'
import { startEchoServer } from '../../stresstest/echo-server.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { ending, eventually, isRefused, open, upload } from './clients.ts'
import { UUID, useSharedStage, useStage } from './harness.ts'
import { ask, readAnswer } from './http-clients.ts'
import { type Services, startServices } from './http-services.ts'
import { assertOwnAnswer } from './own-answer-check.ts'
import { answersIn, talk } from './raw-talk.ts'
import { type Conduct, pathsIn, type RawTarget, startRawTarget } from './raw-target.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK'
/** Longer than any of these tests. */
const LONG_SECONDS = 60

describe('the size of a head', () => {
  let ports: Services<'least' | 'usual'>['ports']

  useSharedStage(async (stage) => {
    const { port } = await stage.peer(startWebServer())
    const least = { service: { request_buffer: 1024 }, target: { port } }
    ports = (await startServices(stage, { least, usual: { target: { port } } })).ports
  })

  for (const [service, bytes] of [
    ['least', 1024],
    ['usual', 4096],
  ] as const) {
    it(`may be ${bytes} bytes: one of a tenth less passes, one of a tenth more is refused`, async () => {
      assert.deepEqual(outcomesIn(await talk(ports[service], headOf(bytes * 0.9))), ['200'])
      assert.deepEqual(outcomesIn(await talk(ports[service], headOf(bytes * 1.1))), ['431 EDGERQ-HEAD-TOO-LARGE'])
    })
  }

  it('says nothing about bodies', async () => {
    const bytes = 8 * 1024 * 1024
    assert.deepEqual(await upload(ports.least, bytes), { sha256: contentSha256(bytes), bytes })
  })
})

/** How the target of these tests fails, by the path that it is asked for. */
const FAILURES: Readonly<Record<string, (connection: Parameters<Conduct>[0]) => void>> = {
  '/reset': ({ socket }) => void socket.resetAndDestroy(),
  '/hang-up': ({ socket }) => void socket.end(),
  '/garbage': ({ socket }) => void socket.end('Hello.\r\n\r\n'),
  '/half-a-head': ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\nContent-Le'),
  '/two-lengths': ({ socket }) =>
    void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nOK!'),
  '/length-and-chunks': ({ socket }) =>
    void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  '/unknown-coding': ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx'),
  '/huge-head': ({ socket }) => void socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
  '/silence': () => {},
}

describe('a target that fails', () => {
  type Name = 'raw' | 'silent' | 'refusing' | 'absent' | 'deaf'
  let ports: Services<Name>['ports']

  useSharedStage(async (stage) => {
    const raw = await stage.peer(startRawTarget())
    raw.behave((connection) => FAILURES[pathsIn(connection.text)[0] ?? '']?.(connection))
    const nobody = await startEchoServer()
    await nobody.close()
    const service = { request_ttl: 0.5 }
    const plans = {
      raw: { target: { port: raw.port } },
      silent: { service, target: { port: raw.port } },
      refusing: { target: { port: nobody.port } },
      absent: { target: { hostname: undefined, socket: join(stage.folder, 'nobody.sock') } },
      // It takes the connection and never says a word of TLS.
      deaf: { service, target: { port: raw.port, tls: {} } },
    }
    ports = (await startServices(stage, plans)).ports
  })

  for (const path of Object.keys(FAILURES).filter((path) => path !== '/silence')) {
    it(`with ${path.slice(1).replaceAll('-', ' ')} makes a 502`, async () => {
      await assertOwnAnswer(ports.raw, '502 EDGERQ-TARGET-BAD-ANSWER', { path })
    })
  }

  it('by refusing makes a 502', () => assertOwnAnswer(ports.refusing, '502 EDGERQ-TARGET-REFUSED'))

  it('by not being there makes a 502', () => assertOwnAnswer(ports.absent, '502 EDGERQ-TARGET-UNREACHABLE'))

  it('by silence makes a 504, and not before its time', async () => {
    const begun = performance.now()
    await assertOwnAnswer(ports.silent, '504 EDGERQ-TARGET-TIMEOUT', { path: '/silence' })
    assertPast(begun, 500)
  })

  it('by not being connected in time makes a 504', async () => {
    const begun = performance.now()
    await assertOwnAnswer(ports.deaf, '504 EDGERQ-TARGET-CONNECT-TIMEOUT')
    assertPast(begun, 500)
  })
})

describe('a request that makes no sense', () => {
  let port: number

  useSharedStage(async (stage) => {
    const { port: web } = await stage.peer(startWebServer())
    port = (await startServices(stage, { web: { target: { port: web } } })).ports.web
  })

  it('makes a 400', () => assertOwnAnswer(port, '400 EDGERQ-BAD-REQUEST', { headers: { host: 'a b' } }))

  it('makes a 417 by what it expects', () =>
    assertOwnAnswer(port, '417 EDGERQ-EXPECTATION', { headers: { expect: 'the unexpected' } }))
})

describe('a service', () => {
  type Name = 'unprovided' | 'awaited' | 'single' | 'double'
  let target: RawTarget
  let ports: Services<Name>['ports']

  useSharedStage(async (stage) => {
    target = await stage.peer(startRawTarget())
    const place = { target: { port: target.port } }
    const plans = {
      unprovided: { service: { hold: 0 } },
      awaited: { service: { hold: 1 } },
      single: { service: { max_connections: 1, hold: 0, request_ttl: LONG_SECONDS }, ...place },
      double: { service: { max_connections: 2, hold: LONG_SECONDS }, ...place },
    }
    ports = (await startServices(stage, plans)).ports
  })

  it('that nobody provides makes a 503', () => assertOwnAnswer(ports.unprovided, '503 EDGERQ-NO-PROVIDER'))

  it('that nobody provides makes a 503 after <hold>', async () => {
    const begun = performance.now()
    await assertOwnAnswer(ports.awaited, '503 EDGERQ-NO-PROVIDER')
    assertPast(begun, 1000)
  })

  it('whose only place is taken makes a 503, and goes on with whom it serves', async () => {
    target.behave(() => {})
    const answered = ask(ports.single, { path: '/first' })
    await eventually('the first is there', () => pathsIn(target.connections[0]?.text ?? '').length > 0)
    await assertOwnAnswer(ports.single, '503 EDGERQ-BUSY')
    target.connections[0]!.socket.end(OK)
    assert.equal((await answered).statusCode, 200)
  })

  it('with two places serves three clients that keep their connections: the longest idle one goes', async () => {
    target.behave(({ socket, text }) => void (text.endsWith('\r\n\r\n') && socket.write(OK)))
    const clients = await Promise.all([1, 2, 3].map(() => open(ports.double)))
    const isFirstGone = once(clients[0]!, 'end')
    for (const client of [...clients, ...clients.slice(1)]) {
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.match((await readAnswer(client)).head, /^HTTP\/1\.1 200 /)
    }
    await isFirstGone
    for (const client of clients) client.destroy()
  })
})

describe('whoever stops', () => {
  const stage = useStage()

  it('as the only provider makes a 503, and finishes what it has begun', async () => {
    const target = await stage().peer(startRawTarget())
    const service = { hold: 0, request_ttl: LONG_SECONDS }
    const { consumer, provider, ports } = await startServices(stage(), {
      raw: { service, target: { port: target.port } },
    })
    const answered = ask(ports.raw, { path: '/first' })
    await eventually('the first is there', () => pathsIn(target.connections[0]?.text ?? '').length > 0)
    provider.program.signal('SIGTERM')
    await consumer.program.line(/providerDraining/)
    await assertOwnAnswer(ports.raw, '503 EDGERQ-NO-PROVIDER')
    target.connections[0]!.socket.end(OK)
    assert.equal((await answered).statusCode, 200)
    assert.deepEqual(await provider.program.ended(), { code: 0, signal: null })
  })

  it('as the consumer makes a 503 of what stands behind an answer under way', async () => {
    const target = await stage().peer(startRawTarget())
    target.behave(({ socket, text }) => void (text.endsWith('\r\n\r\n') && socket.write(OK.slice(0, -1))))
    const { consumer, ports } = await startServices(stage(), { raw: { target: { port: target.port } } })
    const client = await open(ports.raw)
    client.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(client, 'readable')
    consumer.program.signal('SIGTERM')
    await eventually('new clients are refused', () => isRefused(ports.raw))
    target.connections[0]!.socket.end(OK.slice(-1))
    const { head } = await readAnswer(client)
    assert.match(head, /200 OK/)
    const second = await readAnswer(client)
    assert.match(second.head, /^HTTP\/1\.1 503 [\s\S]*^X-Edgerq-Error: EDGERQ-STOPPING\r$[\s\S]*^Retry-After: /m)
    assert.equal(await ending(client), 'end')
  })
})

describe('services that point at each other', () => {
  const stage = useStage()

  it('make a 508 instead of going round for ever', async () => {
    const services = [{ uuid: UUID }]
    const [one, other] = [await stage().consumer({ services }), await stage().consumer({ services })]
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      await stage().provider({
        pipes: [{ port: from.ready.port('udp'), services: [{ uuid: UUID, port: to.ready.port(UUID) }] }],
      })
    }
    await assertOwnAnswer(one.ready.port(UUID), '508 EDGERQ-LOOP')
  })
})

/** A request whose head has about so many bytes, of which all but a few are those of one field. */
function headOf(bytes: number): string {
  const head = (padding: string) => `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: ${padding}\r\n\r\n`
  return head('x'.repeat(Math.round(bytes) - head('').length))
}

/** Of each answer its status, and the code if it is the tunnel's. */
function outcomesIn(text: string): string[] {
  return answersIn(text).map(({ status, code }) => `${status}${code === null ? '' : ` ${code}`}`)
}

/** Timers may fire a millisecond early by another clock. */
function assertPast(begun: number, leastMs: number): void {
  const tookMs = performance.now() - begun
  assert.ok(tookMs >= leastMs - 2, `after ${tookMs.toFixed()} ms already`)
}

// What is waited for, and how long: <request_ttl> is for the target to begin its answer, and for nothing else; <idle_timeout> is for the rest.

import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { startWebServer } from '../../stresstest/web-server.ts'
import { ending, eventually, open, read, textOf } from './clients.ts'
import { OTHER_UUID, UUID, useSharedStage, useStage } from './harness.ts'
import { ask, readAnswer, readHead } from './http-clients.ts'
import { type Services, startServices } from './http-services.ts'
import { answering, type RawTarget, startRawTarget } from './raw-target.ts'

/** Long enough for a busy machine to find a moment for each thing that must happen within it. */
const TTL_SECONDS = 0.6
/** Many times that, and less than what any rule for slow clients looks at. */
const LONG_MS = 4_000
/** Where an answer is waited for on purpose: in between there is room for a machine that stands still for seconds. */
const LONG_TTL_SECONDS = 4

describe('request_ttl', () => {
  let target: RawTarget
  let ports: Services<'raw' | 'web'>['ports']

  useSharedStage(async (stage) => {
    target = await stage.peer(startRawTarget())
    const web = await stage.peer(startWebServer())
    const plans = {
      raw: { service: { request_ttl: TTL_SECONDS }, target: { port: target.port } },
      web: { service: { request_ttl: LONG_TTL_SECONDS }, target: { port: web.port } },
    }
    ports = (await startServices(stage, plans)).ports
  })

  it('does not run while the client sends its body', async () => {
    target.behave(({ socket, text }) => {
      if (text.endsWith('\r\n0\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK')
    })
    const client = await open(ports.raw)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    let isAnswered = false
    client.once('readable', () => {
      isAnswered = true
    })
    await forLong(async (step) => {
      client.write('a\r\n!!!!!!!!!!\r\n')
      await eventually(`step ${step} is there`, () => isAnswered || marksAt(target) === 10 * (step + 1))
      assert.ok(!isAnswered, `at step ${step}: ${client.read()}`)
    })
    client.write('0\r\n\r\n')
    assert.match((await readAnswer(client)).head, /^HTTP\/1\.1 200 /)
    client.destroy()
  })

  it('does not run once the answer has begun', async () => {
    target.behave(answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n'))
    const client = await open(ports.raw)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await readHead(client)
    await forLong(async () => {
      target.connections[0]!.socket.write('x')
      assert.equal((await read(client, 1)).toString(), 'x')
    })
    client.destroy()
  })

  it('runs for each request of a connection anew', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const connections = new Set<number | undefined>()
    const begun = performance.now()
    while (performance.now() < begun + 1_100 * LONG_TTL_SECONDS) {
      const answer = await ask(ports.web, { path: '/slow?ms=200', agent })
      connections.add(answer.socket.localPort)
      assert.equal(answer.statusCode, 200, await textOf(answer))
    }
    assert.equal(connections.size, 1)
    agent.destroy()
  })
})

describe('the waiting room', () => {
  const stage = useStage()

  it('costs a request nothing of its <request_ttl>', async () => {
    const web = await stage().peer(startWebServer())
    const services = [
      { uuid: UUID, request_ttl: TTL_SECONDS, hold: 60 },
      { uuid: OTHER_UUID, hold: 1 },
    ]
    const { ready } = await stage().consumer({ services })
    const answered = ask(ready.port(UUID), {})
    assert.equal((await ask(ready.port(OTHER_UUID), {})).statusCode, 503) // after a second, by its own <hold>
    await stage().provider({ pipes: [{ port: ready.port('udp'), services: [{ uuid: UUID, port: web.port }] }] })
    assert.equal((await answered).statusCode, 200)
  })
})

describe('idle_timeout', () => {
  const stage = useStage()

  it('ends an answer in whose middle nothing moves, and not as if it were whole', async () => {
    const target = await stage().peer(startRawTarget())
    target.behave(answering(() => 'HTTP/1.1 200 OK\r\n\r\nbegun'))
    const plan = { service: { idle_timeout: 1 }, target: { port: target.port } }
    const { ports } = await startServices(stage(), { raw: plan })
    const client = await open(ports.raw)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await readHead(client)
    assert.equal(await ending(client), 'reset')
  })
})

/** One step after the other, each of them awaited, until much time has passed. */
async function forLong(act: (step: number) => Promise<void>): Promise<void> {
  const until = performance.now() + LONG_MS
  for (let step = 0; performance.now() < until; step++) await act(step)
}

/** How much of the body has come, whatever the chunks are that it came in. */
function marksAt({ connections }: RawTarget): number {
  return (connections[0]?.text.split('!').length ?? 1) - 1
}

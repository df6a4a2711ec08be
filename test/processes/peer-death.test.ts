// What remains when one side is killed: clients and targets are reset, nothing short looks whole, and service comes back by itself.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { startEchoServer } from '../../stresstest/echo-server.ts'
import type { ConsumerConfig } from '../../stresstest/rig/daemon-config.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { acceptOne } from './accept-one.ts'
import { BEATS_A_SECOND, beatsUntil } from './beats.ts'
import { download, ending, eventually, exchange, fill, open, read, textOf } from './clients.ts'
import { pipeTo, RAW_SERVICE, type Route, type Stage, UUID, useStage } from './harness.ts'
import { ask } from './http-clients.ts'

const GIB = 1024 ** 3
/** Where it is waited for; twice as long as a machine may stand still and both sides still believe in each other. */
const SURVIVE_SECONDS = 4

describe('a provider that is killed', () => {
  const stage = useStage()

  it('resets its clients as soon as it is back, and none of them sees a clean end', async () => {
    const web = await stage().peer(startWebServer())
    const route = await layNamed(stage(), web.port)
    const answer = await beginAnswer(route.port)
    await route.provider.program.kill()
    const cut = ending(answer)
    await startAgain(stage(), route, web.port)
    assert.equal(await cut, 'reset')
  })

  it('resets its clients within <survive> when it does not come back', async () => {
    const web = await stage().peer(startWebServer())
    const { provider, port } = await stage().oneHop(web.port, {}, { survive: SURVIVE_SECONDS })
    const answer = await beginAnswer(port)
    await provider.program.kill()
    assert.equal(await ending(answer), 'reset')
  })

  it('resets a client that was not reading', async () => {
    const web = await stage().peer(startWebServer())
    const { provider, port } = await stage().oneHop(web.port, {}, { survive: SURVIVE_SECONDS })
    const socket = await open(port)
    socket.write(`GET /bytes/${GIB}?framing=close HTTP/1.1\r\nHost: a\r\n\r\n`)
    await once(socket, 'readable')
    await provider.program.kill()
    assert.equal(await ending(socket), 'reset')
  })

  it('resets a client that was uploading', async () => {
    const { peer, accepted } = await acceptOne(stage())
    const { provider, port } = await stage().oneHop(peer.port, {}, { survive: SURVIVE_SECONDS })
    const socket = await open(port)
    const ended = ending(socket)
    const filled = fill(socket) // the target reads nothing, so that the upload is in its middle for ever
    await accepted
    await filled
    await provider.program.kill()
    assert.equal(await ended, 'reset')
  })

  it('resets a client that was only waiting for something to come', async () => {
    const echo = await stage().peer(startEchoServer())
    const { provider, port } = await stage().oneHop(echo.port, {}, { survive: SURVIVE_SECONDS })
    const socket = await open(port)
    await exchange(socket, 'established')
    await provider.program.kill()
    assert.equal(await ending(socket), 'reset')
  })

  it('serves again within 5 s of its restart', async () => {
    const web = await stage().peer(startWebServer())
    const route = await layNamed(stage(), web.port)
    await download(route.port, 1000)
    const elsewhere = await stage().oneHop(web.port)
    await route.provider.program.kill()
    const back = startAgain(stage(), route, web.port).then(() => download(route.port, 1000))
    await isWithin(5, back, elsewhere)
  })
})

describe('a consumer that is not there', () => {
  const stage = useStage()

  it('is complained of long before its provider gives the dial up, with what to do', async () => {
    const services = [{ uuid: UUID, protocol: 'tcp', port: 9 }]
    const provider = stage().launchProvider({ pipes: [{ port: 9, services }] })
    await eventually('the log says so', () => provider.stderr.some((line) => line.includes('consumerNotAnswering')))
    assert.match(provider.logs(), /127\.0\.0\.1:9.*check that edgerq-sc runs there/)
    assert.equal(provider.status, null, 'it goes on dialling')
  })
})

describe('a consumer that is killed', () => {
  const stage = useStage()

  it('serves again within 5 s of its restart when there was traffic', async () => {
    const web = await stage().peer(startWebServer())
    const route = await layNamed(stage(), web.port)
    const answer = await beginAnswer(route.port)
    const elsewhere = await stage().oneHop(web.port)
    const cut = ending(answer)
    await route.consumer.program.kill()
    await cut
    await isWithin(5, servesAgain(stage(), route), elsewhere)
  })

  it('serves again within 10 s of its restart when nothing moved: it calls its providers, whose next ping is further away (W-16)', async () => {
    const web = await stage().peer(startWebServer())
    const route = await layNamed(stage(), web.port)
    await download(route.port, 1000)
    await eventually('the session is on the disk', () => hasNotedSession(stage()))
    const elsewhere = await stage().oneHop(web.port)
    await route.consumer.program.kill()
    await isWithin(10, servesAgain(stage(), route), elsewhere)
  })

  it('leaves no target believing that its client had finished', async () => {
    const { peer, accepted } = await acceptOne(stage())
    const route = await layNamed(stage(), peer.port)
    const client = await open(route.port)
    client.on('error', () => {}) // its own connection ends as its dying kernel side pleases
    client.write('the beginning of something')
    const atTarget = await accepted
    await read(atTarget, 26)
    const ended = ending(atTarget)
    await route.consumer.program.kill()
    await stage().consumer(pinned(route), 'consumer')
    assert.equal(await ended, 'reset')
    client.destroy()
  })
})

/** One hop whose daemons can be started again under their names. */
async function layNamed(stage: Stage, targetPort: number): Promise<Route> {
  const consumer = await stage.consumer({ services: [RAW_SERVICE] }, 'consumer')
  const provider = await stage.provider({ pipes: [pipeTo(consumer, targetPort)] }, 'provider')
  return { consumer, provider, port: consumer.ready.port(UUID) }
}

function startAgain(stage: Stage, route: Route, targetPort: number): Promise<unknown> {
  return stage.provider({ pipes: [pipeTo(route.consumer, targetPort)] }, 'provider')
}

/** The ports that the consumer was given at its first start, as its configuration. */
function pinned(route: Route): ConsumerConfig {
  const services = [{ ...RAW_SERVICE, port: route.port }]
  return { listenerPort: route.consumer.ready.port('udp'), services }
}

function hasNotedSession({ folder }: Stage): boolean {
  const state = join(folder, 'state')
  const lists = readdirSync(state).filter((name) => name.endsWith('.sessions'))
  return lists.some((name) => readFileSync(join(state, name), 'utf8').includes('connectionId'))
}

async function servesAgain(stage: Stage, route: Route): Promise<void> {
  await stage.consumer(pinned(route), 'consumer')
  await eventually('an answer after the restart', () => answers(route.port))
}

function answers(port: number): Promise<boolean> {
  return download(port, 1000).then(
    () => true,
    () => false,
  )
}

/** By the time of a way on which all is well. */
async function isWithin(seconds: number, fact: Promise<void>, elsewhere: Route): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  const beats = await beatsUntil(fact, async () => textOf(await ask(elsewhere.port, { agent })))
  agent.destroy()
  assert.ok(beats <= seconds * BEATS_A_SECOND, `it took ${beats} beats`)
}

/** A client that has read the beginning of an answer whose only end is that of its connection. */
async function beginAnswer(port: number): Promise<Socket> {
  const socket = await open(port)
  socket.write(`GET /bytes/${GIB}?framing=close HTTP/1.1\r\nHost: a\r\n\r\n`)
  await read(socket, 100_000)
  return socket
}

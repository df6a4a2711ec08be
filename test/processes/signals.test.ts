// How a daemon is asked to stop: what runs is finished, what comes is refused, and whoever asks twice means it.

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { startWebServer } from '../../stresstest/web-server.ts'
import { download, ending, eventually, get, isRefused, open, read, readContent } from './clients.ts'
import { type Route, type Stage, UUID, useStage } from './harness.ts'

const MIB = 1024 * 1024
/** More than windows and buffers between hold; not more, since a daemon finishes what is under way for 30 s and no longer. */
const BODY_BYTES = 32 * MIB

describe('SIGTERM', () => {
  const stage = useStage()

  it('lets a consumer finish the answer that is under way, and refuses new clients meanwhile', async () => {
    const { route, answer } = await beginDownload(stage())
    route.consumer.program.signal('SIGTERM')
    await eventually('new clients are refused', () => isRefused(route.port))
    await readContent(answer, BODY_BYTES)
    assert.deepEqual(await route.consumer.program.ended(), { code: 0, signal: null })
  })

  it('lets a provider finish the answer that is under way', async () => {
    const { route, answer } = await beginDownload(stage())
    route.provider.program.signal('SIGTERM')
    await readContent(answer, BODY_BYTES)
    assert.deepEqual(await route.provider.program.ended(), { code: 0, signal: null })
  })

  it('moves new clients to another provider while the first one drains', async () => {
    const { route, answer, webPort } = await beginDownload(stage())
    const pipe = { port: route.consumer.ready.port('udp'), services: [{ uuid: UUID, protocol: 'tcp', port: webPort }] }
    await stage().provider({ pipes: [pipe] })
    route.provider.program.signal('SIGTERM')
    for (let client = 0; client < 10; client++) await download(route.port, 1000)
    await readContent(answer, BODY_BYTES)
    assert.deepEqual(await route.provider.program.ended(), { code: 0, signal: null })
  })

  for (const side of ['consumer', 'provider'] as const) {
    it(`ends a ${side} that has nothing to finish, with status 0`, async () => {
      const web = await stage().peer(startWebServer())
      const route = await stage().oneHop(web.port)
      await download(route.port, 1000)
      route[side].program.signal('SIGTERM')
      assert.deepEqual(await route[side].program.ended(), { code: 0, signal: null })
    })
  }

  it('a second time ends a consumer now, and its client is not told of an end', async () => {
    const web = await stage().peer(startWebServer())
    const { consumer, port } = await stage().oneHop(web.port)
    const socket = await open(port)
    socket.write(`GET /bytes/${BODY_BYTES}?framing=close HTTP/1.1\r\nHost: a\r\n\r\n`)
    await read(socket, 100_000)
    consumer.program.signal('SIGTERM')
    await eventually('new clients are refused', () => isRefused(port))
    assert.equal(consumer.program.status, null, 'it ended although an answer was under way')
    consumer.program.signal('SIGTERM')
    await consumer.program.ended()
    assert.equal(await ending(socket), 'reset')
  })

  it('and SIGINT mean the same', async () => {
    const { route, answer } = await beginDownload(stage())
    route.consumer.program.signal('SIGINT')
    await readContent(answer, BODY_BYTES)
    assert.deepEqual(await route.consumer.program.ended(), { code: 0, signal: null })
  })
})

describe('SIGHUP', () => {
  const stage = useStage()

  for (const side of ['consumer', 'provider'] as const) {
    it(`is logged by a ${side}, which serves on`, async () => {
      const web = await stage().peer(startWebServer())
      const route = await stage().oneHop(web.port)
      const { program } = route[side]
      program.signal('SIGHUP')
      await program.line(/SIGHUP/)
      await download(route.port, 1000)
      assert.equal(program.status, null)
    })
  }
})

/** A download of which the head has arrived and the body waits for its reader. */
async function beginDownload(
  stage: Stage,
): Promise<{ readonly route: Route; readonly answer: IncomingMessage; readonly webPort: number }> {
  const web = await stage.peer(startWebServer())
  const route = await stage.oneHop(web.port)
  return { route, answer: await get(route.port, `/bytes/${BODY_BYTES}`), webPort: web.port }
}

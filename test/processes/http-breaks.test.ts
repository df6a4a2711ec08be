// Ends that are no ends: a client that leaves is missed by the target at once, a target that dies is never taken for one that has said all,
// and whoever is slow costs the daemons a bounded piece of memory.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { contentAt, contentChunks } from '../../stresstest/content.ts'
import { residentBytes } from '../../stresstest/rig/usage.ts'
import { BEATS_A_SECOND, beatsUntil } from './beats.ts'
import { ending, fill, get, open, read } from './clients.ts'
import { askAside, type DrivenServer, startDrivenServer } from './driven-server.ts'
import { useSharedStage } from './harness.ts'
import { prepare } from './http-clients.ts'
import { HOPS, type HttpRoute, layHops, wayOf } from './http-routes.ts'

const MIB = 1024 * 1024
const GIB = 1024 * MIB

/** How much is read slowly, and in what pieces: more than all windows of the way together, so that what is kept would show. */
const ENOUGH_BYTES = 80 * MIB
const STEP_BYTES = 4 * MIB

/** The ways to leave. The last one goes on reading, as `nc` does at the end of its input. */
const LEAVING: Readonly<Record<string, (socket: Socket) => void>> = {
  'resets its connection': (socket) => socket.resetAndDestroy(),
  'closes its connection': (socket) => socket.destroy(),
  'ends its half': (socket) => socket.resume().end(),
}

/** What a target may say about the length of its answer. */
const FRAMINGS = ['length', 'chunked', 'close'] as const
type Framing = (typeof FRAMINGS)[number]

for (const hops of HOPS) {
  describe(`ends that are none ${wayOf(hops)}`, () => {
    let route: HttpRoute
    let target: DrivenServer
    let port = 0

    useSharedStage(async (stage) => {
      target = await stage.peer(startDrivenServer())
      route = await layHops(hops, stage, target.port)
      port = route.port
    })

    for (const [way, leave] of Object.entries(LEAVING)) {
      it(`a client that ${way} in a download is missed by the target within a second`, async () => {
        const { socket, response } = await converse('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        pipeline(Readable.from(contentChunks(GIB)), response).catch(ignore)
        await read(socket, 4 * MIB)
        await isMissed(response, () => leave(socket))
      })

      it(`a client that ${way} in an upload is missed by the target within a second`, async () => {
        const { socket, request, response } = await converse(
          `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${GIB}\r\n\r\n`,
        )
        pipeline(Readable.from(contentChunks(GIB)), socket).catch(ignore)
        request.on('error', ignore)
        await read(request, 4 * MIB)
        request.resume()
        await isMissed(response, () => {
          socket.unpipe()
          leave(socket)
        })
      })

      it(`a client that ${way} before an answer has begun is missed by the target`, async () => {
        const { socket, response } = await converse('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        await isMissed(response, () => leave(socket))
      })
    }

    for (const version of ['1.1', '1.0']) {
      for (const framing of FRAMINGS) {
        it(`a target that resets in the middle of its answer resets an HTTP/${version} client (${framing})`, async () => {
          const { socket, response } = await converse(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`)
          begin(response, framing).write(contentAt(0, 300_000))
          await read(socket, 300_000)
          response.socket?.resetAndDestroy()
          assert.equal(await ending(socket), 'reset')
        })
      }

      for (const framing of ['length', 'chunked'] as const) {
        it(`a target that ends in the middle of its answer resets an HTTP/${version} client (${framing})`, async () => {
          const { socket, response } = await converse(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`)
          begin(response, framing).write(contentAt(0, 300_000))
          await read(socket, 300_000)
          response.socket?.end()
          assert.equal(await ending(socket), 'reset')
        })
      }

      for (const framing of ['length', 'close'] as const) {
        it(`a target that resets while nobody reads is not taken for an end by an HTTP/${version} client (${framing})`, async () => {
          const { socket, response } = await converse(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`)
          begin(response, framing).flushHeaders()
          await fill(response.socket!)
          response.socket!.resetAndDestroy()
          assert.equal(await ending(socket), 'reset')
        })
      }
    }

    it('an answer of 1 GiB that is read slowly costs no daemon more than 64 MiB', async function () {
      if (process.platform !== 'linux') this.skip()
      target.serve((_, response) => void pipeline(Readable.from(contentChunks(GIB)), response).catch(ignore))
      await spendsLittle(await get(port, '/'))
    })

    it('a body of 1 GiB that the target reads slowly costs no daemon more than 64 MiB', async function () {
      if (process.platform !== 'linux') this.skip()
      const asked = prepare(port, { method: 'PUT', headers: { 'content-length': GIB } })
      pipeline(Readable.from(contentChunks(GIB)), asked).catch(ignore)
      const { request } = await target.visit()
      request.on('error', ignore)
      await spendsLittle(request)
      asked.destroy()
    })

    /** The target is told that its client has left, as soon as was promised. */
    async function isMissed(response: ServerResponse, leave: () => void): Promise<void> {
      const closed = once(response, 'close')
      leave()
      const beats = await beatsUntil(closed, () => askAside(port))
      assert.ok(!response.writableFinished)
      assert.ok(beats <= BEATS_A_SECOND, `it was missed after ${beats} beats`)
    }

    /** A client that has said `text`, and what the target has of it. */
    async function converse(text: string) {
      const visited = target.visit()
      const socket = await open(port)
      socket.on('error', ignore)
      socket.write(text)
      return { socket, ...(await visited) }
    }

    /** Reads the first pieces of 1 GiB; between two of them it reads nothing for as long as somebody else's request takes. */
    async function spendsLittle(body: Readable): Promise<void> {
      await askAside(port)
      const idle = route.daemons.map((daemon) => residentBytes(daemon.pid))
      for (let offset = 0; offset < ENOUGH_BYTES; offset += STEP_BYTES) {
        const piece = await read(body, STEP_BYTES)
        assert.ok(piece.equals(contentAt(offset, STEP_BYTES)), `the piece at ${offset} is damaged`)
        await askAside(port)
        route.daemons.forEach((daemon, index) => {
          const growth = Math.round((residentBytes(daemon.pid) - idle[index]!) / MIB)
          assert.ok(growth <= 64, `${daemon.name} grew by ${growth} MiB at ${offset}`)
        })
      }
      body.destroy()
    }
  })
}

function begin(response: ServerResponse, framing: Framing): ServerResponse {
  response.on('error', ignore)
  if (framing === 'length') response.setHeader('content-length', GIB)
  if (framing === 'close') {
    response.shouldKeepAlive = false
    response.useChunkedEncodingByDefault = false
  }
  return response
}

function ignore(): void {}

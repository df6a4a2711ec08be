// A slow reader is its own problem: it costs the daemons a bounded piece of memory and nobody else any time.

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { contentAt } from '../../stresstest/content.ts'
import { residentBytes } from '../../stresstest/rig/usage.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { acceptOne } from './accept-one.ts'
import { download, fill, get, open, read, readContent } from './clients.ts'
import { type Route, useStage } from './harness.ts'

const MIB = 1024 * 1024
const GIB = 1024 * MIB
/** What something else has disturbed is not in the middle of so many. */
const ROUNDS = 9

describe('back-pressure', function () {
  this.slow(30_000)
  this.timeout(300_000)
  const stage = useStage()

  it('a slow reader of 1 GiB costs neither daemon more than 64 MiB', async function () {
    if (process.platform !== 'linux') this.skip()
    const STEP_BYTES = 4 * MIB
    const web = await stage().peer(startWebServer())
    const route = await stage().oneHop(web.port)
    await download(route.port, 64 * MIB) // lets buffers, nurseries and compiled code grow that grow once
    const idle = residents(route)
    const answer = await get(route.port, `/bytes/${GIB}`)
    for (let offset = 0; offset < GIB; offset += STEP_BYTES) {
      // Between two steps it reads nothing for as long as somebody else's request takes.
      const piece = await read(answer, STEP_BYTES)
      assert.ok(piece.equals(contentAt(offset, STEP_BYTES)), `the piece at ${offset} is damaged`)
      await download(route.port, 1)
      residents(route).forEach((bytes, index) => {
        const growth = Math.round((bytes - idle[index]!) / MIB)
        assert.ok(growth <= 64, `${index === 0 ? 'the consumer' : 'the provider'} grew by ${growth} MiB at ${offset}`)
      })
    }
  })

  for (const reader of ['client', 'target'] as const) {
    it(`a ${reader} that reads nothing holds back who writes to it, and finds all of it later`, async () => {
      const MOST_WAITING_BYTES = 64 * MIB
      const { peer, accepted } = await acceptOne(stage())
      const { port } = await stage().oneHop(peer.port)
      const client = await open(port)
      const target = await accepted
      const [resting, writer] = reader === 'client' ? [client, target] : [target, client]
      const leftBytes = await fill(writer, MOST_WAITING_BYTES)
      assert.ok(leftBytes > 0 && leftBytes < MOST_WAITING_BYTES, `${leftBytes} bytes left the writer`)
      const arrived = await read(resting, leftBytes)
      assert.ok(arrived.equals(contentAt(0, leftBytes)))
      for (const socket of [client, target]) socket.destroy()
    })
  }

  it('100 clients that read nothing do not slow a download', async () => {
    const SAMPLE_BYTES = 16 * MIB
    const web = await stage().peer(startWebServer())
    const [{ port }, { port: elsewhere }] = [await stage().oneHop(web.port), await stage().oneHop(web.port)]
    for (const each of [port, elsewhere]) await download(each, SAMPLE_BYTES) // warms up whatever warms up
    const stalled = await Promise.all(Array.from({ length: 100 }, () => get(port, `/bytes/${GIB}`)))
    const ratios: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const besideMs = await timed(port, SAMPLE_BYTES)
      ratios.push(besideMs / (await timed(elsewhere, SAMPLE_BYTES)))
    }
    for (const answer of stalled) answer.destroy()
    // To the same right afterwards where nobody stands still; 2 leaves room for moods and none for waiting behind a stalled stream.
    const ratio = ratios.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!
    assert.ok(ratio <= 2, `beside them a download took ${ratios.map((each) => each.toFixed(1))} times as long`)
  })

  it('two answers of 16 MiB of which the second is read first both arrive whole', async () => {
    const web = await stage().peer(startWebServer())
    const { port } = await stage().oneHop(web.port)
    const [first, second] = await Promise.all([get(port, `/bytes/${16 * MIB}`), get(port, `/bytes/${16 * MIB}`)])
    await readContent(second as IncomingMessage, 16 * MIB)
    await readContent(first as IncomingMessage, 16 * MIB)
  })

  it('two answers of 16 MiB, second first, arrive whole through two hops', async () => {
    const web = await stage().peer(startWebServer())
    const { port } = await stage().twoHops(web.port)
    const [first, second] = await Promise.all([get(port, `/bytes/${16 * MIB}`), get(port, `/bytes/${16 * MIB}`)])
    await readContent(second as IncomingMessage, 16 * MIB)
    await readContent(first as IncomingMessage, 16 * MIB)
  })
})

function residents(route: Route): number[] {
  return [residentBytes(route.consumer.program.pid), residentBytes(route.provider.program.pid)]
}

/** In milliseconds. */
async function timed(port: number, bytes: number): Promise<number> {
  const begun = performance.now()
  await download(port, bytes)
  return performance.now() - begun
}

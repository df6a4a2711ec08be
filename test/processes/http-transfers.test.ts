// What goes through an http service comes out as it went in: every method, every size, every framing, over one hop and over two.
// `npm run test:links` runs this over every other way than UDP, too.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { contentChunks, contentSha256 } from '../../stresstest/content.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { download, eventually, get, readContent, sha256Of, textOf } from './clients.ts'
import { startDigestServer } from './digest-server.ts'
import { askAside, startDrivenServer } from './driven-server.ts'
import { OTHER_UUID, UUID, useSharedStage, useStage } from './harness.ts'
import { ask, prepare, sendBody } from './http-clients.ts'
import { LAYOUTS, lay } from './links.ts'

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB
const SIZES = [0, 1, 4 * KIB, 5 * MIB] as const
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const FRAMINGS = ['length', 'chunked'] as const

for (const layout of LAYOUTS) {
  describe(`http requests ${layout.name}`, function () {
    this.slow(20_000)
    let port = 0

    useSharedStage(async (stage) => {
      const digests = await stage.peer(startDigestServer())
      port = (await lay(layout, stage, digests.port)).httpPort
    })

    METHODS.forEach((method, index) => {
      it(`bodies of ${method} arrive whole, from nothing to 5 MiB`, async () => {
        for (const framing of FRAMINGS) {
          for (const bytes of SIZES) await sendBody(port, method, bytes, framing)
        }
      })

      // What has a length over one hop has chunks over two, and the other way round: all of them would be gigabytes more.
      const framing = FRAMINGS[(index + layout.hops) % 2]!
      it(`200 MiB of ${method} arrive whole (${framing})`, () => sendBody(port, method, 200 * MIB, framing))
    })

    it('200 bodies at once arrive whole, each as its own', async () => {
      const sending = Array.from({ length: 200 }, (_, client) =>
        sendBody(port, METHODS[client % 6]!, 20_000 + client, FRAMINGS[client % 2]!),
      )
      await Promise.all(sending)
    })
  })

  describe(`http answers ${layout.name}`, function () {
    this.slow(20_000)
    let port = 0
    let targetPort = 0

    useSharedStage(async (stage) => {
      targetPort = (await stage.peer(startWebServer())).port
      port = (await lay(layout, stage, targetPort)).httpPort
    })

    for (const framing of ['length', 'chunked', 'close']) {
      it(`answers arrive whole, from nothing to 5 MiB (${framing})`, async () => {
        for (const bytes of SIZES) {
          const path = `/bytes/${bytes}?framing=${framing}`
          const [answer, direct] = await Promise.all([get(port, path), get(targetPort, path)])
          assert.equal(answer.headers['content-length'], direct.headers['content-length'])
          await Promise.all([readContent(answer, bytes), readContent(direct, bytes)])
        }
      })
    }

    it('the hash that a user would compare is the same on both sides', async () => {
      assert.equal(await sha256Of(await get(port, `/bytes/${5 * MIB}?framing=close`)), contentSha256(5 * MIB))
    })

    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      it(`5 MiB each way at once, with ${method}`, async () => {
        for (const headers of [{ 'content-length': 5 * MIB }, { 'transfer-encoding': 'chunked' }]) {
          const asked = prepare(port, { method, path: '/echo', headers })
          const answered = once(asked, 'response') as Promise<[IncomingMessage]>
          const sent = pipeline(Readable.from(contentChunks(5 * MIB)), asked)
          const [answer] = await answered
          await Promise.all([sent, readContent(answer, 5 * MIB)])
        }
      })
    }

    it('200 clients at once each have their own answer', async () => {
      await Promise.all(Array.from({ length: 200 }, (_, client) => download(port, 50_000 + client)))
    })
  })
}

for (const layout of LAYOUTS) {
  describe(`large http answers ${layout.name}`, function () {
    this.slow(20_000)
    this.timeout(300_000)
    const stage = useStage()

    if (layout.hops === 1) {
      it('an answer of 1 GiB arrives whole', async () => {
        const web = await stage().peer(startWebServer())
        const { httpPort } = await lay(layout, stage(), web.port)
        await download(httpPort, GIB)
      })
    } else {
      it('answers of 32 MiB without a length arrive whole', async () => {
        const web = await stage().peer(startWebServer())
        const { httpPort } = await lay(layout, stage(), web.port)
        for (const framing of ['chunked', 'close']) {
          await readContent(await get(httpPort, `/bytes/${32 * MIB}?framing=${framing}`), 32 * MIB)
        }
      })
    }
  })
}

describe('more http clients than places', () => {
  const stage = useStage()

  it('50 of 200 clients are served at once, unless told otherwise, and the rest wait and are served', async () => {
    const target = await stage().peer(startDrivenServer())
    const { port, aside } = await layWithAside(target.port)
    const atTarget: ServerResponse[] = []
    target.serve((_, response) => atTarget.push(response))
    const asked = Array.from({ length: 200 }, () => ask(port, {}))
    for (let served = 0; served < 200; served += 50) {
      await eventually('50 requests are at the target', () => atTarget.length >= 50)
      // Whatever else was let through before this would have arrived with it.
      for (let round = 0; round < 3; round++) await askAside(aside)
      assert.equal(atTarget.length, 50)
      for (const response of atTarget.splice(0)) response.end('you were one of them\n')
    }
    const answers = await Promise.all(asked)
    const texts = await Promise.all(answers.map(textOf))
    assert.deepEqual(texts, Array(200).fill('you were one of them\n'))
  })

  /** A service with its defaults, and one beside it on the same way. */
  async function layWithAside(targetPort: number): Promise<{ readonly port: number; readonly aside: number }> {
    const services = [{ uuid: UUID }, { uuid: OTHER_UUID }]
    const consumer = await stage().consumer({ root: { hold: 60 }, services })
    const targets = services.map((service) => ({ ...service, port: targetPort }))
    await stage().provider({ pipes: [{ port: consumer.ready.port('udp'), services: targets }] })
    return { port: consumer.ready.port(UUID), aside: consumer.ready.port(OTHER_UUID) }
  }
})

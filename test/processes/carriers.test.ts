// What goes in comes out, whatever the link runs over: bytes, ends, many clients at once, slow readers, and sides that are killed.

import assert from 'node:assert/strict'
import { contentAt, contentSha256 } from '../../stresstest/content.ts'
import { startEchoServer } from '../../stresstest/echo-server.ts'
import { residentBytes } from '../../stresstest/rig/usage.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { type CarriedRoute, CarriedSite, WAYS } from './carried.ts'
import { download, ending, eventually, exchange, get, open, read, sha256Of, textOf, upload } from './clients.ts'
import { OTHER_UUID, UUID, useSharedStage, useStage } from './harness.ts'
import { KeyedSite, logged } from './keyed-site.ts'

const KIB = 1_024
const MIB = 1_024 * KIB

for (const way of WAYS) {
  describe(`transfers over ${way}`, function () {
    this.slow(20_000)
    let route: CarriedRoute
    let echoPort = 0

    useSharedStage(async (stage) => {
      const site = await CarriedSite.make(stage)
      const web = await stage.peer(startWebServer())
      const echo = await stage.peer(startEchoServer())
      route = await site.oneHop(way, web.port)
      echoPort = (await site.oneHop(way, echo.port)).port
    })

    for (const bytes of [0, 1, 4 * KIB, 5 * MIB, 64 * MIB]) {
      it(`${bytes} bytes arrive whole, down and up, of a tcp service and of an http service`, async () => {
        for (const port of [route.port, route.httpPort]) {
          await download(port, bytes)
          assert.deepEqual(await upload(port, bytes), { sha256: contentSha256(bytes), bytes })
        }
      })
    }

    it('a client that has ended still receives everything, and then the end', async () => {
      const socket = await open(echoPort)
      socket.end(contentAt(0, 5 * MIB))
      assert.equal(await sha256Of(socket), contentSha256(5 * MIB))
    })

    it('an echo comes back, each at once, and a client that ends without a byte is answered with an end', async () => {
      const [talker, silent] = [await open(echoPort), await open(echoPort)]
      for (const word of ['ping', 'pong']) assert.equal(await exchange(talker, word), word)
      talker.destroy()
      silent.end()
      assert.equal(await textOf(silent), '')
    })

    it('100 clients at once each have their own answer', async () => {
      const ports = [route.port, route.httpPort]
      await Promise.all(Array.from({ length: 100 }, (_, client) => download(ports[client % 2]!, 50_000 + client)))
    })
  })
}

for (const way of WAYS.filter((each) => each === 'tcp' || each === 'stunnel')) {
  describe(`transfers over two hops of ${way}`, () => {
    let port = 0
    useSharedStage(async (stage) => {
      const web = await stage.peer(startWebServer())
      port = (await (await CarriedSite.make(stage)).twoHops(way, web.port)).port
    })

    it('5 MiB arrive whole, down and up', async () => {
      await download(port, 5 * MIB)
      assert.deepEqual(await upload(port, 5 * MIB), { sha256: contentSha256(5 * MIB), bytes: 5 * MIB })
    })
  })
}

for (const way of WAYS) {
  describe(`a link over ${way}`, function () {
    this.slow(20_000)
    const stage = useStage()
    let site: CarriedSite
    let webPort = 0

    beforeEach(async () => {
      site = await CarriedSite.make(stage())
      webPort = (await stage().peer(startWebServer())).port
    })

    it('costs neither daemon more than 64 MiB while somebody reads 256 MiB slowly', async function () {
      if (process.platform !== 'linux') this.skip()
      const [bytes, stepBytes] = [256 * MIB, 4 * MIB]
      const { port, consumer, provider } = await site.oneHop(way, webPort)
      await download(port, 64 * MIB) // lets buffers, nurseries and compiled code grow that grow once
      const residents = () => [consumer, provider].map(({ program }) => residentBytes(program.pid))
      const idle = residents()
      const answer = await get(port, `/bytes/${bytes}`)
      for (let offset = 0; offset < bytes; offset += stepBytes) {
        // Between two steps it reads nothing for as long as somebody else's request takes.
        assert.ok((await read(answer, stepBytes)).equals(contentAt(offset, stepBytes)), `damaged at ${offset}`)
        await download(port, 1)
        const growth = residents().map((now, index) => Math.round((now - idle[index]!) / MIB))
        assert.ok(Math.max(...growth) <= 64, `consumer and provider grew by ${growth} MiB at ${offset}`)
      }
    })

    it('is back after the provider was killed, which resets its clients, and after the consumer was', async () => {
      const { port, consumer, provider, again } = await site.oneHop(way, webPort)
      const socket = await open(port)
      socket.write(`GET /bytes/${256 * MIB}?framing=close HTTP/1.1\r\nHost: a\r\n\r\n`)
      await read(socket, 1)
      await provider.program.kill()
      assert.equal(await ending(socket), 'reset')
      await again.provider()
      await download(port, 1_000)
      await consumer.program.kill()
      await again.consumer()
      await eventually('it is served again', () => isServed(port))
    })

    it('carries sessions of a key that is listed, and of no other', async () => {
      const keyed = new KeyedSite(stage())
      const [listed, other] = [keyed.newKey('listed'), keyed.newKey('other')]
      keyed.authorize(`services="${UUID},${OTHER_UUID}" ${listed.publicKey}`)
      const { port, consumer, pipe } = await site.oneHop(way, webPort, {
        consumerRoot: { identity: keyed.consumerKey.file, authorized_providers: 'providers' },
        pipe: { identity: listed.file, consumer_key: keyed.consumerKey.publicKey },
      })
      await download(port, 5 * MIB)
      const [registered] = logged(consumer.program, 'serviceRegistered')
      assert.equal(registered!.key, listed.fingerprint)
      stage().launchProvider({ pipes: [{ ...pipe, elements: { ...pipe.elements, identity: other.file } }] })
      const isTold = () => logged(consumer.program, 'strangerRefused').some(({ key }) => key === other.fingerprint)
      await eventually('the consumer tells of the other key', isTold)
    })
  })
}

async function isServed(port: number): Promise<boolean> {
  try {
    await download(port, 1_000)
    return true
  } catch {
    return false // the port is not open, or nobody serves it yet
  }
}

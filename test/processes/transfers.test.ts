// What goes in comes out, whatever its size: over one hop and over two, checked byte by byte.
// `npm run test:links` runs this over every other way than UDP, too.

import assert from 'node:assert/strict'
import { contentSha256 } from '../../stresstest/content.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { download, get, readContent, sha256Of, upload } from './clients.ts'
import { useSharedStage } from './harness.ts'
import { LAYOUTS, lay } from './links.ts'

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

for (const layout of LAYOUTS) {
  describe(`transfers ${layout.name}`, function () {
    this.slow(20_000)
    let port = 0

    useSharedStage(async (stage) => {
      const web = await stage.peer(startWebServer())
      port = (await lay(layout, stage, web.port)).port
    })

    for (const bytes of [0, 1, 4 * KIB, 5 * MIB]) {
      it(`an answer of ${bytes} bytes arrives whole`, () => download(port, bytes))
    }

    for (const bytes of [0, 1, 4 * KIB, 5 * MIB, 200 * MIB]) {
      it(`an upload of ${bytes} bytes arrives whole`, async () => {
        assert.deepEqual(await upload(port, bytes), { sha256: contentSha256(bytes), bytes })
      })
    }

    it('an answer of 1 GiB arrives whole', async function () {
      this.timeout(300_000)
      await download(port, GIB)
    })

    it('an answer whose only end is that of its connection arrives whole', async () => {
      await readContent(await get(port, `/bytes/${5 * MIB}?framing=close`), 5 * MIB)
    })

    it('the hash that a user would compare is the same on both sides', async () => {
      assert.equal(await sha256Of(await get(port, `/bytes/${5 * MIB}`)), contentSha256(5 * MIB))
    })

    it('200 clients at once each have their own answer', async () => {
      await Promise.all(Array.from({ length: 200 }, (_, client) => download(port, 50_000 + client)))
    })

    it('200 uploads at once each have their own answer', async () => {
      const digests = await Promise.all(Array.from({ length: 200 }, (_, client) => upload(port, 20_000 + client)))
      digests.forEach((digest, client) => {
        assert.deepEqual(digest, { sha256: contentSha256(20_000 + client), bytes: 20_000 + client })
      })
    })
  })
}

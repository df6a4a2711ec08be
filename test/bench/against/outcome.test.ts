import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Contender } from '../../../bench/against/contender.ts'
import { transfer } from '../../../bench/against/figures.ts'
import { LOOPBACK } from '../../../bench/against/ground.ts'
import { playScene } from '../../../bench/against/outcome.ts'
import { downloadOnLoopback, type Trial } from '../../../bench/against/trials.ts'
import type { Tunnel } from '../../../bench/against/tunnel.ts'
import { plain } from '../../../bench/against/tunnels/plain.ts'
import { startOrigin } from '../../../bench/origin.ts'
import type { Peer } from '../../../stresstest/peer.ts'
import type { ChildProgram } from '../../../stresstest/rig/child-program.ts'

const BYTES = 100_000

describe('a scene', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edgerq-scene-'))
  let origin: Peer
  before(async () => {
    origin = await startOrigin()
  })
  after(async () => {
    await origin.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('measures all tunnels, says of one that died what it died of, and goes on', async () => {
    const [, pipes] = plain().tunnels as [Tunnel, Tunnel]
    const { samples, failures } = await play([pipes, mortal(pipes)])
    assert.deepEqual(samples.routes(transfer.speed), [pipes.name])
    assert.equal(samples.values(transfer.speed, pipes.name).length, 2)
    assert.deepEqual([...new Set(failures.map(({ route, reason }) => `${route}: ${reason}`))], ['mortal: mortal ended'])
  })

  it('gives a tunnel up that did not serve three times in a row, and still says of each trial why', async () => {
    const [, pipes] = plain().tunnels as [Tunnel, Tunnel]
    let laid = 0
    const dead = mortal(pipes)
    const lay: Tunnel['lay'] = (site) => {
      laid++
      return dead.lay(site)
    }
    const { failures } = await play([{ ...dead, lay }], 4)
    assert.equal(failures.length, 4)
    assert.equal(laid, 3)
  })

  it('lays a tunnel anew that died between two rounds', async () => {
    const [, pipes] = plain().tunnels as [Tunnel, Tunnel]
    const laid: ChildProgram[] = []
    const frail: Tunnel = {
      ...pipes,
      name: 'frail',
      lay: async (site) => {
        const ports = await pipes.lay(site)
        const command = [process.execPath, '-e', 'setTimeout(() => {}, 1)']
        laid.push(site.start(LOOPBACK.outside, { name: 'frail', command }))
        return ports
      },
    }
    const { samples } = await play([frail], 2, () => laid.at(-1)!.exited)
    assert.equal(samples.values(transfer.speed, 'frail').length, 2)
    assert.ok(laid.length > 1)
  })

  /** `between`: what is waited for behind each trial. */
  function play(tunnels: readonly Tunnel[], rounds = 2, between: () => Promise<unknown> = async () => {}) {
    const download = downloadOnLoopback({ bytes: BYTES, withinSeconds: 30 })
    const measure: Trial['measure'] = async (...args) => {
      const measured = await download.measure(...args)
      await between()
      return measured
    }
    const site = {
      ground: LOOPBACK,
      folder,
      origins: { requestsPort: origin.port, transfersPort: origin.port },
      controller: null,
    }
    return playScene({
      name: 'test',
      contenders: tunnels.map((tunnel) => new Contender(tunnel, site)),
      trials: [{ ...download, measure }],
      rounds,
      warmUp: { bytes: BYTES, withinSeconds: 30, seconds: 0.05 },
    })
  }
})

/** Its program ends at once, so nothing answers where it says. */
function mortal(tunnel: Tunnel): Tunnel {
  return {
    ...tunnel,
    name: 'mortal',
    lay: async (site) => {
      site.start(LOOPBACK.outside, { name: 'mortal', command: [process.execPath, '-e', ''] })
      return { requestsPort: 9, transfersPort: 9 }
    },
  }
}

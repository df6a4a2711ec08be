import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { chained } from '../../../bench/against/chain.ts'
import { Contender } from '../../../bench/against/contender.ts'
import { LOOPBACK } from '../../../bench/against/ground.ts'
import { wide } from '../../../bench/against/ground-name.ts'
import { readAgainstOptions } from '../../../bench/against/options.ts'
import { partOf } from '../../../bench/against/part.ts'
import { planGround } from '../../../bench/against/plan.ts'
import type { Tunnel } from '../../../bench/against/tunnel.ts'
import { Samples } from '../../../bench/samples.ts'
import { MACHINE } from './parts.ts'

const overTcp: Tunnel = {
  name: 'over TCP',
  whose: 'others',
  isEncrypted: true,
  isOnLinks: true,
  lay: () => Promise.reject(new Error('nothing is laid here')),
}

describe('a part of a report', () => {
  const options = readAgainstOptions(['--against', 'frp', '--rounds', '2'])
  const site = { ground: LOOPBACK, folder: tmpdir(), origins: { requestsPort: 1, transfersPort: 1 } }
  const tunnels = [overTcp, chained({ ...overTcp, name: 'own', whose: 'ours', controllers: ['bbr'] }, 3)]
  const plan = planGround(wide(40, 0.1), tunnels, options)
  const contenders = plan.entrants.map(({ tunnel, controller }) => new Contender(tunnel, { ...site, controller }))
  const scene = { plan, title: 'a link', contenders, samples: new Samples(), failures: [], left: ['of the machine'] }
  const part = partOf(scene, { options, machine: MACHINE, versions: ['frps 1.2.3'], left: ['of the run'] })

  it('knows its ground by name, how it was measured, and all that was left out', () => {
    const { ground, left, versions, options } = part
    assert.deepEqual(
      { ground, left, versions },
      { ground: '40/0.1', left: ['of the run', 'of the machine'], versions: ['frps 1.2.3'] },
    )
    const [seconds, transferBytes, withinSeconds] = [5, 268_435_456, 30]
    assert.deepEqual(options, { rounds: 2, seconds, transferBytes, withinSeconds, isQuick: false })
  })

  it('keeps of each tunnel what tables, charts and bars ask for', () => {
    const other = { tunnel: 'over TCP', whose: 'others', isEncrypted: true, hops: 1, isOverTcp: true }
    assert.deepEqual(part.contenders, [
      { name: 'over TCP · cubic', controller: 'cubic', ...other },
      { name: 'over TCP · bbr', controller: 'bbr', ...other },
      {
        name: 'own, 3 hops · bbr',
        tunnel: 'own, 3 hops',
        controller: 'bbr',
        whose: 'ours',
        isEncrypted: true,
        hops: 3,
        isOverTcp: false,
      },
    ])
  })
})

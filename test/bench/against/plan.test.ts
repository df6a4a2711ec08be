import assert from 'node:assert/strict'
import { chained } from '../../../bench/against/chain.ts'
import { entrantName } from '../../../bench/against/entrant.ts'
import { wide } from '../../../bench/against/ground-name.ts'
import { readAgainstOptions } from '../../../bench/against/options.ts'
import { mostSeconds, planGround } from '../../../bench/against/plan.ts'
import type { Tunnel } from '../../../bench/against/tunnel.ts'
import { plain } from '../../../bench/against/tunnels/plain.ts'

const overTcp: Tunnel = {
  name: 'over TCP',
  whose: 'others',
  isEncrypted: true,
  isOnLinks: true,
  lay: () => Promise.reject(new Error('a plan lays nothing')),
}
const overQuic: Tunnel = { ...overTcp, name: 'over QUIC', controllers: ['cubic'] }
const TUNNELS = [...plain().tunnels, overTcp, overQuic, chained(overTcp, 2)]

describe('the plan of a ground', () => {
  it('has each tunnel on each controller where the line is what limits, and chains where there is room', () => {
    assert.deepEqual(names(wide(40, 1)), [
      'direct · cubic',
      'direct · bbr',
      'over TCP · cubic',
      'over TCP · bbr',
      'over QUIC · cubic',
      'over TCP, 2 hops · cubic',
      'over TCP, 2 hops · bbr',
    ])
    assert.deepEqual(names('narrow').at(-1), 'over QUIC · cubic')
    assert.deepEqual(names('loopback'), ['direct', 'two TCP pipes', 'over TCP', 'over QUIC', 'over TCP, 2 hops'])
  })

  it('knows how long it takes at most: all trials of all that they suit, in all rounds, and what comes before them', () => {
    const one = planGround('narrow', [overTcp], options(1))
    const [download, beside] = one.trials.map(({ seconds }) => seconds) as [number, number]
    const round = 2 * download + beside // what is on the kernel's BBR is not measured beside CUBIC
    assert.equal(mostSeconds(planGround('narrow', [overTcp], options(2))) - mostSeconds(one), round)
    assert.ok(mostSeconds(one) > round)
  })
})

function options(rounds: number) {
  return readAgainstOptions(['--against', 'frp', '--rounds', String(rounds)])
}

function names(ground: Parameters<typeof planGround>[0]): string[] {
  return planGround(ground, TUNNELS, options(5)).entrants.map(({ tunnel, controller }) =>
    entrantName(tunnel.name, controller),
  )
}

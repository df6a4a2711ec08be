import assert from 'node:assert/strict'
import { holdBars } from '../../../bench/against/bars.ts'
import { LINK_CROWDS, linkTransfer } from '../../../bench/against/figures.ts'
import { EDGERQ } from '../../../bench/against/tunnels/edgerq.ts'
import { contender, narrowPart, samplesOf } from './parts.ts'

const OWN = `${EDGERQ.tcp} · bbr`
const { p99 } = LINK_CROWDS.at(-1)!

/** Two hops are no rival; QUIC is one for speed, but not where it goes by TCP. */
const part = narrowPart({
  ground: '40/1',
  contenders: [
    contender({ name: OWN, tunnel: EDGERQ.tcp, controller: 'bbr', whose: 'ours', isOverTcp: false }),
    contender({ name: 'slow over TCP' }),
    contender({ name: 'quick over TCP' }),
    contender({ name: 'over QUIC', isOverTcp: false }),
    contender({ name: 'two hops', hops: 2 }),
    contender({ name: 'no tunnel', whose: 'nobody', hops: 0 }),
  ],
  samples: samplesOf(
    [linkTransfer.speed, OWN, [160]],
    [linkTransfer.speed, 'slow over TCP', [2]],
    [linkTransfer.speed, 'over QUIC', [100]],
    [linkTransfer.speed, 'two hops', [150]],
    [linkTransfer.speed, 'no tunnel', [190]],
    [p99, OWN, [3]],
    [p99, 'slow over TCP', [12]],
    [p99, 'quick over TCP', [10]],
    [p99, 'over QUIC', [5]],
  ),
})

describe('the bars of a lossy link', () => {
  it('hold speed against the fastest tunnel of others and waiting against the calmest over TCP, both with one hop', () => {
    const rivals = holdBars(part).filter(({ bar }) => bar.dividedBy !== null)
    assert.deepEqual(
      rivals.map(({ bar, judged }) => [bar.figure.name, bar.dividedBy?.route, judged?.value, judged?.isMet]),
      [
        [linkTransfer.speed.name, 'over QUIC', 1.6, true],
        [p99.name, 'quick over TCP', 0.3, true],
        [linkTransfer.speed.name, OWN, undefined, undefined],
      ],
    )
  })

  it('are there for the links that they are about, and for no others', () => {
    assert.equal(holdBars({ ...part, ground: '40/5' }).length, 1)
    assert.equal(holdBars({ ...part, ground: '75/1' }).length, 0)
  })
})

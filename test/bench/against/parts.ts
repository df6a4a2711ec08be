// Parts of a report, small and made up.

import { LOOPBACK_CROWDS, linkTransfer, memory, shareBeside, transfer } from '../../../bench/against/figures.ts'
import type { Part, PartContender } from '../../../bench/against/part.ts'
import { EDGERQ } from '../../../bench/against/tunnels/edgerq.ts'
import { type Figure, Samples } from '../../../bench/samples.ts'

export const MACHINE: Part['machine'] = {
  node: 'v20.20.2',
  system: 'linux 6.18',
  processor: 'A processor',
  cores: 2,
  memoryBytes: 24e9,
  commit: '0123456789ab',
}

/** edgerq at 1.5 times the requests of rathole under Noise, whose downloads broke. */
export function loopbackPart(changes: Partial<Part> = {}): Part {
  const { rate } = LOOPBACK_CROWDS[0]!
  const samples = samplesOf(
    [memory.idle, EDGERQ.tcp, [170]],
    [rate, EDGERQ.tcp, [30_000, 31_000, 29_000]],
    [rate, 'rathole Noise', [20_000, 21_000, 19_000]],
    [transfer.speed, EDGERQ.tcp, [500, 700, 650]],
  )
  return {
    ...COMMON,
    ground: 'loopback',
    title: 'origin nginx',
    contenders: [contender({ name: EDGERQ.tcp, whose: 'ours' }), contender({ name: 'rathole Noise' })],
    samples,
    failures: [{ figures: [transfer.speed.name], route: 'rathole Noise', reason: 'load: it | broke' }],
    ...changes,
  }
}

export function narrowPart(changes: Partial<Part> = {}): Part {
  const own = `${EDGERQ.tcp} · bbr`
  const samples = samplesOf(
    [linkTransfer.speed, 'direct · cubic', [9.5, 9.6]],
    [linkTransfer.speed, own, [9.3, 9.1]],
    [shareBeside, own, [50, 70]],
  )
  return {
    ...COMMON,
    ground: 'narrow',
    title: '10 Mbit/s',
    contenders: [
      contender({ name: 'direct · cubic', tunnel: 'direct', controller: 'cubic', whose: 'nobody', hops: 0 }),
      contender({ name: own, tunnel: EDGERQ.tcp, controller: 'bbr', whose: 'ours', isOverTcp: false }),
    ],
    samples,
    left: ["the kernel's TCP takes no bbr"],
    ...changes,
  }
}

const COMMON = {
  at: '2026-11-22T02:30:00.000Z',
  machine: MACHINE,
  versions: ['rathole 0.5.0'],
  options: { rounds: 3, seconds: 5, transferBytes: 268_435_456, withinSeconds: 30, isQuick: false },
  failures: [],
  left: [],
} as const satisfies Partial<Part>

export function contender(facts: Partial<PartContender> & Pick<PartContender, 'name'>): PartContender {
  return {
    tunnel: facts.name,
    controller: null,
    whose: 'others',
    isEncrypted: true,
    hops: 1,
    isOverTcp: true,
    ...facts,
  }
}

export function samplesOf(...rows: readonly (readonly [Figure, string, readonly number[]])[]): Samples {
  const samples = new Samples()
  for (const [figure, route, values] of rows) for (const value of values) samples.add(figure, route, value)
  return samples
}

// What sealing costs: one body through daemons that seal by each of the sealers that there are, and through ones that do not seal, in turn.
// `npm run bench -- --only sealing`

import { sealingNamed } from '../src/runtime/sealing.ts'
import type { Bar } from './bars.ts'
import { measureTransfer } from './measure.ts'
import type { BenchOptions } from './options.ts'
import { printBench, type Report } from './report.ts'
import { type BenchRoute, layTunnel, startOrigins, type TunnelOptions } from './routes.ts'
import { type Figure, Samples } from './samples.ts'

const NOT_SEALED = 'not sealed'
const BASE = { route: NOT_SEALED, title: '÷ not sealed' }

/** What must be left of the speed of packets that are not sealed: node:crypto may cost half of it, the others 35 %. */
const LEAST_SHARES: Readonly<Record<string, number>> = {
  'node:crypto': 0.5,
  'sodium-native': 0.65,
  openssl: 0.65,
}

/** A tunnel whose both ends seal in one way, and the figures of its size of datagram. */
interface Contender {
  readonly route: BenchRoute
  readonly figures: { readonly speed: Figure; readonly cpu: Figure }
}

/** Everything that is written goes to `folder`. */
export async function benchSealing(folder: string, options: BenchOptions): Promise<void> {
  const contenders = await layContenders(folder, options)
  const samples = new Samples()
  const unheard = new Samples()
  for (const { route, figures } of contenders) {
    console.error(`warming up: ${route.name}`)
    await measureTransfer(route, { way: 'download', bytes: options.warmUpBytes, figures }, unheard)
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const { route, figures } of contenders) {
      console.error(`round ${round + 1} of ${options.rounds}: ${figures.speed.name}, ${route.name}`)
      await measureTransfer(route, { way: 'download', bytes: options.transferBytes, figures }, samples)
    }
  }
  printBench(reportOf(contenders, options, samples))
}

function reportOf(contenders: readonly Contender[], options: BenchOptions, samples: Samples): Report {
  const bars = contenders.flatMap(({ route, figures }) => barsOf(route.name, figures.speed))
  const title = `Downloads of ${options.transferBytes / 2 ** 20} MiB by tcp services over loopback, in turn`
  return { name: 'sealing', title, options, samples, bases: [BASE], bars }
}

function barsOf(route: string, figure: Figure): Bar[] {
  const limit = LEAST_SHARES[route]
  return limit === undefined ? [] : [{ figure, route, dividedBy: BASE, bound: '≥', limit }]
}

/** The sizes one after the other, and each with all sealers in a row, so that a mood of the machine meets those that are compared. */
async function layContenders(folder: string, { maxDatagramBytes }: BenchOptions): Promise<Contender[]> {
  const { transfersPort } = await startOrigins(folder)
  const contenders: Contender[] = []
  for (const bytes of maxDatagramBytes) {
    const figures = figuresOf(bytes)
    for (const tunnel of await tunnels()) {
      const options = { ...tunnel, protocol: 'tcp' as const, maxDatagramBytes: bytes }
      const route = await layTunnel(folder, { requestsPort: transfersPort, transfersPort }, options)
      contenders.push({ route, figures })
    }
  }
  return contenders
}

async function tunnels(): Promise<readonly Pick<TunnelOptions, 'name' | 'daemons'>[]> {
  const sealed = ['node:crypto', 'sodium-native', 'openssl'] as const
  const here = await Promise.all(sealed.map(sealingNamed))
  return [
    { name: NOT_SEALED, daemons: { programs: 'bench/unsealed' } },
    ...sealed
      .filter((_, index) => here[index] !== null)
      .map((name) => ({ name, daemons: { environment: { EDGERQ_SEALING: name } } })),
  ]
}

function figuresOf(bytes: number): Contender['figures'] {
  return {
    speed: { name: `download by ${bytes} B`, unit: 'MB/s', digits: 0 },
    cpu: { name: `CPU, ${bytes} B`, unit: 's/GB', digits: 2 },
  }
}

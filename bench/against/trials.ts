// What is done to a contender, and what it is written down as. A trial throws when the tunnel fails it.

import type { RequestsResult } from '../load.ts'
import { moveBody, runRequests, runWrk } from '../load-runs.ts'
import { isOnPath } from '../nginx.ts'
import { DIRECT } from '../routes.ts'
import type { Figure } from '../samples.ts'
import type { Contender } from './contender.ts'
import { type Entrant, isOfKernel } from './entrant.ts'
import { type CrowdFigures, latency, linkTransfer, shareBeside, transfer } from './figures.ts'
import type { LinkShape } from './link.ts'

export type Measured = readonly (readonly [Figure, number])[]

export interface Trial {
  /** What is told while it runs. */
  readonly title: string
  /** All that it may say; what a failure is written down under. */
  readonly figures: readonly Figure[]
  /** What it takes at most, while no answer is late and nothing hangs. */
  readonly seconds: number
  suits(entrant: Entrant): boolean
  /** `all` are those that meet here, `contender` among them. */
  measure(contender: Contender, all: readonly Contender[]): Promise<Measured>
}

/** A download that is given up after `withinSeconds`, with the speed that it had up to then. */
export interface BoundedBody {
  readonly bytes: number
  readonly withinSeconds: number
}

/** A load starts, connects, and warms up for a tenth of its time. */
const crowdSeconds = (seconds: number): number => seconds * 1.1 + 0.5

/** Whatever is slower on loopback is broken. */
const LEAST_LOOPBACK_SPEED = 50 // MB/s

/** A chain is measured by downloads alone. */
const isNoChain = ({ tunnel: { hops = 1 } }: Entrant): boolean => hops <= 1

export function crowdOnLoopback(figures: CrowdFigures, seconds: number): Trial {
  const { connections, rate, p50, p99, cpu } = figures
  return {
    title: rate.name,
    figures: [rate, p50, p99, ...(cpu === null ? [] : [cpu])],
    seconds: crowdSeconds(seconds),
    suits: isNoChain,
    measure: async (contender) => {
      const { requests } = await contender.ready()
      const before = contender.cpuSeconds()
      const result = await (isOnPath('wrk') ? runWrk : runRequests)(requests, { connections, seconds })
      const spent = contender.cpuSeconds() - before
      const measured: Measured = [[rate, result.requestsPerSecond], ...latencies([p50, p99], result)]
      if (cpu === null || contender.tunnel.hops === 0) return measured
      return [...measured, [cpu, (spent / result.requests) * 1e6]]
    },
  }
}

/** By our own load, for which an answer counts however late it is; latencies in round trips, if the link has any delay. */
export function crowdOnLink(
  { connections, rate, p50, p99 }: CrowdFigures,
  seconds: number,
  roundTripMs: number,
): Trial {
  return {
    title: rate.name,
    figures: [rate, p50, p99],
    seconds: crowdSeconds(seconds),
    suits: isNoChain,
    measure: async (contender) => {
      const { requests } = await contender.ready()
      const result = await runRequests(requests, { connections, seconds })
      if (roundTripMs === 0) return [[rate, result.requestsPerSecond]]
      return [[rate, result.requestsPerSecond], ...latencies([p50, p99], result, roundTripMs)]
    },
  }
}

/** One connection with one request at a time. The direct way must be the first of its round. */
export function latencyTrial(seconds: number): Trial {
  let direct: RequestsResult | null = null
  return {
    title: latency.p50.name,
    figures: Object.values(latency),
    seconds: crowdSeconds(seconds),
    suits: isNoChain,
    measure: async (contender) => {
      const { requests } = await contender.ready()
      const result = await runRequests(requests, { connections: 1, seconds })
      if (contender.name === DIRECT) direct = result
      const measured = latencies([latency.p50, latency.p99], result)
      if (direct === null || contender.name === DIRECT) return measured
      const added = { p50Us: result.p50Us - direct.p50Us, p99Us: result.p99Us - direct.p99Us }
      return [...measured, ...latencies([latency.addedP50, latency.addedP99], added)]
    },
  }
}

export function downloadOnLoopback(body: BoundedBody): Trial {
  return {
    title: transfer.speed.name,
    figures: Object.values(transfer),
    seconds: body.bytes / 1e6 / LEAST_LOOPBACK_SPEED,
    suits: () => true,
    measure: async (contender) => {
      const { transfers } = await contender.ready()
      const before = contender.cpuSeconds()
      const { megabytesPerSecond, isWhole } = await moveBody(transfers, { way: 'download', ...body })
      const perGigabyte = (contender.cpuSeconds() - before) / (body.bytes / 1e9)
      const { hops = 1 } = contender.tunnel
      if (hops === 0 || !isWhole) return [[transfer.speed, megabytesPerSecond]]
      return [
        [transfer.speed, megabytesPerSecond],
        [transfer.cpu, perGigabyte],
        [transfer.cpuPerHop, perGigabyte / hops],
      ]
    },
  }
}

export function downloadOnLink(body: BoundedBody, { megabitsPerSecond }: LinkShape): Trial {
  return {
    title: linkTransfer.speed.name,
    figures: Object.values(linkTransfer),
    seconds: body.withinSeconds,
    suits: () => true,
    measure: async (contender) => {
      const { transfers } = await contender.ready()
      const speed = (await moveBody(transfers, { way: 'download', ...body })).megabytesPerSecond * 8
      return [
        [linkTransfer.speed, speed],
        [linkTransfer.share, (speed / megabitsPerSecond) * 100],
      ]
    },
  }
}

/** Beside a plain TCP download on CUBIC, for the same time. Two kernel flows of which only one is on CUBIC are nobody's question. */
export function downloadBeside(seconds: number): Trial {
  const body = { way: 'download', bytes: 1e12, withinSeconds: seconds } as const
  return {
    title: shareBeside.name,
    figures: [shareBeside],
    seconds,
    suits: (entrant) => entrant.tunnel.hops !== 0 && isNoChain(entrant) && !isOnKernelBbr(entrant),
    measure: async (contender, all) => {
      const rival = all.find(isPlainCubic)
      if (rival === undefined) throw new Error('there is no TCP flow on CUBIC here')
      const beside = await rival.ready()
      const own = await contender.ready()
      const targets = [own.transfers, beside.transfers]
      const [ours, theirs] = await Promise.all(targets.map((target) => moveBody(target, body)))
      const [got, left] = [ours!.megabytesPerSecond, theirs!.megabytesPerSecond]
      return [[shareBeside, (got / (got + left)) * 100]]
    },
  }
}

function isPlainCubic({ tunnel, controller }: Entrant): boolean {
  return tunnel.hops === 0 && controller === 'cubic'
}

function isOnKernelBbr(entrant: Entrant): boolean {
  return isOfKernel(entrant) && entrant.controller === 'bbr'
}

function latencies(
  [p50, p99]: readonly [Figure, Figure],
  { p50Us, p99Us }: Pick<RequestsResult, 'p50Us' | 'p99Us'>,
  unitMs = 1,
): Measured {
  return [
    [p50, p50Us / 1000 / unitMs],
    [p99, p99Us / 1000 / unitMs],
  ]
}

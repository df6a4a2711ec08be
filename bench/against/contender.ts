// One tunnel in one scene, under one controller. It is laid when it is first needed, and again when a run broke or one of its programs died.

import { setTimeout as pause } from 'node:timers/promises'
import { cpuSeconds, residentBytes } from '../../stresstest/rig/usage.ts'
import { type LoadTarget, runRequests } from '../load-runs.ts'
import { type Entrant, entrantName } from './entrant.ts'
import { Site, type SiteOptions } from './site.ts'
import type { Controller, Tunnel } from './tunnel.ts'

/** Where loads enter it. */
export interface Entrance {
  readonly requests: LoadTarget
  readonly transfers: LoadTarget
}

interface Standing {
  readonly site: Site
  readonly entrance: Entrance
}

/** From its start to its first answers; a lossy link is slow to begin with. */
const START_DEADLINE_MS = 60_000
const PROBE_DEADLINE_MS = 5_000
/** In a row; a tunnel that still does not serve will not do so here, and each further try would cost as much as `START_DEADLINE_MS`. */
const MOST_FAILED_STARTS = 3

export class Contender implements Entrant {
  readonly name: string
  readonly tunnel: Tunnel
  readonly controller: Controller | null
  readonly #options: SiteOptions
  #laid: Standing | null = null
  readonly #beforeUse: () => void
  #failedStarts = 0
  #startFailure: unknown = null

  /** `beforeUse` sets what the ground has to have while this one is measured. */
  constructor(tunnel: Tunnel, options: SiteOptions, beforeUse: () => void = () => {}) {
    const { controller } = options
    this.name = entrantName(tunnel.name, controller)
    this.tunnel = tunnel
    this.controller = controller
    this.#options = options
    this.#beforeUse = beforeUse
  }

  /** Resolves when both of its services have answered. */
  async ready(): Promise<Entrance> {
    this.#beforeUse()
    if (this.#laid?.site.programs.some(({ status }) => status !== null)) await this.end()
    this.#laid ??= await this.#layOrGiveUp()
    return this.#laid.entrance
  }

  /** In user and kernel so far, of all that stands between. */
  cpuSeconds(): number {
    return this.#sum(cpuSeconds)
  }

  residentBytes(): number {
    return this.#sum(residentBytes)
  }

  async end(): Promise<void> {
    await this.#laid?.site.end()
    this.#laid = null
  }

  async #layOrGiveUp(): Promise<Standing> {
    if (this.#failedStarts === MOST_FAILED_STARTS) throw this.#startFailure
    try {
      const laid = await this.#lay()
      this.#failedStarts = 0
      return laid
    } catch (error) {
      this.#failedStarts++
      this.#startFailure = error
      throw error
    }
  }

  async #lay(): Promise<Standing> {
    const site = new Site(this.#options)
    try {
      const { host = '127.0.0.1', requestsPort, transfersPort } = await this.tunnel.lay(site)
      const { entry } = this.#options.ground.outside
      const requests = { host, entry, port: requestsPort }
      const transfers = { host, entry, port: transfersPort }
      await untilAnswering(site, [requests, transfers])
      return { site, entrance: { requests, transfers } }
    } catch (error) {
      await site.end()
      throw error
    }
  }

  #sum(measure: (pid: number) => number): number {
    return this.#laid?.site.programs.reduce((sum, { pid }) => sum + measure(pid), 0) ?? Number.NaN
  }
}

async function untilAnswering(site: Site, targets: readonly LoadTarget[]): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS
  for (const target of targets) {
    for (;;) {
      const problem = await probe(target)
      if (problem === null) break
      const ended = site.programs.find(({ status }) => status !== null)
      if (ended !== undefined) throw new Error(`${ended.name} ended\n${ended.logs()}`)
      if (performance.now() > deadline)
        throw new Error(`it did not serve within ${START_DEADLINE_MS / 1000} s: ${problem}`)
      await pause(100)
    }
  }
}

async function probe(target: LoadTarget): Promise<string | null> {
  try {
    await runRequests(target, { connections: 1, seconds: 0.05, spareMs: PROBE_DEADLINE_MS })
    return null
  } catch (error) {
    return (error as Error).message
  }
}

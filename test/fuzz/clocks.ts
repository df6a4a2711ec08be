// What an execution has cost, in milliseconds: by the clock on the wall, and of the processor. Tests bring their own.

import { performance } from 'node:perf_hooks'

export interface Clocks {
  wallMs(): number
  /** Of this process, whatever else the machine does meanwhile. */
  processorMs(): number
}

export const MACHINE_CLOCKS: Clocks = {
  wallMs: () => performance.now(),
  processorMs: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  },
}

// Whether drivers look at their sockets for a little longer before they sleep: where that costs nobody else, unless $EDGERQ_BUSY_POLL says no.

import { availableParallelism } from 'node:os'
import type { Log } from '../log.ts'
import { LONGEST_POLL } from '../runtime/busy-polling.ts'
import { cpuQuota } from '../runtime/cpu-quota.ts'
import { allowBusyPolling } from '../runtime/yield-processor.ts'
import { ExitError, ExitStatus } from './exit.ts'
import { yesOrNo } from './yes-or-no.ts'

export interface PollWish {
  readonly environment: NodeJS.ProcessEnv
  readonly log: Log
}

export interface PollSite {
  readonly processors: number
  /** The file that limits this process to a share of them, or null. */
  readonly quota: string | null
  readonly allow: () => Promise<string | null>
}

/** Says for how long. Throws what ends the program when the environment asks for what is not there. */
export async function wantBusyPolling({ environment, log }: PollWish, site = here()): Promise<void> {
  const wanted = yesOrNo('EDGERQ_BUSY_POLL', environment)
  const reason = wanted === 'no' ? 'EDGERQ_BUSY_POLL=no' : wanted === 'yes' ? null : whyItWouldHarm(site)
  const whyNot = reason ?? (await site.allow())
  if (whyNot !== null && wanted === 'yes') {
    throw new ExitError(
      ExitStatus.couldNotRun,
      `EDGERQ_BUSY_POLL: polling cannot be used here: ${whyNot}; without it the program sleeps at once`,
    )
  }
  log.info('busyPolling', { microseconds: whyNot === null ? LONGEST_POLL : 0, because: whyNot ?? undefined })
}

function here(): PollSite {
  return { processors: availableParallelism(), quota: cpuQuota(), allow: allowBusyPolling }
}

/** What is spent on polling would be missing for work. */
function whyItWouldHarm({ processors, quota }: PollSite): string | null {
  if (processors < 2) return 'there is one processor'
  return quota === null ? null : `${quota} limits this process to a share of the processors`
}

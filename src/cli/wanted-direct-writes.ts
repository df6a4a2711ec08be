// Whether TCP and Unix sockets write by system calls of our own: where that is to be had, unless $EDGERQ_DIRECT_WRITES says no.

import type { Log } from '../log.ts'
import { allowKernelSend } from '../sockets/kernel-send.ts'
import { ExitError, ExitStatus } from './exit.ts'
import { yesOrNo } from './yes-or-no.ts'

export interface WriteWish {
  readonly environment: NodeJS.ProcessEnv
  readonly log: Log
}

/** Says whether. Throws what ends the program when the environment asks for what is not there: who names it wants nothing else. */
export async function wantDirectWrites({ environment, log }: WriteWish, allow = allowKernelSend): Promise<void> {
  const wanted = yesOrNo('EDGERQ_DIRECT_WRITES', environment)
  const whyNot = wanted === 'no' ? 'EDGERQ_DIRECT_WRITES=no' : await allow()
  if (whyNot !== null && wanted === 'yes') {
    throw new ExitError(
      ExitStatus.couldNotRun,
      `EDGERQ_DIRECT_WRITES: system calls of our own cannot be used here: ${whyNot}; without it Node writes`,
    )
  }
  log.info('directWrites', { by: whyNot === null ? 'kernel' : 'node', because: whyNot ?? undefined })
}

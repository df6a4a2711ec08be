// What seals the packets of a daemon: what $EDGERQ_SEALING asks for, else the fastest that the machine has. Every answer seals; there is
// none that means not to.

import { chooseSealing, SEALINGS, type Sealing, sealingNamed } from '../runtime/sealing.ts'
import { ExitError, ExitStatus } from './exit.ts'

/** Throws what ends the program when what is asked for is not there: whoever names one wants that one and no other. */
export async function wantedSealing(environment: NodeJS.ProcessEnv, named = sealingNamed): Promise<Sealing> {
  const wanted = environment.EDGERQ_SEALING
  if (!wanted) return chooseSealing()
  const name = SEALINGS.find((known) => known === wanted)
  if (name === undefined)
    throw new ExitError(ExitStatus.wrongUsage, `EDGERQ_SEALING must be ${SEALINGS.join(', ')}, not "${wanted}"`)
  const sealing = await named(name)
  if (sealing !== null) return sealing
  throw new ExitError(
    ExitStatus.couldNotRun,
    `EDGERQ_SEALING: ${name} cannot be loaded here; without it the fastest that can be loaded seals`,
  )
}

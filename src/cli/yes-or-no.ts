// Variables of the environment that say yes or no.

import { ExitError, ExitStatus } from './exit.ts'

/** Undefined: unset or empty, so the program decides. Any other word ends the program. */
export function yesOrNo(name: string, environment: NodeJS.ProcessEnv): 'yes' | 'no' | undefined {
  const word = environment[name]
  if (!word) return undefined
  if (word === 'yes' || word === 'no') return word
  throw new ExitError(ExitStatus.wrongUsage, `${name} must be yes or no, not "${word}"`)
}

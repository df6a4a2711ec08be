// How the small commands of edgerq end when they cannot do what they were asked for.

import { KeyFileError } from '../keys/key-file-error.ts'
import { ExitError, ExitStatus } from './exit.ts'

/** Runs a command. What stops it is told in one line, with a status that scripts can use: files that are in the way are no wrong usage. */
export function tellFailure(name: string, command: () => void): void {
  try {
    command()
  } catch (error) {
    tell(name, error)
  }
}

/** The same for a command that is done later. */
export async function tellLateFailure(name: string, command: () => Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    tell(name, error)
  }
}

function tell(name: string, error: unknown): void {
  const isExpected = error instanceof ExitError || error instanceof KeyFileError
  if (!isExpected) throw error
  process.stderr.write(`edgerq ${name}: ${error.message}\n`)
  process.exitCode = error instanceof ExitError ? error.status : ExitStatus.couldNotRun
}

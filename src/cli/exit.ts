// How a program ends: 0 asked to stop and drained, 1 it could not run, 2 the command line or the configuration is wrong.

export const ExitStatus = { stopped: 0, couldNotRun: 1, wrongUsage: 2 } as const
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus]

/** Ends the program with one line on stderr that names the cause and what to do. */
export class ExitError extends Error {
  override readonly name = 'ExitError'
  readonly status: ExitStatus

  constructor(status: ExitStatus, message: string) {
    super(message)
    this.status = status
  }
}

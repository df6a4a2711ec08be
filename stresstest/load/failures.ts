// The names under which failures are counted: few, and each of them tells where to look first.

export const TIMED_OUT = 'timed out'
export const RESET = 'reset'
/** Less came than was announced, or than there should be. */
export const BODY_SHORT = 'body short'
/** All of it came, and it is not what was sent. */
export const BODY_WRONG = 'body wrong'
/** The connection was closed, in good order, before a single byte of an answer. */
const HUNG_UP = 'hung up'

const KINDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: RESET,
  EPIPE: RESET,
  ETIMEDOUT: TIMED_OUT,
  ENOTFOUND: 'name unknown',
  EAI_AGAIN: 'name unknown',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'no local port left',
  EMFILE: 'too many open files',
}

/** What an error of the connection is counted as. */
export function failureOf(error: NodeJS.ErrnoException): string {
  const code = error.code ?? error.name
  if (code.startsWith('HPE_')) return 'not HTTP' // the names of llhttp's verdicts
  // Node says ECONNRESET also of a FIN; only the kernel's own reset came out of a system call.
  if (code === 'ECONNRESET' && error.syscall === undefined) return HUNG_UP
  return KINDS[code] ?? code
}

/** What an answer is counted as whose status is not the one that was hoped for. */
export function statusFailure(status: number, edgerqError: string | string[] | undefined): string {
  // A code of the tunnel's own, and nothing else that a server may put there: each name costs a line of the result.
  const isCode = typeof edgerqError === 'string' && /^EDGERQ-[A-Z0-9-]{1,40}$/.test(edgerqError)
  return isCode ? `status ${status} ${edgerqError}` : `status ${status}`
}

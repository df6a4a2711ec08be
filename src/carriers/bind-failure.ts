// What is said when a port cannot be had.

import { CarrierError } from './carrier-error.ts'

export function bindFailure(
  protocol: 'UDP' | 'TCP',
  host: string,
  port: number,
  error: NodeJS.ErrnoException,
): CarrierError {
  return new CarrierError(explain(`${protocol} port ${port} on ${host}`, error), error)
}

/** True: this machine has no such address family or address, rather than the port being the trouble. */
export function isFamilyMissing(error: unknown): boolean {
  return error instanceof CarrierError && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL')
}

function explain(where: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `${where} is taken; stop the program that holds it or choose another port`
  if (error.code === 'EACCES') {
    return `${where} may not be opened by this user; choose a port above 1023 or grant CAP_NET_BIND_SERVICE`
  }
  if (error.code === 'EADDRNOTAVAIL')
    return `${where} cannot be opened: this machine has no such address; choose another`
  if (error.code === 'EMFILE') return `${where} cannot be opened: too many open files; raise the limit (ulimit -n)`
  return `${where} cannot be opened (${error.code ?? error.message}); look for what forbids it and start again`
}

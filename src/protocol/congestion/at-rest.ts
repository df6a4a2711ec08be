// What stands in for controller and pacer while a session says so little that neither would have anything to do: with less than one
// datagram under way there is no rate to control (RFC 8085 §3.1.3). One for all sessions, of which most are at rest.

import { Uncontrolled } from './none.ts'
import { Pacer } from './pacer.ts'

/** The size means nothing to a pacer that holds nothing back. */
export const AT_REST = { controller: new Uncontrolled(), pacer: new Pacer(0) } as const

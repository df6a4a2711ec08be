import { PROTOCOL_VERSION } from '../limits.ts'
import type { Line } from '../line.ts'
import type { PathId } from '../units.ts'

/**
 * What both sides must agree on before a word is said: mixed into the handshake, so that whoever changes it breaks it. With the kind of line
 * and what binds it a handshake cannot be passed on over another connection.
 */
export function prologue(line: Line, path: PathId): Uint8Array {
  return new Uint8Array([
    ...new TextEncoder().encode('edgerq/1'),
    1,
    PROTOCOL_VERSION,
    line.kind,
    ...line.bindingOf(path),
  ])
}

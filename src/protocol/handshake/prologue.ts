import { PROTOCOL_VERSION } from '../limits.ts'

/** What both sides must agree on before a word is said: mixed into the handshake, so that whoever changes it breaks it. */
export function prologue(): Uint8Array {
  return new Uint8Array([...new TextEncoder().encode('edgerq/1'), 1, PROTOCOL_VERSION])
}

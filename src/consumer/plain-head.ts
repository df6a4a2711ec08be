// The head of a request as bytes once more, without an offer to upgrade that is not passed on. Node must read it anew, since it has taken
// the connection for a tunnel; the gate has seen that nothing in it could be read in two ways.

import { connectionOptions, fieldsThat, headText } from '../http/fields.ts'
import type { FitRequest } from '../http/gate.ts'

const OFFER: ReadonlySet<string> = new Set(['upgrade', 'http2-settings'])

export function plainHead({ method, target, version, fields }: FitRequest): Uint8Array {
  const kept = fieldsThat((name) => name !== 'connection' && !OFFER.has(name), fields)
  // What else Connection says still holds: that it closes, and which fields are for us alone.
  const options = [...connectionOptions(fields)].filter((option) => !OFFER.has(option))
  if (options.length > 0) kept.push('Connection', options.join(', '))
  return Buffer.from(headText(`${method} ${target} HTTP/${version}`, kept), 'latin1')
}

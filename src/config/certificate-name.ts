// What may stand in <allow>: one of the names for which a certificate may be (its subjectAltName): a DNS name, an IP address or a URI.

import { hostComplaint } from './host.ts'

/** As long as a SPIFFE ID may be, the longest of the names in use. */
export const MOST_NAME_CHARACTERS = 2_048

/** As OpenSSL shows the kind of a name; it is no part of it. */
const KIND = /^(?:DNS|IP(?: Address)?|URI):/i

const URI = /^[a-z][a-z\d+.-]*:[!-~]+$/i

/** Null: `text` is such a name. Otherwise what to do about it, or nothing if that cannot be told. */
export function certificateNameComplaint(text: string): string | null {
  const [kind] = KIND.exec(text) ?? []
  if (kind !== undefined) return `leave out ${kind}`
  if (text.includes('*')) return 'a pattern allows nobody, write each name'
  if (/^[^:]+:\d*$/.test(text)) return 'leave out the port'
  if (!text.includes(':')) return hostComplaint(text)
  const isUri = URI.test(text) && URL.canParse(text) && text.length <= MOST_NAME_CHARACTERS
  return isUri || hostComplaint(text) === null ? null : ''
}

// The names that a certificate vouches for, as people type them and as RFC 5280 §4.2.1.6 wants them.

import { isIP } from 'node:net'

export interface CertificateName {
  readonly type: 'dns' | 'ip'
  readonly value: string
}

const LABEL = /^(?!-)[a-z\d-]{1,63}(?<!-)$/
/** Of the text, without a dot at its end (RFC 1035 §2.3.4). */
const MOST_DNS_NAME_CHARACTERS = 253

/** Null: no host is called so. A `*` may stand for the whole first label (RFC 6125 §6.4.3), with two behind it at least. */
export function readDnsName(text: string): CertificateName | null {
  const value = text.toLowerCase()
  const labels = value.split('.')
  if (labels[0] === '*' && labels.length > 2) labels.shift()
  // A last label of digits alone is one of an address, and nobody compares addresses with names.
  const isName = labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1)!)
  return isName && value.length <= MOST_DNS_NAME_CHARACTERS ? { type: 'dns', value } : null
}

/** Null: no IPv4 or IPv6 address. One with a zone (`fe80::1%eth0`) means something on one machine only. */
export function readIpAddress(text: string): CertificateName | null {
  return isIP(text) === 0 || text.includes('%') ? null : { type: 'ip', value: text.toLowerCase() }
}

// What may stand in <trusted_proxies>: networks of IPv4 and IPv6 as CIDRs, in one list.

import { isIpv4, isIpv6 } from './host.ts'
import { quote } from './problems.ts'

/** Instead of a list: none at all, where nothing would say the default. */
export const NO_NETWORKS = 'none'

/** Null: `text` is such a list. Otherwise what is wrong with one of its members. */
export function networksComplaint(text: string): string | null {
  if (text === NO_NETWORKS) return null
  const members = membersOf(text)
  if (members.length === 0) return 'there is none in it'
  return members.map(memberComplaint).find((complaint) => complaint !== null) ?? null
}

/** The networks of a list that was found good, each with its prefix: an address alone is a network of its own. */
export function networksIn(text: string): readonly string[] {
  if (text === NO_NETWORKS) return []
  return membersOf(text).map((member) => (member.includes('/') ? member : `${member}/${bitsOf(member)}`))
}

function membersOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((member) => member !== '')
}

const PREFIX = /^(?:0|[1-9]\d{0,2})$/

function memberComplaint(member: string): string | null {
  const [address = '', prefix, ...more] = member.split('/')
  if (!isIpv4(address) && !isIpv6(address)) return `${quote(address)} is no IPv4 or IPv6 address`
  if (prefix === undefined) return null
  const bits = bitsOf(address)
  const isGood = PREFIX.test(prefix) && Number(prefix) <= bits && more.length === 0
  return isGood ? null : `behind the / of ${quote(member)} may stand 0 to ${bits}`
}

/** How long a prefix may be. */
function bitsOf(address: string): number {
  return isIpv4(address) ? 32 : 128
}

// An address as bytes, for those who seal or compare it: one form for each, whatever socket it was seen from.

const IP_BYTES = 16
const IPV4_AT = 12
const GROUP_BYTES = 2

/** IP address 16, port 2. `host` is a literal as the system spells it; a zone (`%eth0`) says where we heard it and is no part of it. */
export function addressBytes(host: string, port: number): Uint8Array {
  const bytes = new Uint8Array(IP_BYTES + GROUP_BYTES)
  if (host.includes(':')) writeIpv6(host.split('%')[0]!, bytes)
  else {
    bytes.fill(0xff, IPV4_AT - GROUP_BYTES, IPV4_AT)
    writeIpv4(host, bytes)
  }
  bytes[IP_BYTES] = port >>> 8
  bytes[IP_BYTES + 1] = port
  return bytes
}

function writeIpv4(text: string, into: Uint8Array): void {
  for (const [index, part] of text.split('.').entries()) into[IPV4_AT + index] = Number(part)
}

/** Groups before `::` from the left, those behind it from the right (RFC 5952). */
function writeIpv6(text: string, into: Uint8Array): void {
  const [left, right] = text.split('::')
  const [before, after] = [groupsOf(left), groupsOf(right)]
  const dotted = after.at(-1)?.includes('.') ? after.pop()! : null
  for (const [index, group] of before.entries()) writeGroup(group, into, GROUP_BYTES * index)
  const end = dotted === null ? IP_BYTES : IPV4_AT
  for (const [index, group] of after.entries()) writeGroup(group, into, end - GROUP_BYTES * (after.length - index))
  if (dotted !== null) writeIpv4(dotted, into)
}

function groupsOf(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(':')
}

function writeGroup(group: string, into: Uint8Array, at: number): void {
  const value = Number.parseInt(group, 16)
  into[at] = value >>> 8
  into[at + 1] = value
}

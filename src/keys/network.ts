// Networks of IPv4 and IPv6 as `from=` lists them, and whether an address is in one.

/** The bits of an address, as text of 0 and 1: 32 or 128, which also tells the two families apart. */
type Bits = string

export interface Network {
  /** As many leading bits as the prefix says. */
  readonly prefix: Bits
  readonly addressBits: 32 | 128
}

/** Takes 10.0.0.0/8, and an address alone as a network of its own; null: neither. Bits behind the prefix do not count. */
export function readNetwork(text: string): Network | null {
  const [address = '', prefix, ...more] = text.split('/')
  const bits = bitsOf(address)
  if (bits === null || more.length > 0) return null
  const addressBits = bits.length as Network['addressBits']
  if (prefix === undefined) return { prefix: bits, addressBits }
  const isGood = /^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= addressBits
  return isGood ? { prefix: bits.slice(0, Number(prefix)), addressBits } : null
}

/** One that cannot be read is in none. A zone (`fe80::1%eth0`) names an interface of this machine, and does not count. */
export function isInOneOf(networks: readonly Network[], address: string): boolean {
  const bits = bitsOf(address.replace(/%.*$/, ''))
  return bits !== null && networks.some((each) => each.addressBits === bits.length && bits.startsWith(each.prefix))
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

/** Sockets of both families tell an IPv4 address as `::ffff:192.0.2.1`, which is the same host. */
const MAPPED_PREFIX = `${'0'.repeat(80)}${'1'.repeat(16)}`

/** Null: no address. */
function bitsOf(address: string): Bits | null {
  if (IPV4.test(address))
    return address
      .split('.')
      .map((byte) => binary(Number(byte), 8))
      .join('')
  const bits = ipv6Bits(address)
  return bits?.startsWith(MAPPED_PREFIX) ? bits.slice(MAPPED_PREFIX.length) : bits
}

/** The URL parser knows every way to write an IPv6 address and answers with one: lower-case groups with at most one `::`. */
function ipv6Bits(address: string): Bits | null {
  const url = `http://[${address}]/`
  if (!/^[\da-f:.]{2,45}$/i.test(address) || !URL.canParse(url)) return null
  const [head = '', tail] = new URL(url).hostname.slice(1, -1).split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = new Array<number>(8 - before.length - after.length).fill(0)
  return [...before, ...zeros, ...after].map((group) => binary(group, 16)).join('')
}

function groupsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

function binary(value: number, digits: number): Bits {
  return value.toString(2).padStart(digits, '0')
}

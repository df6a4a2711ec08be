// What may stand in <hostname>: a host name, an IPv4 or an IPv6 address, and nothing around it.

/** Null: `text` is a host. Otherwise what to do about it, or nothing if that cannot be told. */
export function hostComplaint(text: string): string | null {
  if (isIpv4(text) || isIpv6(text) || isHostName(text)) return null
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return 'leave out the scheme'
  if (text.startsWith('[')) return 'leave out the brackets'
  if (/^[^:]*:\d*$/.test(text)) return 'the port has an element of its own, <port>'
  if (text.includes('/')) return 'leave out the path'
  if (/\P{ASCII}/u.test(text)) return 'write letters outside ASCII in their ASCII form, xn--…'
  return ''
}

/** True: packets to it do not leave this machine. */
export function isLoopback(host: string): boolean {
  if (isIpv4(host)) return host.startsWith('127.')
  if (isIpv6(host)) return new URL(`http://[${host}]/`).hostname === '[::1]'
  return /^localhost\.?$/i.test(host)
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

export function isIpv4(text: string): boolean {
  return IPV4.test(text)
}

export function isIpv6(text: string): boolean {
  return /^[\da-f:.]{2,45}$/i.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`)
}

/** Letters, digits, hyphens and (for names in private networks) underscores. */
const LABEL = /^(?!-)[\w-]{1,63}(?<!-)$/

/** A last label such as 1 or 0x7f would make resolvers read the name as an address in an old notation. */
const NUMERIC_LABEL = /^(?:\d+|0x[\da-f]*)$/i

function isHostName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  const labels = name.split('.')
  return name.length <= 253 && labels.every((label) => LABEL.test(label)) && !NUMERIC_LABEL.test(labels.at(-1)!)
}

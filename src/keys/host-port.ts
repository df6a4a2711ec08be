// Where a consumer's listener is reached, as people write it: `example.org:12345`, `192.0.2.1:12345`, `[2001:db8::1]:12345`.

export interface HostPort {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

export function hostPortText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

const HOST_PORT = /^(?:\[([\da-f:.]{2,45})\]|([\w.-]{1,253})):([1-9]\d{0,4})$/i
const LABEL = /^(?!-)[\w-]{1,63}(?<!-)$/
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

/** A last label such as 1 or 0x7f would make resolvers read the name as an address in an old notation. */
const NUMERIC_LABEL = /^(?:\d+|0x[\da-f]*)$/i

/** Null: not of this form, or no host or port can be called so. */
export function readHostPort(text: string): HostPort | null {
  const [, ipv6, name = '', digits] = HOST_PORT.exec(text) ?? []
  const port = Number(digits)
  if (!(port <= 65_535)) return null
  if (ipv6 !== undefined) return URL.canParse(`http://[${ipv6}]/`) ? { host: ipv6, port } : null
  return IPV4.test(name) || isHostName(name) ? { host: name, port } : null
}

function isHostName(name: string): boolean {
  const labels = name.replace(/\.$/, '').split('.')
  return labels.every((label) => LABEL.test(label)) && !NUMERIC_LABEL.test(labels.at(-1)!)
}

// Which HTTP proxy a call to wss:// goes through, as the environment tells programs: HTTPS_PROXY, and NO_PROXY for what goes without.

import { ExitError, ExitStatus } from './exit.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The URL of a proxy; null: none. Throws an ExitError if the environment names what is no proxy. */
export function proxyFor(url: string, environment: Environment): string | null {
  const { protocol, hostname, port } = new URL(url)
  const text = wordOf(environment, 'https_proxy')
  if (protocol !== 'wss:' || text === '' || isExempt(hostname, port || '443', environment)) return null
  const proxy = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (/^https?:\/\//i.test(proxy) && URL.canParse(proxy)) return proxy
  throw new ExitError(ExitStatus.wrongUsage, NO_PROXY_URL)
}

/** What it holds is not repeated: there may be a password in it. */
const NO_PROXY_URL =
  'HTTPS_PROXY in the environment is not the URL of an HTTP proxy, such as http://proxy.example.org:3128; correct it, or take it out'

/** `example.org` and `.example.org` stand for the host and all below it, `*` for everything; a port may follow. */
function isExempt(hostname: string, port: string, environment: Environment): boolean {
  const called = bare(hostname)
  return wordOf(environment, 'no_proxy')
    .toLowerCase()
    .split(/[\s,]+/)
    .some((word) => {
      const end = /^(?:\[.*\]|[^:]*):\d+$/.test(word) ? word.lastIndexOf(':') : word.length
      const name = bare(word.slice(0, end)).replace(/^\*?\./, '')
      const isMeant = name === '*' || called === name || (name !== '' && called.endsWith(`.${name}`))
      return isMeant && (word.slice(end + 1) || port) === port
    })
}

/** An IPv6 address without its brackets. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

/** Lower case comes first, as with other programs. */
function wordOf(environment: Environment, name: string): string {
  return (environment[name] || environment[name.toUpperCase()] || '').trim()
}

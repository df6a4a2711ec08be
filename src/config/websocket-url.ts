// What may stand in `url` of a <carrier>: the address of a WebSocket.

import { hostComplaint } from './host.ts'

/** More than servers read of the first line of a request (RFC 9112 §3: 8,000), less what else stands there. */
const MOST_CHARACTERS = 2_048

export interface WebSocketAddress {
  /** As it is dialled: the host in lower case, no port that goes without saying. */
  readonly url: string
  /** An IPv6 address without its brackets. */
  readonly hostname: string
  readonly port: number
  readonly isTls: boolean
}

/** Null: `text` is such a URL. Otherwise what to do about it, or nothing if that cannot be told. */
export function websocketUrlComplaint(text: string): string | null {
  if (/^https?:/i.test(text)) return 'write wss:// for https://, and ws:// for http://'
  if (!/^wss?:\/\/[!-~]+$/.test(text) || text.length > MOST_CHARACTERS || !URL.canParse(text)) return ''
  const { username, password, hash, port } = new URL(text)
  if (username !== '' || password !== '') return 'leave out the user and the password'
  if (hash !== '' || text.endsWith('#')) return 'leave out what begins with #'
  if (port === '0') return 'nobody listens on port 0'
  return hostComplaint(websocketAddress(text).hostname) === null ? null : 'that is no host'
}

/** Of a URL that was found good. */
export function websocketAddress(text: string): WebSocketAddress {
  const url = new URL(text)
  const isTls = url.protocol === 'wss:'
  const usualPort = isTls ? 443 : 80
  return {
    url: url.href,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? usualPort : Number(url.port),
    isTls,
  }
}

// /status/NNN, /cookies and /early-hints: answers that are remarkable for their head.

import { STATUS_CODES } from 'node:http'
import { sendNotFound, sendText, type Visit } from './route.ts'

/** What RFC 9110 wants beside a status; the others need nothing. */
const FIELDS_OF: Readonly<Record<number, readonly [name: string, value: string]>> = {
  301: ['location', '/'],
  302: ['location', '/'],
  303: ['location', '/'],
  304: ['etag', '"sample"'],
  307: ['location', '/'],
  308: ['location', '/'],
  401: ['www-authenticate', 'Basic realm="sample"'],
  405: ['allow', 'GET, HEAD'],
  426: ['upgrade', 'websocket'],
  503: ['retry-after', '1'],
}

/** Any final status, with a body where it may have one. */
export function answerStatus(visit: Visit): void {
  const { rest, response } = visit
  const status = Number(rest)
  if (!/^\d{3}$/.test(rest) || status < 200 || status > 599) return void sendNotFound(response)
  response.statusCode = status
  const field = FIELDS_OF[status]
  if (field !== undefined) response.setHeader(...field)
  if (status === 204 || status === 304) response.end()
  else if (status === 205)
    response.setHeader('content-length', 0).end() // RFC 9110 §15.3.6: no content, and that is said
  else sendText(response, `${status} ${STATUS_CODES[status] ?? 'as you asked'}\n`)
}

/** The one field that must never be joined into a single line. */
export function sendCookies({ response }: Visit): void {
  response.setHeader('set-cookie', [
    'first=1; Path=/; HttpOnly',
    'second="a, b"; Expires=Thu, 01 Jan 2032 00:00:00 GMT',
  ])
  sendText(response, 'Two cookies, each in a field of its own.\n')
}

/** A 103 before the 200. */
export function sendEarlyHints({ response }: Visit): void {
  response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style', 'x-sample': 'early' })
  sendText(response, 'This came after a 103.\n')
}

// How one request has been hidden in another, by the names under which the ways are known: what one program reads as a body is a request to
// the next, or the other way round. `CL`: goes by Content-Length; `TE`: by Transfer-Encoding; `0`: by neither. The first is the one in front.

import type { Case } from '../http/corpus.ts'

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'
const CHUNKED = 'Transfer-Encoding: chunked'
const IN_A_CHUNK = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`

function post(lines: readonly string[], body: string, first = 'POST / HTTP/1.1'): string {
  return `${[first, 'Host: a', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n${body}`
}

function passed(name: string, bytes: string, requests = 1): Case {
  return { name, bytes, expect: 'passed', requests }
}

function refused(name: string, bytes: string, requests = 0): Case {
  return { name, bytes, expect: 'refused', requests }
}

const lengthOf = (body: string) => `Content-Length: ${body.length}`
const BEHIND_NOTHING = `0\r\n\r\n${HIDDEN}`

/** Where programs differed on whether this is a Transfer-Encoding of chunked. */
const DISGUISES = [
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding\t: chunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding: chunked\x0b',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: chunked, cow',
  'Transfer-Encoding: cow\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: cow',
  'Transfer-Encoding\n: chunked',
  'Transfer-Encoding:\n chunked',
  'X: x\nTransfer-Encoding: chunked',
  'X: x\rTransfer-Encoding: chunked',
  ' Transfer-Encoding: chunked',
  '\x00Transfer-Encoding: chunked',
  'Transfer-Encoding\x00: chunked',
  'Trans\xffer-Encoding: chunked',
]

/** Where programs differed on whether this is a Content-Length. */
const LENGTHS_IN_DISGUISE = [
  `Content-Length : ${HIDDEN.length}`,
  `Content-Length\t: ${HIDDEN.length}`,
  `\x0bContent-Length: ${HIDDEN.length}`,
  `Content-Length\x00: ${HIDDEN.length}`,
  `X: x\nContent-Length: ${HIDDEN.length}`,
  `Content-Length:\r\n ${HIDDEN.length}`,
  `Content-Length: 0\r\nContent-Length: ${HIDDEN.length}`,
  `Content-Length: ${HIDDEN.length}, 0`,
  `Content-Length: +${HIDDEN.length}`,
]

function printable(text: string): string {
  return JSON.stringify(text).replaceAll('\\u00', '\\x').slice(1, -1)
}

export const SMUGGLING: readonly Case[] = [
  refused('CL.TE', post([lengthOf(BEHIND_NOTHING), CHUNKED], BEHIND_NOTHING)),
  refused('TE.CL', post([CHUNKED, 'Content-Length: 4'], IN_A_CHUNK)),
  refused('TE.CL in HTTP/1.0', post([CHUNKED, 'Content-Length: 4'], IN_A_CHUNK, 'POST / HTTP/1.0')),
  ...DISGUISES.map((line) =>
    refused(`TE.TE by ${printable(line)}`, post([line, lengthOf(BEHIND_NOTHING)], BEHIND_NOTHING)),
  ),
  ...LENGTHS_IN_DISGUISE.map((line) => refused(`0.CL by ${printable(line)}`, post([line], HIDDEN))),
  passed('CL.0', post([lengthOf(HIDDEN)], HIDDEN)),
  ...['GET', 'DELETE', 'OPTIONS'].map((method) =>
    passed(`CL.0 with ${method}`, post([lengthOf(HIDDEN)], HIDDEN, `${method} / HTTP/1.1`)),
  ),
  passed('TE.0', post([CHUNKED], IN_A_CHUNK)),
  passed('TE.0 with OPTIONS', post([CHUNKED], IN_A_CHUNK, 'OPTIONS / HTTP/1.1')),
  passed('CL.0 behind an expectation', post(['Expect: 100-continue', lengthOf(HIDDEN)], HIDDEN)),
  refused('0.CL by an expectation of something else', post(['Expect: y 100-continue', lengthOf(HIDDEN)], HIDDEN)),
  refused('0.CL by an expectation on a folded line', post(['Expect:\r\n 100-continue', lengthOf(HIDDEN)], HIDDEN)),
  refused('CL.TE behind an expectation', post(['Expect: 100-continue', 'Content-Length: 4', CHUNKED], BEHIND_NOTHING)),
  passed('an expectation in HTTP/1.0', post(['Expect: y', lengthOf(HIDDEN)], HIDDEN, 'POST / HTTP/1.0')),
  passed('zeros before a chunk size', post([CHUNKED], `000${IN_A_CHUNK}`)),
  refused('an upgrade that hides a length', post(['Upgrade: websocket', lengthOf(HIDDEN), CHUNKED], HIDDEN)),
  refused('a length in the target', post([], HIDDEN, `GET /\r\n${lengthOf(HIDDEN)} HTTP/1.1`)),
  refused('CONNECT with a request behind it', `CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n${HIDDEN}`),
]

/** Wrong in what stands behind the body: it has been passed on by then. */
export const BROKEN_TRAILERS: readonly Pick<Case, 'name' | 'bytes'>[] = [
  { name: 'a length among its trailers', bytes: post([CHUNKED], `0\r\n${lengthOf(HIDDEN)}\r\n\r\n`) },
  { name: 'a coding among its trailers', bytes: post([CHUNKED], `0\r\n${CHUNKED}\r\n\r\n`) },
  { name: 'a trailer without a colon', bytes: post([CHUNKED], `0\r\nX\r\n\r\n`) },
  { name: 'a request instead of its last line', bytes: post([CHUNKED], BEHIND_NOTHING.replace('\r\n\r\n', '\r\n')) },
]

/** What stands behind a request that said that it was the last, or behind one that was refused: no request. */
export const BEHIND_THE_LAST: readonly Pick<Case, 'name' | 'bytes' | 'requests'>[] = [
  { name: 'a request behind the last one', bytes: post([], HIDDEN, 'GET / HTTP/1.1'), requests: 1 },
  {
    name: 'a request behind the last one and its body',
    bytes: post([lengthOf('hello')], `hello${HIDDEN}`),
    requests: 1,
  },
  { name: 'a request behind one in HTTP/1.0', bytes: `GET / HTTP/1.0\r\nHost: a\r\n\r\n${HIDDEN}`, requests: 1 },
  {
    name: 'a request behind one with two Hosts',
    bytes: `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${HIDDEN}`,
    requests: 0,
  },
]

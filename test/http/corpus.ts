// What clients send, for every way of reading it: the gate alone, behind node's parser, and through both programs to other servers. Each case
// has a connection of its own, on which nothing but `bytes` is sent; what is refused or said to be the last is closed by the server.

export interface Case {
  readonly name: string
  /** Latin1: each character is a byte. */
  readonly bytes: string
  /** What becomes of the last request in `bytes`. */
  readonly expect: 'passed' | 'refused'
  /** How many requests in `bytes` reach the target, each once. */
  readonly requests: number
}

const CHUNKED = 'Transfer-Encoding: chunked'
/** What an attacker would like to be taken for a request. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'

/** A request whose target is `/`, and which is the last on its connection. */
function ask(method: string, lines: readonly string[] = [], body = ''): string {
  return `${[`${method} / HTTP/1.1`, 'Host: a', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n${body}`
}

/** The same with another first line. */
function line(first: string, lines: readonly string[] = ['Host: a'], body = ''): string {
  return `${[first, ...lines, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`
}

function passed(name: string, bytes: string, requests = 1): Case {
  return { name, bytes, expect: 'passed', requests }
}

function refused(name: string, bytes: string, requests = 0): Case {
  return { name, bytes, expect: 'refused', requests }
}

/** As node's parser let them through in 20, 24 and 26; the gate is all that stands before them. */
const LET_THROUGH_BY_NODE: readonly Case[] = [
  refused('a first line that ends in a bare LF, which makes it HTTP/0.9', `GET /\n${'Host: a\r\n\r\n'}`),
  refused('HTTP/0.9 with a body', `POST /\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`),
  refused('two Hosts', line('GET / HTTP/1.1', ['Host: a', 'Host: b'])),
  refused('the same Host twice', line('GET / HTTP/1.1', ['Host: a', 'host: a'])),
  refused('a target on another host than Host', line('GET http://b/ HTTP/1.1')),
  refused('a target on another port than Host', line('GET http://a:81/ HTTP/1.1')),
  refused('chunks in HTTP/1.0', line('POST / HTTP/1.0', ['Host: a', CHUNKED], '0\r\n\r\n')),
  refused('an expectation beside 100-continue', ask('POST', ['Expect: 100-continue, x', 'Content-Length: 1'], 'x')),
]

const ADDRESSES: readonly Case[] = [
  refused('no Host', line('GET / HTTP/1.1', [])),
  refused('an empty Host', line('GET / HTTP/1.1', ['Host:'])),
  refused('two Hosts in one field', line('GET / HTTP/1.1', ['Host: a, b'])),
  refused('a Host with a user', line('GET / HTTP/1.1', ['Host: user@a'])),
  refused('a Host with a path', line('GET / HTTP/1.1', ['Host: a/b'])),
  refused('a Host with a blank', line('GET / HTTP/1.1', ['Host: a b'])),
  refused('a Host with an escape', line('GET / HTTP/1.1', ['Host: a%00b'])),
  refused('a Host whose port is too high', line('GET / HTTP/1.1', ['Host: a:65536'])),
  refused('a Host whose port is no number', line('GET / HTTP/1.1', ['Host: a:80x'])),
  refused('a Host with an IPv6 address that is none', line('GET / HTTP/1.1', ['Host: [:::1]'])),
  refused('a Host with an IPv6 address without brackets', line('GET / HTTP/1.1', ['Host: ::1'])),
  passed('a Host with an IPv6 address', line('GET / HTTP/1.1', ['Host: [2001:db8::1]:8080'])),
  passed('a Host with an underscore and a port', line('GET / HTTP/1.1', ['Host: my_host.example:8080'])),
  passed('HTTP/1.0 without a Host', line('GET / HTTP/1.0', [])),
  passed('an absolute target that agrees with Host', line('GET http://a/x?y HTTP/1.1')),
  passed('one that agrees with it in other words', line('GET HTTP://A:80/ HTTP/1.1')),
  passed('an absolute target without a path', line('GET http://a?y HTTP/1.1')),
  refused('an absolute target with a user', line('GET http://user@a/ HTTP/1.1')),
  refused('an absolute target of another scheme', line('GET ftp://a/ HTTP/1.1')),
  refused('a target without a slash', line('GET index.html HTTP/1.1')),
  refused('a target that is an authority', line('GET a:80 HTTP/1.1')),
  refused('* for GET', line('GET * HTTP/1.1')),
  passed('* for OPTIONS', line('OPTIONS * HTTP/1.1')),
  refused('a fragment', line('GET /#x HTTP/1.1')),
  refused('bytes above ASCII in the target', line('GET /\xc3\xa9 HTTP/1.1')),
  refused('NUL in the target', line('GET /\0 HTTP/1.1')),
  refused('a blank in the target', line('GET /a b HTTP/1.1')),
  refused('CONNECT', line('CONNECT a:443 HTTP/1.1', ['Host: a:443'])),
  refused('CONNECT to a path', line('CONNECT / HTTP/1.1')),
]

const VERSIONS: readonly Case[] = [
  refused('no version', 'GET /\r\nHost: a\r\n\r\n'),
  refused('HTTP/2.0', line('GET / HTTP/2.0')),
  refused('HTTP/1.2', line('GET / HTTP/1.2')),
  refused('HTTP/1', line('GET / HTTP/1')),
  refused('HTTP/01.1', line('GET / HTTP/01.1')),
  refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused('something that is no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
]

const LENGTHS: readonly Case[] = [
  ...['+5', '-0', '0x5', '5_0', '5 0', '05', '5, 5', '5,6', '', '5;', '9007199254740992', '99999999999999999999'].map(
    (text) => refused(`the Content-Length "${text}"`, ask('POST', [`Content-Length: ${text}`], 'hello')),
  ),
  refused('the same Content-Length twice', ask('POST', ['Content-Length: 5', 'Content-Length: 5'], 'hello')),
  refused('two Content-Lengths', ask('POST', ['Content-Length: 0', `Content-Length: ${HIDDEN.length}`], HIDDEN)),
  refused('a Content-Length before chunks', ask('POST', ['Content-Length: 4', CHUNKED], `0\r\n\r\n${HIDDEN}`)),
  refused('a Content-Length behind chunks', ask('POST', [CHUNKED, 'Content-Length: 4'], `0\r\n\r\n${HIDDEN}`)),
  passed('a body of no bytes', ask('POST', ['Content-Length: 0'])),
  passed('a POST without a body', ask('POST')),
  passed('blanks around the Content-Length', ask('POST', ['Content-Length:  5 '], 'hello')),
  passed('a body that looks like a request', ask('POST', [`Content-Length: ${HIDDEN.length}`], HIDDEN)),
  passed('one with GET', ask('GET', [`Content-Length: ${HIDDEN.length}`], HIDDEN)),
]

const CODINGS: readonly Case[] = [
  ...[
    'gzip',
    'identity',
    'gzip, chunked',
    'chunked, gzip',
    'chunked, chunked',
    'xchunked',
    'chunked;x',
    ', chunked',
    '',
    '"chunked"',
    'chun\x0bked',
    'chunked\x0c',
  ].map((text) =>
    refused(
      `the Transfer-Encoding "${text.replace(/[^ -~]/g, '?')}"`,
      ask('POST', [`Transfer-Encoding: ${text}`], '0\r\n\r\n'),
    ),
  ),
  refused('Transfer-Encoding twice', ask('POST', [CHUNKED, CHUNKED], '0\r\n\r\n')),
  refused(
    'another Transfer-Encoding beside chunks',
    ask('POST', [CHUNKED, 'Transfer-Encoding: identity'], '0\r\n\r\n'),
  ),
  refused('a blank before the colon', ask('POST', ['Transfer-Encoding : chunked'], '0\r\n\r\n')),
  refused('a coding on a folded line', ask('POST', ['Transfer-Encoding:\r\n chunked'], '0\r\n\r\n')),
  refused('NUL in the coding', ask('POST', ['Transfer-Encoding: chunked\0'], '0\r\n\r\n')),
  passed('chunks', ask('POST', [CHUNKED], '5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n')),
  passed('chunks by another spelling', ask('POST', ['transfer-encoding: CHUNKED'], '0\r\n\r\n')),
  passed('chunks with an extension', ask('POST', [CHUNKED], '5;a=b\r\nhello\r\n0\r\n\r\n')),
  passed('chunks with a trailer', ask('POST', [CHUNKED], '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n')),
  passed(
    'chunks that look like a request',
    ask('POST', [CHUNKED], `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`),
  ),
]

const CHARACTERS: readonly Case[] = [
  refused('a field without a colon', ask('GET', ['X'])),
  refused('a field without a name', ask('GET', [': x'])),
  refused('a name in brackets', ask('GET', ['[x]: y'])),
  refused('a blank in a name', ask('GET', ['X y: z'])),
  refused('a tab before the colon', ask('GET', ['X\t: y'])),
  refused('bytes above ASCII in a name', ask('GET', ['X\xe9: y'])),
  refused('a first field that begins with a blank', line('GET / HTTP/1.1', [' X: y', 'Host: a'])),
  refused('a folded line', ask('GET', ['X: y\r\n z'])),
  refused('a bare CR in a value', ask('GET', ['X: y\rZ: z'])),
  refused('a bare LF at the end of a value', ask('GET', ['X: y\nContent-Length: 5'], 'hello')),
  refused('NUL in a value', ask('GET', ['X: a\0b'])),
  refused('another control in a value', ask('GET', ['X: a\x1bb'])),
  refused('DEL in a value', ask('GET', ['X: a\x7fb'])),
  refused('bytes above ASCII in a value', ask('GET', ['X: \xc3\xa9'])),
  passed('a tab in a value', ask('GET', ['X: a\tb'])),
  passed('an empty value', ask('GET', ['X:'])),
  passed('an underscore in a name', ask('GET', ['X_y: z'])),
  passed('every character of a token', ask('GET', ["!#$%&'*+-.^_`|~09azAZ: x"])),
  passed(
    '100 fields',
    ask(
      'GET',
      Array.from({ length: 98 }, (_, n) => `X-${n}: y`),
    ),
  ),
  refused(
    '101 fields',
    ask(
      'GET',
      Array.from({ length: 99 }, (_, n) => `X-${n}: y`),
    ),
  ),
  refused(
    'many more fields, and a second Host as the last',
    ask('GET', [...Array.from({ length: 250 }, (_, n) => `X-${n}: y`), 'Host: b']),
  ),
]

const HOPS: readonly Case[] = [
  refused('an unknown expectation', ask('POST', ['Expect: x', 'Content-Length: 1'], 'x')),
  refused(
    'an expectation told twice',
    ask('POST', ['Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 1'], 'x'),
  ),
  passed('an expectation by another spelling', ask('POST', ['Expect: 100-Continue', 'Content-Length: 1'], 'x')),
  passed('an expectation without a body', ask('GET', ['Expect: 100-continue'])),
  passed('an upgrade that Connection does not name', ask('GET', ['Upgrade: websocket'])),
  passed('a Connection that names what must stay', ask('GET', ['Connection: host, content-length, x-forwarded-for'])),
]

/** Upgrades last, for a server may hand the connection over. */
const UPGRADES: readonly Case[] = [
  passed('an upgrade', line('GET / HTTP/1.1', ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket'])),
  refused(
    'an upgrade with a body',
    line('POST / HTTP/1.1', ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5'], 'hello'),
  ),
  refused(
    'an upgrade with chunks',
    line('POST / HTTP/1.1', ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', CHUNKED], '0\r\n\r\n'),
  ),
  refused(
    'an upgrade with two Hosts',
    line('GET / HTTP/1.1', ['Host: a', 'Host: b', 'Connection: Upgrade', 'Upgrade: websocket']),
  ),
]

const SEQUENCES: readonly Case[] = [
  passed(
    'three requests at once',
    `GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi${ask('GET')}`,
    3,
  ),
  passed('an empty line before a request', `\r\n${ask('GET')}`),
  refused(
    'a bad request behind a good one',
    `GET /1 HTTP/1.1\r\nHost: a\r\n\r\n${line('GET / HTTP/1.1', ['Host: a', 'Host: b'])}`,
    1,
  ),
  refused('a good request behind a bad one', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${ask('GET')}`),
  refused(
    'a second request behind chunks whose size lies',
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n${CHUNKED}\r\n\r\n0\r\n\r\nG${ask('GET')}`,
  ),
]

/** What is wrong only in the body: its request has been passed on by then, and its target is told that it is broken. */
export const BROKEN_BODIES: readonly Pick<Case, 'name' | 'bytes'>[] = [
  { name: 'a chunk size in another notation', bytes: ask('POST', [CHUNKED], '0x5\r\nhello\r\n0\r\n\r\n') },
  { name: 'a negative chunk size', bytes: ask('POST', [CHUNKED], '-1\r\nhello\r\n0\r\n\r\n') },
  { name: 'a chunk size that is too large', bytes: ask('POST', [CHUNKED], 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n') },
  { name: 'a blank before a chunk size', bytes: ask('POST', [CHUNKED], ' 5\r\nhello\r\n0\r\n\r\n') },
  { name: 'a chunk longer than its size', bytes: ask('POST', [CHUNKED], '5\r\nhello!!\r\n0\r\n\r\n') },
  { name: 'a chunk without its CRLF', bytes: ask('POST', [CHUNKED], '5\r\nhello0\r\n\r\n') },
  { name: 'a chunk size that ends in a bare LF', bytes: ask('POST', [CHUNKED], '5\nhello\r\n0\r\n\r\n') },
  { name: 'an extension that ends in a bare LF', bytes: ask('POST', [CHUNKED], `5;a\nhello\r\n0\r\n\r\n`) },
  { name: 'a bare CR in an extension', bytes: ask('POST', [CHUNKED], '5;a\rb\r\nhello\r\n0\r\n\r\n') },
  { name: 'NUL in an extension', bytes: ask('POST', [CHUNKED], '5;a\0\r\nhello\r\n0\r\n\r\n') },
]

export const CORPUS: readonly Case[] = [
  ...LET_THROUGH_BY_NODE,
  ...ADDRESSES,
  ...VERSIONS,
  ...LENGTHS,
  ...CODINGS,
  ...CHARACTERS,
  ...HOPS,
  ...SEQUENCES,
  ...UPGRADES,
]

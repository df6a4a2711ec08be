import assert from 'node:assert/strict'
import fc from 'fast-check'
import { valuesOf } from '../../src/http/fields.ts'
import {
  answerFields,
  type ForwardingFacts,
  requestFields,
  switchingFields,
  trailerFields,
} from '../../src/http/forwarding.ts'
import { fitRequest } from './messages.ts'

const STRANGER: ForwardingFacts = { clientAddress: '192.0.2.1', isTrusted: false, hopName: 'hop', requestId: 'ours' }
const CHUNKED = { kind: 'chunked' } as const

describe('the fields of a request on their way to the target', () => {
  it('begin with the Host as it came, keep order, spelling and number, and end with the trace', () => {
    const fields = ['accept', '*/*', 'X-A', '1', 'x-a', '', 'Cookie', 'a=b', 'Cookie', 'c=d']
    assert.deepEqual(requestFields(fitRequest(fields), STRANGER), [
      ...['Host', 'a.example', ...fields],
      ...['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'a.example'],
      ...['Via', '1.1 edgerq-hop', 'X-Request-Id', 'ours'],
    ])
  })

  it('lack what is about this connection, what is told apart, and what Connection names', () => {
    const fields = [
      ...[
        'Keep-Alive',
        '5',
        'Proxy-Connection',
        'close',
        'TE',
        'trailers',
        'Transfer-Encoding',
        'chunked',
        'Upgrade',
        'x',
      ],
      ...[
        'Expect',
        '100-continue',
        'Connection',
        'close, X-Mine',
        'connection',
        ' x-yours ,, "',
        'X-Mine',
        '1',
        'X-Yours',
        '2',
      ],
    ]
    const trace = requestFields(fitRequest(), STRANGER)
    assert.deepEqual(requestFields(fitRequest(fields), STRANGER), trace)
  })

  it('have no Host if an HTTP/1.0 client named none, and Via tells its version', () => {
    const fields = requestFields(fitRequest([], { fields: [], httpVersion: '1.0' }), STRANGER)
    assert.deepEqual(fields, [
      'X-Forwarded-For',
      '192.0.2.1',
      'X-Forwarded-Proto',
      'http',
      'Via',
      '1.0 edgerq-hop',
      'X-Request-Id',
      'ours',
    ])
  })

  it('have the Trailer of a chunked body only, for behind another nothing comes', () => {
    const trailer = ['Trailer', 'X-Sum']
    const chunked = requestFields(fitRequest([...trailer, 'Transfer-Encoding', 'chunked']), STRANGER)
    assert.deepEqual(valuesOf(chunked, 'trailer'), ['X-Sum'])
    assert.deepEqual(valuesOf(requestFields(fitRequest([...trailer, 'Content-Length', '1']), STRANGER), 'trailer'), [])
  })

  for (const name of [
    'Host',
    'Via',
    'X-Forwarded-For',
    'Forwarded',
    'X-Request-Id',
    'X-Real-IP',
    'Authorization',
    'Cookie',
    'Content-Type',
    'Origin',
    'Sec-WebSocket-Key',
    'Range',
    'If-Match',
    'Cache-Control',
  ]) {
    it(`keep ${name}, whatever Connection says`, () => {
      const own = name === 'Host' ? [] : [name, 'for=x']
      const named = requestFields(fitRequest([...own, 'Connection', `close, ${name.toLowerCase()}`]), {
        ...STRANGER,
        isTrusted: true,
      })
      assert.deepEqual(named, requestFields(fitRequest(own), { ...STRANGER, isTrusted: true }))
      assert.ok(valuesOf(named, name.toLowerCase()).length === 1)
    })
  }

  it('cannot be taken away or brought in by a Connection of any kind', () => {
    const names = [
      'host',
      'via',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-host',
      'x-request-id',
      'forwarded',
      'authorization',
      'content-length',
      'cookie',
      'upgrade',
      'te',
      'x-mine',
      'close',
      '',
      '"',
      ' ',
    ]
    const option = fc.constantFrom(...names, ...names.map((name) => name.toUpperCase()))
    fc.assert(
      fc.property(fc.array(fc.array(option, { maxLength: 5 }), { maxLength: 3 }), fc.boolean(), (lists, isTrusted) => {
        const own = ['Authorization', 'x', 'X-Mine', 'y', 'Cookie', 'z']
        const facts = { ...STRANGER, isTrusted }
        const connections = lists.flatMap((list) => ['Connection', list.join(',')])
        const expected = requestFields(fitRequest(own), facts)
        const isNamed = lists.flat().some((it) => it.trim().toLowerCase() === 'x-mine')
        if (isNamed) expected.splice(expected.indexOf('X-Mine'), 2)
        assert.deepEqual(requestFields(fitRequest([...connections, ...own]), facts), expected)
      }),
    )
  })
})

describe('the fields of an answer on their way to the client', () => {
  it('are passed as they are, without what is about the connection to the target', () => {
    const passed = [
      'Server',
      'x',
      'Set-Cookie',
      'a',
      'set-cookie',
      'b',
      'Date',
      '\xe9',
      'Content-Length',
      '5',
      'Via',
      '1.1 x',
    ]
    const dropped = [
      'Connection',
      'keep-alive, X-Mine, set-cookie',
      'Keep-Alive',
      '5',
      'X-Mine',
      '1',
      'Upgrade',
      'h2,h2c',
      'Transfer-Encoding',
      'chunked',
    ]
    assert.deepEqual(answerFields([...dropped, ...passed], { kind: 'length', bytes: 5 }), passed)
  })

  it('announce a trailer only where one can follow', () => {
    const fields = ['Trailer', 'X-Sum', 'Content-Type', 'x']
    assert.deepEqual(answerFields(fields, CHUNKED), fields)
    assert.deepEqual(answerFields(fields, { kind: 'length', bytes: 1 }), fields.slice(2))
    assert.deepEqual(answerFields(fields, { kind: 'none' }), fields.slice(2))
  })

  it('of a 101 say what is spoken from here, and no length', () => {
    const fields = [
      'connection',
      'Upgrade, X-Mine',
      'upgrade',
      'websocket',
      'X-Mine',
      '1',
      'Sec-WebSocket-Accept',
      'x',
      'Content-Length',
      '0',
      'Transfer-Encoding',
      'chunked',
      'Trailer',
      'x',
    ]
    assert.deepEqual(switchingFields(fields), [
      'Connection',
      'Upgrade',
      'upgrade',
      'websocket',
      'Sec-WebSocket-Accept',
      'x',
    ])
  })
})

describe('trailers', () => {
  const forbidden =
    'Content-Length Transfer-Encoding Trailer Host Connection TE Upgrade Keep-Alive Authorization Cookie Set-Cookie WWW-Authenticate Proxy-Authorization Content-Type Content-Encoding Content-Range Cache-Control Range If-Match Expect Max-Forwards Date Location Vary Via Forwarded X-Forwarded-For X-Forwarded-Anything X_Forwarded_For X-Request-Id Sec-Fetch-Site'
  for (const name of forbidden.split(' ')) {
    it(`cannot bring ${name}`, () =>
      assert.deepEqual(trailerFields([name, 'x', 'X-Sum', '1', name.toLowerCase(), 'y']), ['X-Sum', '1']))
  }

  it('bring everything else in its order', () => {
    const fields = [
      'grpc-status',
      '0',
      'Grpc-Message',
      '',
      'ETag',
      '"x"',
      'Server-Timing',
      'a',
      'server-timing',
      'b',
      'Digest',
      'c',
    ]
    assert.deepEqual(trailerFields(fields), fields)
  })
})

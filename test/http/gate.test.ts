import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { BodyFraming, FieldList } from '../../src/http/fields.ts'
import { requestFields } from '../../src/http/forwarding.ts'
import { inspectRequest } from '../../src/http/gate.ts'
import { fitRequest, raw, verdictOn } from './messages.ts'

describe('a request that the gate finds fit', () => {
  const bodies: readonly (readonly [fields: FieldList, body: BodyFraming])[] = [
    [[], { kind: 'none' }],
    [['content-length', '0'], { kind: 'length', bytes: 0 }],
    [['Content-Length', '9007199254740991'], { kind: 'length', bytes: Number.MAX_SAFE_INTEGER }],
    [['Transfer-Encoding', 'Chunked'], { kind: 'chunked' }],
  ]
  for (const [fields, body] of bodies) {
    it(`has ${JSON.stringify(body)} for a body with ${JSON.stringify(fields)}`, () =>
      assert.deepEqual(fitRequest(fields).body, body))
  }

  const addresses: readonly (readonly [
    method: string,
    target: string,
    host: string | null,
    result: readonly string[],
  ])[] = [
    ['GET', '/a?b', 'H:1', ['/a?b', 'H:1']],
    ['GET', '//other/../x', 'h', ['//other/../x', 'h']],
    ['GET', 'http://H:80/x?y', 'h', ['/x?y', 'h']],
    ['GET', 'https://h/', 'h:443', ['/', 'h:443']],
    ['GET', 'http://h?y=http://z', 'h', ['/?y=http://z', 'h']],
    ['GET', 'http://[::1]:8080', '[::1]:8080', ['/', '[::1]:8080']],
    ['OPTIONS', '*', 'h', ['*', 'h']],
    ['OPTIONS', 'http://h', 'h', ['*', 'h']],
    ['OPTIONS', 'http://h/', 'h', ['/', 'h']],
    ['GET', '/', null, ['/', '']],
    ['GET', 'http://h/x', null, ['/x', 'h']],
  ]
  for (const [method, target, host, result] of addresses) {
    it(`asks ${result[1] || 'nobody'} for ${result[0]} with ${method} ${target} and ${host ?? 'no'} Host`, () => {
      const fields = host === null ? [] : ['Host', host]
      const request = fitRequest([], { method, target, fields, httpVersion: host === null ? '1.0' : '1.1' })
      assert.deepEqual([request.target, request.authority], result)
    })
  }

  it('expects 100 only if it has a body to send, and never in HTTP/1.0', () => {
    const expect = ['Expect', '100-continue']
    assert.equal(fitRequest([...expect, 'Content-Length', '1']).expectsContinue, true)
    assert.equal(fitRequest([...expect, 'Transfer-Encoding', 'chunked']).expectsContinue, true)
    assert.equal(fitRequest([...expect, 'Content-Length', '0']).expectsContinue, false)
    assert.equal(fitRequest(expect).expectsContinue, false)
    assert.equal(fitRequest([...expect, 'Content-Length', '1'], { httpVersion: '1.0' }).expectsContinue, false)
    assert.equal(fitRequest(['Expect', 'the moon'], { httpVersion: '1.0' }).expectsContinue, false)
  })

  const upgrades: readonly (readonly [fields: FieldList, upgrade: string | null])[] = [
    [['Connection', 'Upgrade', 'Upgrade', 'websocket'], 'websocket'],
    [['Connection', 'keep-alive, upgrade', 'Upgrade', 'a/1, b'], 'a/1, b'],
    [['Connection', 'keep-alive', 'Connection', 'UPGRADE', 'Upgrade', 'a', 'upgrade', 'b'], 'a, b'],
    [['Connection', 'Upgrade', 'Upgrade', 'h2c, websocket, H2C'], 'websocket'],
    [['Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', 'h2c', 'HTTP2-Settings', 'AAA', 'Content-Length', '5'], null],
    [['Upgrade', 'websocket'], null],
    [['Connection', 'upgraded', 'Upgrade', 'websocket'], null],
    [['Connection', 'Upgrade'], null],
  ]
  for (const [fields, upgrade] of upgrades) {
    it(`offers ${upgrade ?? 'no upgrade'} with ${JSON.stringify(fields)}`, () =>
      assert.equal(fitRequest(fields).upgrade, upgrade))
  }

  it('offers no upgrade in HTTP/1.0', () => {
    assert.equal(fitRequest(['Connection', 'Upgrade', 'Upgrade', 'websocket'], { httpVersion: '1.0' }).upgrade, null)
  })

  it('may have a coding of its own for trailers in TE', () => {
    assert.equal(fitRequest(['TE', 'trailers, deflate;q=0.5']).fields.includes('TE'), true)
  })
})

describe('a request that the gate refuses', () => {
  it('is told by a code which kind of problem it has', () => {
    const codes = [
      verdictOn(['Host', 'b']),
      verdictOn(['Expect', 'x']),
      verdictOn([], { method: 'CONNECT', target: 'a:443' }),
      verdictOn(Array.from({ length: 200 }, () => 'X')),
      verdictOn([], { httpVersion: '2.0' }),
    ].map((verdict) => (verdict.fit ? 'fit' : verdict.code))
    assert.deepEqual(codes, [
      'EDGERQ-BAD-REQUEST',
      'EDGERQ-EXPECTATION',
      'EDGERQ-METHOD',
      'EDGERQ-HEAD-TOO-LARGE',
      'EDGERQ-BAD-REQUEST',
    ])
  })

  it('is told what is wrong in visible ASCII, however it was written', () => {
    const verdict = verdictOn([], { target: `/\x1b[2J"${'\xff'.repeat(500)}` })
    assert.ok(!verdict.fit)
    assert.match(verdict.detail, /not "\/\\x1b\[2J\\x22(\\xff)+/)
    assert.match(verdict.detail, /^[\x20-\x7e…]{1,400}$/)
  })
})

describe('requests at random', () => {
  const character = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xff }) },
  )
  const text = (most: number) => fc.array(character, { maxLength: most }).map((codes) => String.fromCharCode(...codes))
  const known = fc.constantFrom(
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Expect',
    'Upgrade',
    'Connection',
    'Via',
    'TE',
    'X-A',
  )
  const knownValue = fc.constantFrom(
    'a',
    'b:80',
    '5',
    '0',
    'chunked',
    '100-continue',
    'upgrade',
    'x-a',
    'websocket',
    'h2c',
    'Host',
    '',
  )
  const field = fc.oneof(
    fc.tuple(known, fc.oneof(knownValue, text(6))),
    fc.tuple(fc.oneof(fc.stringMatching(/^[!#-'*+.^-z|~0-9A-Z-]{1,8}$/), text(8)), text(12)),
  )
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'OPTIONS', 'CONNECT', 'get', 'G T', ''),
    target: fc.oneof(
      fc.constantFrom('/', '*', 'http://a/', 'http://b/x', '/#', 'a:80'),
      text(8).map((rest) => `/${rest}`),
    ),
    httpVersion: fc.constantFrom('1.1', '1.0', '0.9', '2.0'),
    fields: fc.array(field, { maxLength: 6 }).map((pairs) => ['Host', 'a', ...pairs.flat()]),
  })

  it('are fit only if each of their parts can be read in one way', () => {
    fc.assert(
      fc.property(request, (given) => {
        const verdict = inspectRequest(given)
        if (!verdict.fit) return
        const { fields, body, target, authority } = verdict.request
        const count = (name: string) => fields.filter((it, at) => at % 2 === 0 && it.toLowerCase() === name).length
        assert.equal(count('host'), 1)
        assert.ok(count('content-length') + count('transfer-encoding') <= 1)
        assert.equal(body.kind === 'none', count('content-length') + count('transfer-encoding') === 0)
        assert.match(`${given.method} ${target} ${authority}`, /^[A-Za-z]+ (?:\/[!-~]*|\*) [\w.:[\]-]+$/)
        assert.ok(fields.every((it) => /^[\t -~]*$/.test(it)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('that are fit reach the target with every field that is not about the way, as it came', () => {
    const OF_THE_WAY =
      /^(?:host|content-length|expect|connection|keep-alive|proxy-connection|te|transfer-encoding|upgrade|via|trailer|forwarded|x-.*)$/i
    fc.assert(
      fc.property(request, (given) => {
        const verdict = inspectRequest(given)
        if (!verdict.fit || given.fields.some((it) => it.toLowerCase() === 'connection')) return
        const facts = { clientAddress: '192.0.2.1', isTrusted: false, hopName: 'h', requestId: 'id' }
        assert.deepEqual(
          withoutNames(OF_THE_WAY, requestFields(verdict.request, facts)),
          withoutNames(OF_THE_WAY, given.fields),
        )
      }),
      { numRuns: 2_000 },
    )
  })

  it('are refused for any byte that is not visible ASCII or a blank, wherever it stands', () => {
    const strange = fc.integer({ min: 0, max: 0xff }).filter((code) => code !== 9 && (code < 0x20 || code > 0x7e))
    fc.assert(
      fc.property(strange, fc.constantFrom('method', 'target', 'name', 'value'), fc.nat(3), (code, where, at) => {
        const spoiled = (it: string) => it.slice(0, at) + String.fromCharCode(code) + it.slice(at)
        const [name, value] = [
          where === 'name' ? spoiled('Name') : 'Name',
          where === 'value' ? spoiled('value') : 'value',
        ]
        const given = raw([name, value], {
          ...(where === 'method' && { method: spoiled('GET') }),
          ...(where === 'target' && { target: spoiled('/abc') }),
        })
        assert.equal(inspectRequest(given).fit, false)
      }),
    )
  })
})

function withoutNames(pattern: RegExp, fields: FieldList): readonly string[] {
  return fields.filter((_, at) => !pattern.test(fields[at - (at % 2)]!))
}

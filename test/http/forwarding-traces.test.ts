import assert from 'node:assert/strict'
import { type FieldList, valuesOf } from '../../src/http/fields.ts'
import { type ForwardingFacts, hasLooped, requestFields, requestIdOf } from '../../src/http/forwarding.ts'
import { fitRequest } from './messages.ts'

const FACTS: ForwardingFacts = { clientAddress: '192.0.2.1', isTrusted: false, hopName: 'hop', requestId: 'ours' }

/** The values of `name` at the target. */
function arriving(name: string, fields: FieldList, facts: Partial<ForwardingFacts>): readonly string[] {
  return valuesOf(requestFields(fitRequest(fields), { ...FACTS, ...facts }), name.toLowerCase())
}

describe('what a request says about where it came from', () => {
  const matrix: readonly (readonly [
    name: string,
    given: readonly string[],
    believed: string,
    otherwise: string | null,
  ])[] = [
    ['X-Forwarded-For', [], '192.0.2.1', '192.0.2.1'],
    ['X-Forwarded-For', ['10.0.0.1'], '10.0.0.1, 192.0.2.1', '192.0.2.1'],
    ['X-Forwarded-For', ['10.0.0.1 ,', '', '10.0.0.2'], '10.0.0.1, 10.0.0.2, 192.0.2.1', '192.0.2.1'],
    ['X-Forwarded-Proto', [], 'http', 'http'],
    ['X-Forwarded-Proto', ['https'], 'https', 'http'],
    ['X-Forwarded-Proto', [''], 'http', 'http'],
    ['X-Forwarded-Host', [], 'a.example', 'a.example'],
    ['X-Forwarded-Host', ['b.example'], 'b.example', 'a.example'],
    ['X-Forwarded-Port', ['443'], '443', null],
    ['X-Forwarded-Anything', ['x'], 'x', null],
    ['X-Real-IP', ['10.0.0.1'], '10.0.0.1', null],
    ['Forwarded', ['for=_a'], 'for=_a, for=192.0.2.1;proto=http;host=a.example', null],
    ['Forwarded', ['for="a,b"', 'for=c'], 'for="a,b", for=c, for=192.0.2.1;proto=http;host=a.example', null],
    ['X-Request-Id', ['theirs/1'], 'theirs/1', 'ours'],
    ['X-Request-Id', ['x'.repeat(129)], 'ours', 'ours'],
    ['X-Request-Id', ['a b'], 'ours', 'ours'],
    ['X-Request-Id', ['a', 'b'], 'ours', 'ours'],
    [
      'Via',
      ['1.1 front', '1.0 x (a, b)'],
      '1.1 front, 1.0 x (a, b), 1.1 edgerq-hop',
      '1.1 front, 1.0 x (a, b), 1.1 edgerq-hop',
    ],
  ]
  for (const [name, given, believed, otherwise] of matrix) {
    const fields = given.flatMap((value) => [name, value])
    it(`${name} ${JSON.stringify(given)} becomes ${believed} from a trusted proxy`, () => {
      assert.deepEqual(arriving(name, fields, { isTrusted: true }), [believed])
    })
    it(`${name} ${JSON.stringify(given)} becomes ${otherwise ?? 'nothing'} from anybody else`, () => {
      assert.deepEqual(arriving(name, fields, { isTrusted: false }), otherwise === null ? [] : [otherwise])
    })
  }

  it('begins no Forwarded where none came, and adds nothing to one in which a quote is left open', () => {
    assert.deepEqual(arriving('Forwarded', [], { isTrusted: true }), [])
    assert.deepEqual(arriving('Forwarded', ['Forwarded', 'for="a'], { isTrusted: true }), [])
    assert.deepEqual(arriving('Forwarded', ['Forwarded', 'for="a\\"'], { isTrusted: true }), [])
    assert.equal(arriving('Forwarded', ['Forwarded', 'for="a\\""'], { isTrusted: true }).length, 1)
  })

  it('quotes in Forwarded what is no token', () => {
    const request = fitRequest(['Forwarded', 'for=_a'], { fields: ['Host', '[::1]:80', 'Forwarded', 'for=_a'] })
    const fields = requestFields(request, { ...FACTS, isTrusted: true, clientAddress: '2001:db8::1' })
    assert.deepEqual(valuesOf(fields, 'forwarded'), ['for=_a, for="[2001:db8::1]";proto=http;host="[::1]:80"'])
    assert.deepEqual(valuesOf(fields, 'x-forwarded-for'), ['2001:db8::1'])
  })

  const addresses = [
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['::FFFF:192.0.2.9', '192.0.2.9'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:0:1', '::ffff:0:1'],
    [undefined, 'unknown'],
  ] as const
  for (const [clientAddress, shown] of addresses) {
    it(`calls a client at ${clientAddress} ${shown}`, () => {
      assert.deepEqual(arriving('X-Forwarded-For', [], { clientAddress }), [shown])
    })
  }

  for (const isTrusted of [true, false]) {
    it(`cannot be said with underscores ${isTrusted ? 'even by a trusted proxy' : 'either'}`, () => {
      for (const name of ['X_Forwarded_For', 'x-forwarded_proto', 'X_Real_IP', 'X_Request_Id'])
        assert.deepEqual(arriving(name, [name, 'x'], { isTrusted }), [])
      assert.deepEqual(arriving('X_Mine', ['X_Mine', 'x'], { isTrusted }), ['x'])
    })
  }

  it('has the same request id for the log', () => {
    const fields = ['X-Request-Id', 'theirs']
    assert.equal(requestIdOf(fields, { ...FACTS, isTrusted: true }), 'theirs')
    assert.equal(requestIdOf(fields, FACTS), 'ours')
  })
})

describe('a request that comes back', () => {
  it('is known by our own name in Via, wherever it stands there', () => {
    const seen = requestFields(fitRequest(['Via', '1.1 front']), FACTS)
    const further = requestFields(fitRequest(seen.slice(2)), { ...FACTS, hopName: 'other' })
    assert.equal(hasLooped(seen, 'hop'), true)
    assert.equal(hasLooped(further, 'hop'), true)
    assert.equal(hasLooped(further, 'other'), true)
  })

  it('is not taken for one that only came by somebody of a similar name', () => {
    const via = ['Via', '1.1 edgerq-hop2, 1.1 edgerq (edgerq-hop), 1.1 hop', 'X', '1.1 edgerq-hop']
    assert.equal(hasLooped(via, 'hop'), false)
    assert.equal(hasLooped([], 'hop'), false)
  })

  it('is known behind a comment that somebody has left open', () => {
    const seen = requestFields(fitRequest(['Via', '1.1 x (open']), FACTS)
    assert.equal(hasLooped(seen, 'hop'), true)
  })
})

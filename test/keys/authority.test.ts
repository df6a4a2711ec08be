import assert from 'node:assert/strict'
import { answerRefusal, connectRefusal, mayServe, stayRefusal } from '../../src/keys/authority.ts'
import { type AuthorizedProvider, parseAuthorizedProviders } from '../../src/keys/authorized-providers.ts'
import { keyText } from '../../src/keys/key-text.ts'

const LAB = keyText('public', Buffer.alloc(32, 9))
const UUID = 'aaaaaaaa-2222-3333-4444-555555555555'
const OTHER_UUID = 'bbbbbbbb-2222-3333-4444-555555555555'
const NOON = Date.UTC(2026, 10, 21, 12)
const ATTEMPT = { address: '192.0.2.7', nowMs: NOON, sessions: 0 }

function provider(options: string): AuthorizedProvider {
  const outcome = parseAuthorizedProviders(`services="${UUID}",${options} ${LAB}`, 'keys', () => 'none')
  return outcome.ok ? outcome.value.get(LAB)! : assert.fail(outcome.problems.join('\n'))
}

describe('the first message of a key', () => {
  it('is answered whatever else there is against it, so that its sender can be told', () => {
    for (const options of ['', 'expiry-time=20200101', 'from="192.0.2.6"'])
      assert.equal(answerRefusal(provider(options)), null)
  })

  it('is not answered if the key is not listed, or is revoked', () => {
    assert.equal(answerRefusal(undefined)?.code, 'unknownKey')
    assert.equal(answerRefusal(provider('revoked'))?.code, 'revoked')
  })
})

describe('a key that is authorized', () => {
  it('may connect and stay if nothing speaks against it', () => {
    assert.equal(connectRefusal(provider(''), ATTEMPT), null)
    assert.equal(stayRefusal(provider(''), ATTEMPT), null)
  })

  it('may serve what it is listed for, written in either case, and nothing else', () => {
    assert.ok(mayServe(provider(''), UUID))
    assert.ok(mayServe(provider(''), UUID.toUpperCase()))
    for (const uuid of [OTHER_UUID, '', `${UUID} `, `{${UUID}}`, UUID.replaceAll('-', ''), UUID.replace('a', 'а')]) {
      assert.ok(!mayServe(provider(''), uuid), uuid)
    }
  })

  const refusals: [string, AuthorizedProvider | undefined, typeof ATTEMPT, string, RegExp][] = [
    ['that is not in the file', undefined, ATTEMPT, 'unknownKey', /does not know this key/],
    ['that is revoked', provider('revoked'), ATTEMPT, 'revoked', /has revoked this key/],
    ['whose time is over', provider('expiry-time=202611211200'), ATTEMPT, 'expired', /expired at 2026-11-21T12:00 UTC/],
    [
      'from an address that is not listed',
      provider('from="192.0.2.6,10.0.0.0/8"'),
      ATTEMPT,
      'wrongAddress',
      /this address/,
    ],
  ]
  for (const [which, entry, attempt, code, sentence] of refusals) {
    it(`${which} may neither connect nor stay`, () => {
      for (const refusal of [connectRefusal(entry, attempt), stayRefusal(entry, attempt)]) {
        assert.equal(refusal?.code, code)
        assert.match(refusal!.sentence, sentence)
      }
    })
  }

  it('may connect until the very millisecond in which it expires', () => {
    assert.equal(connectRefusal(provider('expiry-time=202611211200'), { ...ATTEMPT, nowMs: NOON - 1 }), null)
  })

  it('may have as many sessions as its line says, and keeps those when it asks for one too many', () => {
    const two = provider('max-sessions=2')
    assert.equal(connectRefusal(two, { ...ATTEMPT, sessions: 1 }), null)
    const refusal = connectRefusal(two, { ...ATTEMPT, sessions: 2 })
    assert.equal(refusal?.code, 'tooManySessions')
    assert.match(refusal!.sentence, /no more than 2 sessions at once/)
    assert.equal(stayRefusal(two, ATTEMPT), null)
    assert.match(
      connectRefusal(provider('max-sessions=1'), { ...ATTEMPT, sessions: 1 })!.sentence,
      /than one session at/,
    )
  })

  it('may serve nothing any more once it is revoked, nor if it was never there', () => {
    assert.ok(!mayServe(provider('revoked'), UUID))
    assert.ok(!mayServe(undefined, UUID))
  })

  it('is told the gravest reason: that it is revoked before that it is expired', () => {
    assert.equal(connectRefusal(provider('revoked,expiry-time=20200101'), ATTEMPT)?.code, 'revoked')
  })
})

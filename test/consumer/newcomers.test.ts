import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { type Claim, Newcomers } from '../../src/consumer/newcomers.ts'
import { Enrolment } from '../../src/keys/enrolment.ts'
import { createIdentity } from '../../src/keys/identity.ts'
import { readToken } from '../../src/keys/token.ts'
import { openLog } from '../../src/log.ts'
import { useFolder } from '../keys/folders.ts'

const UUID = '11111111-2222-3333-4444-555555555555'

describe('newcomers', () => {
  const path = useFolder()
  const { publicKey: consumerKey } = createIdentity()
  const { publicKey: lab } = createIdentity()
  const { publicKey: rival } = createIdentity()
  let said: string
  let enrolment: Enrolment
  let newcomers: Newcomers

  beforeEach(() => {
    said = ''
    const stream = new PassThrough().on('data', (piece) => {
      said += piece
    })
    const log = openLog({ level: 'info', isTerminal: false, stream })
    enrolment = new Enrolment(path('state'))
    newcomers = opened(path('state'))
    function opened(stateDirectory: string): Newcomers {
      return new Newcomers({ stateDirectory, consumerKey, authorizedPath: path('providers'), log })
    }
  })

  function claim(): Claim {
    const address = { host: '127.0.0.1', port: 1 }
    const { text } = enrolment.create({ services: [UUID], ttlMs: 60_000, address, consumerKey }, Date.now())
    const reading = readToken(text)
    return reading.ok ? reading.value : assert.fail(reading.what)
  }

  /** What an INIT does that shows a claim. */
  function asks(key: Uint8Array, shown: Claim): boolean {
    const isExpected = newcomers.isExpected(key, shown)
    if (isExpected) newcomers.remember(key, shown)
    return isExpected
  }

  it('use nothing up by asking, however often: an INIT can be sent again by anybody (E-3)', () => {
    const shown = claim()
    for (let time = 0; time < 5; time++) assert.ok(asks(lab, shown))
    assert.ok(!existsSync(path('providers')))
    assert.equal(enrolment.refusal({ ...shown, consumerKey }, Date.now()), null)
  })

  it('are enrolled by their own session alone, and once', () => {
    assert.ok(asks(lab, claim()))
    assert.equal(newcomers.enrol(rival, 'there'), undefined, 'it has shown nothing')
    assert.equal(newcomers.enrol(lab, 'there'), null)
    assert.equal(newcomers.enrol(lab, 'there'), undefined, 'what it showed counts no more')
  })

  it('that show one token together are answered both, and one gets in (E-3)', () => {
    const shown = claim()
    assert.ok(asks(lab, shown) && asks(rival, shown))
    assert.equal(newcomers.enrol(rival, 'there'), null)
    const refusal = newcomers.enrol(lab, 'there')!
    assert.deepEqual([refusal.code, refusal.token], ['usedToken', shown.id])
    assert.equal(readFileSync(path('providers'), 'utf8').trim().split('\n').length, 1)
  })

  it('with a wrong secret are not expected, and the log has the id and not what was shown (E-2)', () => {
    const secret = new Uint8Array(16).fill(0xab)
    const shown = { ...claim(), secret }
    assert.ok(!asks(lab, shown))
    assert.match(said, new RegExp(`"strangerRefused".*"token":"${shown.id}","code":"unknownToken"`))
    assert.ok(!said.includes(Buffer.from(secret).toString('base64url')) && !said.includes('abab'))
  })

  it('are turned away, and not the whole program, if what is kept of tokens cannot be read', () => {
    const shown = claim()
    writeFileSync(path(`state/tokens/${shown.id}.open`), 'nonsense')
    assert.ok(!asks(lab, shown))
    assert.match(said, /"code":"unreadableToken".*remove the file/)
  })

  it('may try again if the list cannot be written: the token is still good', () => {
    const shown = claim()
    writeFileSync(path('providers'), 'nonsense\n')
    assert.ok(asks(lab, shown))
    const refusal = newcomers.enrol(lab, 'there')!
    assert.deepEqual([refusal.code, refusal.token], ['notEnrolled', undefined])
    assert.match(said, /"providerNotEnrolled".*providers:1:/)
    writeFileSync(path('providers'), '')
    assert.ok(asks(lab, shown))
    assert.equal(newcomers.enrol(lab, 'there'), null)
  })

  it('that are remembered are bounded: the oldest of very many must ask again', () => {
    const shown = claim()
    asks(lab, shown)
    for (let more = 0; more < 256; more++) {
      const key = new Uint8Array(32)
      key[0] = more
      newcomers.remember(key, shown)
    }
    assert.equal(newcomers.enrol(lab, 'there'), undefined)
    asks(lab, shown)
    assert.equal(newcomers.enrol(lab, 'there'), null)
  })
})

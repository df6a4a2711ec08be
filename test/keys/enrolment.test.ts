import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readAuthorizedFile } from '../../src/keys/authorized-file.ts'
import type { AuthorizedProviders } from '../../src/keys/authorized-providers.ts'
import { Enrolment, type NewToken, type TokenClaim } from '../../src/keys/enrolment.ts'
import { createIdentity } from '../../src/keys/identity.ts'
import { KeyFileError } from '../../src/keys/key-file-error.ts'
import { keyText } from '../../src/keys/key-text.ts'
import { readToken } from '../../src/keys/token.ts'
import { useFolder } from './folders.ts'

const TOKEN_USER = fileURLToPath(new URL('../fixtures/token-user.js', import.meta.url))
const UUID = '11111111-2222-3333-4444-555555555555'
const OTHER_UUID = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
const NOON = Date.UTC(2026, 10, 21, 12)
const HOUR_MS = 3_600_000

function claimOf({ text }: NewToken): TokenClaim {
  const reading = readToken(text)
  return reading.ok ? reading.value : assert.fail(reading.what)
}

describe('enrolment', () => {
  const path = useFolder()
  const { publicKey: consumerKey } = createIdentity()
  const { publicKey } = createIdentity()
  const key = keyText('public', publicKey)
  let enrolment: Enrolment
  let newcomer: { publicKey: Uint8Array; authorizedPath: string }

  beforeEach(() => {
    enrolment = new Enrolment(path('state'))
    newcomer = { publicKey, authorizedPath: path('providers') }
  })

  function made(services: readonly string[] = [UUID], nowMs = NOON): NewToken {
    const address = { host: '2001:db8::1', port: 12_345 }
    return enrolment.create({ services, ttlMs: HOUR_MS, address, consumerKey }, nowMs)
  }

  function authorized(): AuthorizedProviders {
    const { outcome } = readAuthorizedFile(path('providers'))
    return outcome.ok ? outcome.value : assert.fail(outcome.problems.join('\n'))
  }

  it('gives a token that carries address, key and secret, a fresh one each time', () => {
    const reading = readToken(made().text)
    assert.ok(reading.ok)
    assert.deepEqual(reading.value.address, { host: '2001:db8::1', port: 12_345 })
    assert.deepEqual(Buffer.from(reading.value.consumerKey), Buffer.from(consumerKey))
    const others = new Set(Array.from({ length: 20 }, () => Buffer.from(claimOf(made()).secret).toString('hex')))
    assert.equal(others.size, 20)
  })

  it('lets a provider in by writing its line, with the services of the token', () => {
    const claim = claimOf(made([OTHER_UUID.toUpperCase(), UUID]))
    assert.equal(enrolment.use(claim, newcomer, NOON), null)
    const provider = authorized().get(key)!
    assert.deepEqual(provider.services, new Set([OTHER_UUID, UUID]))
    assert.equal(provider.comment, `joined 2026-11-21 by token ${claim.id}`)
    assert.equal(statSync(path('providers')).mode & 0o777, 0o600)
  })

  it('leaves what stands in the file as it is, also a last line without an end', () => {
    const before = `# the house\nservices="${UUID}" ${keyText('public', createIdentity().publicKey)} lab`
    writeFileSync(path('providers'), before)
    enrolment.use(claimOf(made()), newcomer, NOON)
    assert.ok(readFileSync(path('providers'), 'utf8').startsWith(`${before}\n`))
    assert.equal(authorized().size, 2)
  })

  it('takes a token once', () => {
    const claim = claimOf(made())
    assert.equal(enrolment.use(claim, newcomer, NOON), null)
    for (const next of [newcomer, { ...newcomer, publicKey: createIdentity().publicKey }]) {
      assert.equal(enrolment.refusal(claim, NOON)?.code, 'usedToken')
      assert.equal(enrolment.use(claim, next, NOON)?.code, 'usedToken')
    }
    assert.equal(authorized().size, 1)
  })

  it('ends a token on the disk before its key is listed (E-3)', () => {
    const token = made()
    const before: boolean[] = []
    const asked = {
      publicKey,
      get authorizedPath() {
        before.push(existsSync(path(`state/tokens/${token.id}.ended`)))
        return path('providers')
      },
    }
    assert.equal(enrolment.use(claimOf(token), asked, NOON), null)
    assert.deepEqual([before, authorized().size], [[true], 1])
  })

  it('lets nobody back in by a used token whose line was removed', () => {
    const claim = claimOf(made())
    enrolment.use(claim, newcomer, NOON)
    writeFileSync(path('providers'), '')
    const refusal = enrolment.use(claim, newcomer, NOON)
    assert.equal(refusal?.code, 'usedToken')
    assert.match(refusal.sentence, /This key joined with the token once/, 'it was nobody else')
    assert.equal(authorized().size, 0)
  })

  it('takes a token until the very millisecond in which it expires', () => {
    const token = made()
    const claim = claimOf(token)
    assert.equal(token.expiresAtMs, NOON + HOUR_MS)
    assert.equal(enrolment.refusal(claim, token.expiresAtMs - 1), null)
    assert.equal(enrolment.use(claim, newcomer, token.expiresAtMs)?.code, 'expiredToken')
    assert.ok(!existsSync(path('providers')))
  })

  it('does not know a token with another id, another secret, of another consumer, or with no id at all (E-2)', () => {
    const claim = claimOf(made())
    const secret = Buffer.from(claim.secret)
    secret[15]! ^= 1
    const strangers: TokenClaim[] = [
      { ...claim, id: claimOf(made()).id },
      { ...claim, id: 'ffffffffffffffff' },
      { ...claim, id: '../../providers' },
      { ...claim, id: '' },
      { ...claim, secret },
      { ...claim, secret: new Uint8Array(0) },
      { ...claim, consumerKey: publicKey },
    ]
    for (const stranger of strangers) {
      assert.equal(enrolment.refusal(stranger, NOON)?.code, 'unknownToken', JSON.stringify(stranger))
      assert.equal(enrolment.use(stranger, newcomer, NOON)?.code, 'unknownToken')
    }
    assert.equal(enrolment.use(claim, newcomer, NOON), null, 'the token itself is as good as before')
  })

  it('tells somebody with a wrong secret nothing about whether a token was used', () => {
    const claim = claimOf(made())
    enrolment.use(claim, newcomer, NOON)
    assert.equal(enrolment.refusal({ ...claim, secret: new Uint8Array(16) }, NOON)?.code, 'unknownToken')
  })

  it('changes nothing for being asked', () => {
    const claim = claimOf(made())
    for (let time = 0; time < 3; time++) assert.equal(enrolment.refusal(claim, NOON), null)
    assert.equal(enrolment.use(claim, newcomer, NOON), null)
  })

  describe('of a key that has a line already', () => {
    for (const [how, line] of [
      ['for other services', `services="${OTHER_UUID}" ${key}\n`],
      ['that revokes it', `revoked ${key}\n`],
    ]) {
      it(`(${how}) is refused, changes nothing and keeps the token`, () => {
        writeFileSync(path('providers'), line!)
        const claim = claimOf(made())
        assert.equal(enrolment.use(claim, newcomer, NOON)?.code, 'listedKey')
        assert.equal(readFileSync(path('providers'), 'utf8'), line)
        assert.equal(enrolment.use(claim, { ...newcomer, publicKey: createIdentity().publicKey }, NOON), null)
      })
    }
  })

  it('keeps the token if the line cannot be written, and says why', () => {
    const claim = claimOf(made())
    const spoiled: [() => string, RegExp][] = [
      [() => path('no/providers'), /no such folder/],
      [
        () => {
          writeFileSync(path('broken'), 'nope=1 eqpk1:\n')
          return path('broken')
        },
        /no provider can be added, since it has problems: .*broken:1:1: /,
      ],
      [
        () => {
          writeFileSync(path('full'), '#\n'.repeat(10_000))
          return path('full')
        },
        /problems with one line more: .*full:10001:1: there are too many lines/,
      ],
      [
        () => {
          writeFileSync(path('open'), '')
          chmodSync(path('open'), 0o666)
          return path('open')
        },
        /chmod go-w/,
      ],
    ]
    for (const [spoil, expected] of spoiled) {
      const authorizedPath = spoil()
      assert.throws(
        () => enrolment.use(claim, { publicKey, authorizedPath }, NOON),
        (error) => error instanceof KeyFileError && expected.test(error.message),
      )
      assert.equal(enrolment.refusal(claim, NOON), null)
    }
    assert.equal(enrolment.use(claim, newcomer, NOON), null)
  })

  describe('revoking', () => {
    it('ends a token that was not used', () => {
      const token = made()
      assert.equal(enrolment.revoke(token.id, NOON), 'open')
      assert.equal(enrolment.use(claimOf(token), newcomer, NOON)?.code, 'revokedToken')
      assert.equal(enrolment.revoke(token.id, NOON), 'revoked')
    })

    it('does not undo a use', () => {
      const token = made()
      enrolment.use(claimOf(token), newcomer, NOON)
      assert.equal(enrolment.revoke(token.id, NOON), 'used')
      assert.equal(enrolment.list(NOON)[0]!.state, 'used')
      assert.equal(authorized().size, 1)
    })

    it('of what is no token finds nothing', () => {
      for (const id of ['ffffffffffffffff', '', '../state', 'x']) assert.equal(enrolment.revoke(id, NOON), null)
    })
  })

  it('lists tokens from the oldest to the latest, with what became of each', () => {
    assert.deepEqual(enrolment.list(NOON), [])
    const tokens = [3, 2, 1, 0].map((hours) => made([UUID], NOON - (hours * HOUR_MS) / 4))
    enrolment.use(claimOf(tokens[1]!), newcomer, NOON)
    enrolment.revoke(tokens[2]!.id, NOON)
    const listed = enrolment.list(NOON + HOUR_MS / 2)
    assert.deepEqual(
      listed.map(({ id, state }) => [id, state]),
      tokens.map(({ id }, index) => [id, ['expired', 'used', 'revoked', 'open'][index]]),
    )
    assert.deepEqual(listed[1]!.end, { atMs: NOON, usedBy: key })
    assert.equal(listed[1]!.consumerKey, keyText('public', consumerKey))
  })

  it('forgets a token a month after its time, when the next one is made', () => {
    const [old, used] = [made(), made()]
    enrolment.use(claimOf(used), newcomer, NOON)
    const month = 30 * 24 * HOUR_MS
    const later = made([UUID], old.expiresAtMs + month)
    assert.equal(enrolment.list(NOON).length, 3)
    const latest = made([UUID], old.expiresAtMs + month + 1)
    assert.deepEqual(new Set(enrolment.list(NOON).map(({ id }) => id)), new Set([later.id, latest.id]))
    assert.equal(enrolment.refusal(claimOf(used), NOON)?.code, 'unknownToken')
  })

  describe('on the disk', () => {
    it('is for this user alone, and holds neither a secret nor what could be used in its place', () => {
      const token = made()
      enrolment.use(claimOf(token), newcomer, NOON)
      const secret = Buffer.from(claimOf(token).secret)
      assert.equal(statSync(path('state/tokens')).mode & 0o777, 0o700)
      const names = readdirSync(path('state/tokens'))
      assert.deepEqual(names.toSorted(), [`${token.id}.ended`, `${token.id}.open`])
      for (const name of names) {
        assert.equal(statSync(path(`state/tokens/${name}`)).mode & 0o777, 0o600)
        const text = readFileSync(path(`state/tokens/${name}`), 'latin1')
        for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
          assert.ok(!text.includes(secret.toString(encoding)))
        }
      }
    })

    it('is refused if others may read a record or it is not one, with what to do', () => {
      const token = made()
      const record = path(`state/tokens/${token.id}.open`)
      const claim = claimOf(token)
      const text = readFileSync(record, 'utf8')
      const bad = [
        '',
        '{',
        'null',
        '[]',
        text.replace('"services":["', '"services":["x'),
        text.replace(/"secretHash":"../, '"secretHash":"'),
      ]
      bad.push(
        text.replace('"end":null', '"end":{"atMs":1,"usedBy":null}'),
        text.replace(/"expiresAtMs":\d+/, '"expiresAtMs":"1"'),
      )
      for (const damaged of bad) {
        writeFileSync(record, damaged)
        assert.throws(
          () => enrolment.use(claim, newcomer, NOON),
          /not what edgerq writes about a token; remove the file/,
          damaged,
        )
      }
      writeFileSync(record, text)
      chmodSync(record, 0o644)
      assert.throws(() => enrolment.use(claim, newcomer, NOON), /its mode 0644 .* chmod 600 /)
      chmodSync(record, 0o600)
      assert.equal(enrolment.use(claim, newcomer, NOON), null)
    })

    it('leaves alone what is not its own', () => {
      made()
      writeFileSync(path('state/tokens/notes.txt'), 'mine')
      mkdirSync(path('state/tokens/old.open'))
      assert.equal(enrolment.list(NOON).length, 1)
    })

    it('is not begun by one user in the state directory of another', function () {
      if (process.geteuid?.() !== 0) this.skip()
      mkdirSync(path('state'))
      chownSync(path('state'), 12_345, 12_345)
      assert.throws(() => made(), /belongs to user 12345, and this is user 0; run: sudo -u '#12345' …/)
      assert.deepEqual(readdirSync(path('state')), [])
    })

    it('is begun only where a folder can be', () => {
      writeFileSync(path('state'), '')
      assert.throws(() => made(), /tokens: the folder cannot be made: .*EDGERQ_STATE_DIR/)
    })
  })

  describe('by several processes at once', () => {
    const children: ChildProcess[] = []
    afterEach(() => {
      for (const child of children.splice(0)) child.kill('SIGKILL')
    })

    it('lets in exactly one (E-3)', async () => {
      for (let round = 0; round < 3; round++) {
        const token = made([UUID], Date.now())
        const lines = Array.from({ length: 4 }, () => linesOf(tokenUser(token)))
        await Promise.all(lines.map((line) => line.next()))
        for (const child of children) child.stdin!.write('go\n') // all of them are waiting for it
        const outcomes = await Promise.all(lines.map(async (line) => (await line.next()).value))
        children.splice(0)
        assert.deepEqual(outcomes.toSorted(), ['in', 'usedToken', 'usedToken', 'usedToken'])
        assert.equal(authorized().size, round + 1)
      }
    })

    function tokenUser(token: NewToken): ChildProcess {
      const args = [TOKEN_USER, path('state'), path('providers'), token.text]
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
      children.push(child)
      return child
    }
  })

  it('sees what another program did to a token since it was asked about it', () => {
    const token = made()
    const [first, second] = [new Enrolment(path('state')), new Enrolment(path('state'))]
    assert.equal(first.refusal(claimOf(token), NOON), null)
    assert.equal(second.revoke(token.id, NOON), 'open')
    assert.equal(first.use(claimOf(token), newcomer, NOON)?.code, 'revokedToken')
    assert.ok(!existsSync(path('providers')))
  })
})

function linesOf(child: ChildProcess): AsyncIterator<string> {
  return createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
}

import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type AuthorizedProvider,
  type AuthorizedProviders,
  parseAuthorizedProviders,
} from '../../src/keys/authorized-providers.ts'
import { keyText } from '../../src/keys/key-text.ts'

const LAB = key(1)
const SHOP = key(2)
const UUID = '11111111-2222-3333-4444-555555555555'
const OTHER_UUID = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
const SERVICES = `services="${UUID}"`
const PRE_SHARED_KEY = Buffer.alloc(32, 7)

function key(number: number): string {
  const bytes = Buffer.alloc(32, 9)
  bytes.writeUInt32LE(number)
  return keyText('public', bytes)
}

function outcomeOf(text: string): ReturnType<typeof parseAuthorizedProviders> {
  return parseAuthorizedProviders(text, 'keys', (path) =>
    path === 'a.psk' ? PRE_SHARED_KEY : `${path}: there is no such file`,
  )
}

function setOf(text: string): AuthorizedProviders {
  const outcome = outcomeOf(text)
  if (outcome.ok) return outcome.value
  return assert.fail(outcome.problems.join('\n'))
}

/** The one provider of a line. */
function providerOf(line: string): AuthorizedProvider {
  const [provider] = setOf(line).values()
  return provider!
}

function problemsOf(text: string): readonly string[] {
  const outcome = outcomeOf(text)
  return outcome.ok ? assert.fail(`nothing is wrong with ${JSON.stringify(text)}`) : outcome.problems
}

describe('an authorized file', () => {
  it('is a set of keys with what each may do', () => {
    const text = `# providers of the house\n\n${SERVICES} ${LAB} the lab\n   # later\nrevoked ${SHOP}\n`
    const set = setOf(text)
    assert.deepEqual([...set.keys()], [LAB, SHOP])
    assert.deepEqual(set.get(LAB), {
      publicKey: LAB,
      comment: 'the lab',
      line: 3,
      services: new Set([UUID]),
      from: null,
      expiresAtMs: Infinity,
      maxSessions: Infinity,
      maxStreams: Infinity,
      preSharedKey: null,
      isRevoked: false,
    })
    assert.equal(set.get(SHOP)!.isRevoked, true)
    assert.equal(set.get(SHOP)!.services.size, 0)
  })

  it('may be empty, or have comments alone: then nobody is authorized', () => {
    for (const text of ['', '\n', '# nobody yet', '\uFEFF# nobody\r\n\r\n']) assert.equal(setOf(text).size, 0)
  })

  it('gives entries that nobody can change', () => {
    const provider = providerOf(`${SERVICES},from="10.0.0.0/8" ${LAB}`)
    assert.ok(Object.isFrozen(provider) && Object.isFrozen(provider.from) && Object.isFrozen(provider.from![0]))
  })

  it('may have its options in any order, with commas, blanks or tabs between them', () => {
    const options = [SERVICES, 'max-sessions=2', 'expiry-time="20270101"']
    const expected = { ...providerOf(`${options.join(',')} ${LAB} c`) }
    for (const between of [' ', '\t', ', ', ' , ', ' \t ']) {
      assert.deepEqual({ ...providerOf(`  ${options.toReversed().join(between)}${between}${LAB}\tc  `) }, expected)
    }
  })

  it('may end its lines as any system does, and the last one not at all', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const set = setOf(`\uFEFF${SERVICES} ${LAB}${end}${SERVICES} ${SHOP} shop`)
      assert.deepEqual([set.get(LAB)!.comment, set.get(SHOP)!.comment], ['', 'shop'])
    }
  })

  it('takes a comment as it stands, whatever is in it', () => {
    const comment = 'second floor, "east" = ask Ann; # not a comment of its own · max-sessions=1'
    assert.equal(providerOf(`${SERVICES} ${LAB}   ${comment} `).comment, comment)
    assert.equal(providerOf(`${SERVICES} ${LAB} ${comment}`).maxSessions, Infinity)
  })

  const values: [string, Partial<AuthorizedProvider>][] = [
    [`services="${OTHER_UUID.toUpperCase()}, ${UUID}"`, { services: new Set([OTHER_UUID, UUID]) }],
    [`services=${UUID}`, { services: new Set([UUID]) }],
    [`${SERVICES},expiry-time="20270101"`, { expiresAtMs: Date.UTC(2027, 0, 1) }],
    [`${SERVICES},expiry-time=202802291359`, { expiresAtMs: Date.UTC(2028, 1, 29, 13, 59) }],
    [`${SERVICES},max-sessions=1`, { maxSessions: 1 }],
    [`${SERVICES},max-streams="16384"`, { maxStreams: 16_384 }],
    [`${SERVICES},psk-file=a.psk`, { preSharedKey: PRE_SHARED_KEY }],
    [`${SERVICES},revoked`, { isRevoked: true }],
  ]
  for (const [options, expected] of values) {
    it(`understands ${options}`, () => {
      const provider = providerOf(`${options} ${LAB}`)
      for (const [name, value] of Object.entries(expected)) {
        assert.deepEqual(provider[name as keyof AuthorizedProvider], value, name)
      }
    })
  }
})

describe('the problems of an authorized file', () => {
  const NAMES = 'services, from, expiry-time, max-sessions, max-streams, psk-file, revoked'
  const SERVICES_TAKES =
    'UUIDs in quotes with commas between them, such as services="11111111-2222-3333-4444-555555555555"'
  const FROM_TAKES =
    'addresses or networks in quotes with commas between them, such as from="192.0.2.7,10.0.0.0/8,fd00::/8"'
  const TIME_TAKES = 'a day, YYYYMMDD, or a minute, YYYYMMDDhhmm, in UTC, such as expiry-time="20270101"'
  const FORM = 'a line is: options, separated by commas, then eqpk1:… and a comment'
  const NO_KEY = 'this is no public key; it must be eqpk1: and 43 characters, as edgerq pubkey prints them'

  /** What stands before the key, and what is said about it with its column. */
  const options: [string, string][] = [
    [
      '',
      '1: this key may serve nothing: services="UUID,…" must list what it may serve (or write revoked, if it may not connect)',
    ],
    [
      'from="::1" ',
      '12: this key may serve nothing: services="UUID,…" must list what it may serve (or write revoked, if it may not connect)',
    ],
    ['services ', `1: services has no value; it must be ${SERVICES_TAKES}`],
    ['services="" ', `1: services has no value; it must be ${SERVICES_TAKES}`],
    ['services="x" ', `1: services must be ${SERVICES_TAKES}, not "x" ("x" is no UUID)`],
    ['services="*" ', `1: services must be ${SERVICES_TAKES}, not "*" ("*" is no UUID)`],
    [`services="${UUID}," `, `1: services must be ${SERVICES_TAKES}, not "${UUID}," ("" is no UUID)`],
    [`services="{${UUID}}" `, `1: services must be ${SERVICES_TAKES}, not "{${UUID}}" ("{${UUID}}" is no UUID)`],
    [
      `services="${OTHER_UUID},${OTHER_UUID.toUpperCase()}" `,
      `1: services must be ${SERVICES_TAKES}, not "${`${OTHER_UUID},${OTHER_UUID.toUpperCase()}`.slice(0, 60)}…" (${OTHER_UUID} is in it twice)`,
    ],
    [
      `services=${UUID},${OTHER_UUID} `,
      `47: "${OTHER_UUID}" stands alone; a list with commas in it needs quotes around it, such as services="…,…"`,
    ],
    [
      `${SERVICES} from=::1,10.0.0.0/8 `,
      '58: "10.0.0.0/8" stands alone; a list with commas in it needs quotes around it, such as services="…,…"',
    ],
    [`${SERVICES},from="10.0.0.0/33" `, `49: from must be ${FROM_TAKES}, not "10.0.0.0/33" ("10.0.0.0/33" is neither)`],
    [`${SERVICES},from="example.org" `, `49: from must be ${FROM_TAKES}, not "example.org" ("example.org" is neither)`],
    [`${SERVICES},expiry-time="2027" `, `49: expiry-time must be ${TIME_TAKES}, not "2027"`],
    [
      `${SERVICES},expiry-time="20270229" `,
      `49: expiry-time must be ${TIME_TAKES}, not "20270229" (there is no such time)`,
    ],
    [
      `${SERVICES},expiry-time=202701012400 `,
      `49: expiry-time must be ${TIME_TAKES}, not "202701012400" (there is no such time)`,
    ],
    [`${SERVICES},max-sessions=0 `, '49: max-sessions must be a whole number from 1 to 100000, not "0"'],
    [`${SERVICES},max-sessions=1e3 `, '49: max-sessions must be a whole number from 1 to 100000, not "1e3"'],
    [`${SERVICES},max-sessions=100001 `, '49: max-sessions must be a whole number from 1 to 100000, not "100001"'],
    [`${SERVICES},max-streams=16385 `, '49: max-streams must be a whole number from 1 to 16384, not "16385"'],
    [
      `${SERVICES},psk-file=b.psk `,
      '49: psk-file must be the path of a file that edgerq keygen --psk made, not "b.psk" (b.psk: there is no such file)',
    ],
    [`${SERVICES},revoked=no `, '49: revoked takes no value; write it alone, or leave it out'],
    [
      `${SERVICES},max-sessions=1,max-sessions=2 `,
      '64: max-sessions stands in this line twice; one of the two must go',
    ],
    [`${SERVICES},${SERVICES} `, '49: services stands in this line twice; one of the two must go'],
    [`${SERVICES},service=x `, `49: there is no option "service"; did you mean services? (the options are ${NAMES})`],
    [
      `${SERVICES},max_sessions=2 `,
      `49: there is no option "max_sessions"; did you mean max-sessions? (the options are ${NAMES})`,
    ],
    [`${SERVICES},Form="::1" `, `49: there is no option "Form"; did you mean from? (the options are ${NAMES})`],
    [`${SERVICES},expiry=2 `, `49: there is no option "expiry"; did you mean expiry-time? (the options are ${NAMES})`],
    [`${SERVICES},no-pty `, `49: there is no option "no-pty" (the options are ${NAMES})`],
    [`${SERVICES},__proto__=1 `, `49: there is no option "__proto__" (the options are ${NAMES})`],
    [`${SERVICES},constructor=1 `, `49: there is no option "constructor" (the options are ${NAMES})`],
    [
      `services="${UUID} `,
      '10: this quote opens or closes nothing; a value in quotes is written name="value", without quotes in it',
    ],
    [
      `services="${UUID}"" `,
      '48: this quote opens or closes nothing; a value in quotes is written name="value", without quotes in it',
    ],
    [`${SERVICES}from="::1" `, `48: an option or a key cannot begin here; ${FORM}`],
    [`="x" `, `1: an option or a key cannot begin here; ${FORM}`],
    [`${SERVICES} \u0007`, '49: there is a control character; remove it'],
  ]
  for (const [before, problem] of options) {
    it(`before the key: ${JSON.stringify(before)}`, () => {
      assert.deepEqual(problemsOf(`\n${before}${LAB} the lab\n`), [`keys:2:${problem}`])
    })
  }

  const PRIVATE = keyText('private', Buffer.alloc(32, 3))
  const keys: [string, string][] = [
    ['', `48: a public key is missing; ${FORM}`],
    [LAB.slice(0, -1), `49: ${NO_KEY}`],
    [`${LAB}A`, `49: ${NO_KEY}`],
    [`${LAB},`, `49: ${NO_KEY}`],
    [`eqpk1:${'A'.repeat(43)}`, `49: ${NO_KEY}`],
    [
      PRIVATE,
      '49: this is a PRIVATE key, which must never leave its file: make a new one, since others may have seen it, and write the public key here',
    ],
    [
      keyText('preShared', Buffer.alloc(32, 3)),
      '49: this is a pre-shared key; it belongs in a file of its own, which psk-file= names',
    ],
  ]
  for (const [text, problem] of keys) {
    it(`in place of the key: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(problemsOf(text === '' ? SERVICES : `${SERVICES} ${text}`), [`keys:1:${problem}`])
    })
  }

  it('are all told at once, in the order of the file', () => {
    const text = `nope,max-sessions=0 ${LAB}\n${SERVICES} ${SHOP}\n${SERVICES} ${SHOP}\n"\n`
    assert.deepEqual(
      problemsOf(text).map((line) => line.split(' ')[0]),
      ['keys:1:1:', 'keys:1:6:', 'keys:1:21:', 'keys:3:49:', 'keys:4:1:'],
    )
  })

  it('name the first line of a key that is there twice, also if one of them revokes it', () => {
    const [problem] = problemsOf(`# keys\n${SERVICES} ${LAB}\n\nrevoked ${LAB}\n`)
    assert.equal(problem, 'keys:4:9: this key stands in line 2 already; one of the two lines must go')
  })

  it('repeat no secret, wherever somebody has put one by mistake', () => {
    const psk = keyText('preShared', Buffer.alloc(32, 3))
    const token = 'eqtok1.MTI3LjAuMC4xOjE.aaaa.00f1e2d3c4b5a697.q83vASNFZ4mrze8BI0VniQ'
    for (const secret of [PRIVATE, psk, token]) {
      for (const line of [secret, `psk-file=${secret} ${LAB}`, `services="${secret}" ${LAB}`, `x${secret}=1 ${LAB}`]) {
        for (const problem of problemsOf(line)) assert.ok(!problem.includes(secret.slice(-20)), problem)
      }
    }
  })

  it('are at most a hundred, and say that there may be more', () => {
    for (const text of ['"\n'.repeat(5_000), `${'nope '.repeat(50_000)}${LAB}`]) {
      const problems = problemsOf(text)
      assert.equal(problems.length, 101)
      assert.equal(problems.at(-1), 'keys: no more than 100 problems are shown; there may be others')
    }
  })

  it('are short, on one line and fit for a terminal, whatever the file holds', () => {
    const unit = fc.oneof(
      fc.constantFrom(LAB, SERVICES, 'services=', '"', ',', ' ', '\n', '#', '=', 'eqpk1:', '\u202e', '\x1b[2J', UUID),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 40 }), (pieces) => {
        const outcome = outcomeOf(pieces.join(''))
        if (outcome.ok) return
        for (const problem of outcome.problems) {
          assert.match(problem, /^keys:\d+:\d+: [^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,600}$/u)
        }
      }),
    )
  })
})

describe('the bounds of an authorized file', () => {
  it('are ten thousand lines', () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `${SERVICES} ${key(index)}`)
    assert.equal(setOf(lines.join('\n')).size, 10_000)
    assert.equal(setOf(`${lines.join('\n')}\n`).size, 10_000)
    assert.deepEqual(problemsOf(`${lines.join('\n')}\n#`), [
      'keys:10001:1: there are too many lines; there must be at most 10000',
    ])
  })

  it('are one MiB, in bytes and not in characters', () => {
    assert.equal(setOf(`#${'x'.repeat(1_048_575)}`).size, 0)
    const problem = 'keys:1:1: the file is too large; it must have at most 1048576 bytes'
    assert.deepEqual(problemsOf(`#${'x'.repeat(1_048_576)}`), [problem])
    assert.deepEqual(problemsOf(`#${'ü'.repeat(524_288)}`), [problem])
  })

  it('hold for files that were made to be slow, too', () => {
    const mebibyte = 1_048_000
    const slow = [' '.repeat(mebibyte), 'a'.repeat(mebibyte), ','.repeat(mebibyte), 'a,'.repeat(mebibyte / 2)]
    slow.push(`services="${','.repeat(mebibyte - 20)}" ${LAB}`, `a="${' '.repeat(mebibyte)}`, 'a='.repeat(mebibyte / 2))
    for (const text of slow) {
      const before = process.cpuUsage()
      outcomeOf(text)
      const { user } = process.cpuUsage(before)
      assert.ok(user < 2_000_000, `${text.slice(0, 12)}… took ${user} µs`) // what is quadratic takes minutes
    }
  })
})

// What keygen, pubkey and token print where, and how they end: as programs, seen from outside.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Enrolment } from '../../src/keys/enrolment.ts'
import { readIdentity } from '../../src/keys/identity.ts'
import { fingerprint, keyText } from '../../src/keys/key-text.ts'
import { readPreSharedKey } from '../../src/keys/pre-shared-key.ts'
import { readToken, type Token } from '../../src/keys/token.ts'
import { useFolder } from '../keys/folders.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/edgerq.js', import.meta.url))
const UUID = '11111111-2222-3333-4444-555555555555'
const OTHER_UUID = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

describe('the key commands', () => {
  const path = useFolder()

  function run(...args: readonly string[]): Ended {
    const environment = { ...process.env, EDGERQ_STATE_DIR: path('state') }
    return spawnSync(process.execPath, [PROGRAM, ...args], { env: environment, cwd: path('.'), encoding: 'utf8' })
  }

  /** One line that says what is wrong, on stderr alone, and no stack. */
  function assertFailed(ended: Ended, status: number, expected: RegExp): void {
    assert.equal(ended.status, status, ended.stderr)
    assert.equal(ended.stdout, '')
    assert.match(ended.stderr, expected)
    assert.doesNotMatch(ended.stderr, /^\s+at /m)
  }

  function assertNoSecretIn(ended: Ended, file: string): void {
    const secret = readFileSync(file, 'utf8').trim().slice('eqsk1:'.length)
    assert.equal(secret.length, 43)
    assert.ok(!`${ended.stdout}${ended.stderr}`.includes(secret))
  }

  describe('keygen', () => {
    it('makes a private file and prints the public key, its fingerprint, and what to do on both sides', () => {
      const ended = run('keygen', '-o', 'sc.key')
      assert.equal(ended.status, 0, ended.stderr)
      const { publicKey } = readIdentity(path('sc.key'))
      assert.equal(ended.stdout, `${keyText('public', publicKey)}\n${fingerprint(publicKey)}\n`)
      for (const word of ['<identity>', '<consumer_key>', '<authorized_providers>', 'services="']) {
        assert.ok(ended.stderr.includes(word), word)
      }
      assert.equal(statSync(path('sc.key')).mode & 0o777, 0o600)
      assertNoSecretIn(ended, path('sc.key'))
    })

    it('names its file itself if it is not told how', () => {
      assert.equal(run('keygen').status, 0)
      readIdentity(path('edgerq.key'))
    })

    it('overwrites nothing and ends with 1', () => {
      writeFileSync(path('sc.key'), 'precious')
      assertFailed(run('keygen', '-o', 'sc.key'), 1, /^edgerq keygen: sc\.key: .*not touched; choose another name.*\n$/)
      assert.equal(readFileSync(path('sc.key'), 'utf8'), 'precious')
    })

    it('makes no folders and ends with 1', () => {
      assertFailed(run('keygen', '--output', 'no/sc.key'), 1, /^edgerq keygen: no\/sc\.key: .*no such folder.*\n$/)
    })

    it('--psk makes a pre-shared key and shows nothing of it', () => {
      const ended = run('keygen', '--psk', '-o', 'lab.psk')
      assert.equal(ended.status, 0)
      assert.equal(ended.stdout, '')
      assert.match(ended.stderr, /lab\.psk.*both sides/i)
      readPreSharedKey(path('lab.psk'))
      assertNoSecretIn(ended, path('lab.psk'))
    })

    it('takes no key from the command line', () => {
      assertFailed(run('keygen', 'eqsk1:x'), 2, /too many arguments/)
    })
  })

  describe('pubkey', () => {
    it('prints the public key alone on stdout, and the fingerprint on stderr', () => {
      const [made] = run('keygen', '-o', 'sc.key').stdout.split('\n')
      const ended = run('pubkey', 'sc.key')
      assert.equal(ended.status, 0)
      assert.equal(ended.stdout, `${made}\n`)
      assert.equal(ended.stderr, `${fingerprint(readIdentity(path('sc.key')).publicKey)}\n`)
    })

    it('refuses a file that others may read, and says how to close it', () => {
      run('keygen', '-o', 'sc.key')
      chmodSync(path('sc.key'), 0o644)
      assertFailed(run('pubkey', 'sc.key'), 1, /^edgerq pubkey: sc\.key: its mode 0644 .*chmod 600 sc\.key\n$/)
    })

    it('ends with 1 if there is no such file, and with 2 if none is named', () => {
      assertFailed(run('pubkey', 'no.key'), 1, /^edgerq pubkey: no\.key: there is no such file/)
      assertFailed(run('pubkey'), 2, /missing required argument/)
    })
  })

  describe('token', () => {
    let consumerKey: string
    beforeEach(() => {
      consumerKey = run('keygen', '-o', 'sc.key').stdout.split('\n')[0]!
    })

    function create(...args: readonly string[]): Ended {
      return run('token', 'create', '--identity', 'sc.key', '--address', '[2001:db8::1]:12345', ...args)
    }

    function tokenIn({ status, stdout, stderr }: Ended): Token {
      assert.equal(status, 0, stderr)
      const reading = readToken(stdout.trimEnd())
      return reading.ok ? reading.value : assert.fail(reading.what)
    }

    /** A consumer file with `root` at its root. */
    function consumerFile(root: string, uuid = UUID): string {
      const services = `<services><service><uuid>${uuid}</uuid><port>3000</port></service></services>`
      writeFileSync(path('consumer.xml'), `<service_consumer>${root}${services}</service_consumer>`)
      return 'consumer.xml'
    }

    const KEYS = '<identity>sc.key</identity><authorized_providers>providers</authorized_providers>'
    const LISTENER = '<listener><port>7000</port></listener>'

    it('create prints the token alone on stdout, and on stderr what it is good for, without its secret', () => {
      const ended = create('--service', UUID)
      const { address, consumerKey: key, id, secret } = tokenIn(ended)
      assert.deepEqual(address, { host: '2001:db8::1', port: 12_345 })
      assert.equal(keyText('public', key), consumerKey)
      assert.match(ended.stderr, new RegExp(`Token ${id} lets in one provider, once, until \\d{4}-.*Z`))
      assert.match(ended.stderr, /edgerq-sp join TOKEN --to /)
      assert.ok(!ended.stderr.includes(Buffer.from(secret).toString('base64url')))
    })

    it('create makes a token that the consumer takes, for the services that were named, for a day', () => {
      const before = Date.now()
      const claim = tokenIn(create('--service', UUID, '--service', OTHER_UUID.toUpperCase()))
      const after = Date.now()
      const enrolment = new Enrolment(path('state'))
      assert.equal(enrolment.refusal(claim, after), null)
      const [token] = enrolment.list(after)
      assert.deepEqual(token!.services, [UUID, OTHER_UUID])
      const day = 24 * 3_600_000
      assert.ok(token!.expiresAtMs >= before + day && token!.expiresAtMs <= after + day)
    })

    for (const [text, ms] of [
      ['90s', 90_000],
      ['1m', 60_000],
      ['2h', 7_200_000],
      ['30d', 2_592_000_000],
    ] as const) {
      it(`create --ttl ${text} makes it good for that long`, () => {
        tokenIn(create('--service', UUID, '--ttl', text))
        const [token] = new Enrolment(path('state')).list(0)
        assert.equal(token!.expiresAtMs - token!.createdAtMs, ms)
      })
    }

    it('create takes key and address from the configuration', () => {
      const config = consumerFile(KEYS + LISTENER)
      const token = tokenIn(run('token', 'create', '--service', UUID, '--config', config))
      assert.deepEqual(token.address, { host: '127.0.0.1', port: 7_000 })
      assert.equal(keyText('public', token.consumerKey), consumerKey)
    })

    it('create believes the command line more than the configuration about the address', () => {
      const config = consumerFile(KEYS + LISTENER)
      const token = tokenIn(
        run('token', 'create', '--service', UUID, '--config', config, '--address', 'sc.example.org:9'),
      )
      assert.deepEqual(token.address, { host: 'sc.example.org', port: 9 })
    })

    const good = ['--service', UUID]
    const misuses: [string, () => Ended, RegExp][] = [
      ['no service', () => create(), /required option '--service <uuid>'/],
      [
        'a service that is no UUID',
        () => create('--service', 'wiki'),
        /--service must be a UUID such as .*, not "wiki"/,
      ],
      ['a lifetime without a unit', () => create(...good, '--ttl', '24'), /--ttl must be 1m to 30d, .*, not "24"/],
      ['a lifetime that is too short', () => create(...good, '--ttl', '59s'), /--ttl must be 1m to 30d/],
      ['a lifetime that is too long', () => create(...good, '--ttl', '31d'), /--ttl must be 1m to 30d/],
      ['an address without a port', () => create(...good, '--address', 'a'), /--address must be HOST:PORT, .* not "a"/],
      ['no address', () => run('token', 'create', ...good, '--identity', 'sc.key'), /--address HOST:PORT is missing/],
      [
        'no key',
        () => run('token', 'create', ...good, '--address', 'a:1'),
        /--config FILE or --identity FILE is missing/,
      ],
      ['an option that there is not', () => create(...good, '--secret', 'x'), /unknown option '--secret'/],
      ['no command', () => run('token'), /create.*list.*revoke/s],
    ]
    for (const [what, attempt, expected] of misuses) {
      it(`create with ${what} ends with 2 and makes nothing`, () => {
        assertFailed(attempt(), 2, expected)
        assert.ok(!existsSync(path('state')))
      })
    }

    it('create with a configuration that cannot tell enough ends with 2 and says what is missing', () => {
      const anywhere = '<listener><inaddr_any>yes</inaddr_any></listener>'
      const cases: readonly (readonly [config: () => string, args: readonly string[], expected: RegExp])[] = [
        [() => consumerFile(KEYS + anywhere), [], /--address HOST:PORT is missing: consumer\.xml does not tell/],
        [() => consumerFile(LISTENER), [], /consumer\.xml has no <identity>.*edgerq keygen/],
        [() => consumerFile(KEYS + LISTENER, OTHER_UUID), [], /consumer\.xml has no service 11111111-/],
        [() => consumerFile(KEYS + LISTENER), ['--identity', 'sc.key'], /--config and --identity both name a key/],
        [() => consumerFile('<listener/><zebra/>'), [], /consumer\.xml:1:\d+: unknown element <zebra>/],
        [() => 'nowhere.xml', [], /nowhere\.xml: there is no such file/],
      ]
      for (const [config, args, expected] of cases) {
        assertFailed(run('token', 'create', ...good, '--config', config(), ...args), 2, expected)
      }
    })

    it('create ends with 1 if the key cannot be used', () => {
      chmodSync(path('sc.key'), 0o640)
      assertFailed(create(...good), 1, /^edgerq token create: sc\.key: its mode 0640/)
      rmSync(path('sc.key'))
      assertFailed(create(...good), 1, /no such file/)
    })

    it('list prints one line a token, with its state, and nothing to join with', () => {
      const open = tokenIn(create(...good))
      const revoked = tokenIn(create(...good, '--service', OTHER_UUID))
      run('token', 'revoke', revoked.id)
      const { status, stdout } = run('token', 'list')
      assert.equal(status, 0)
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ +/))
      assert.deepEqual(
        rows.map(([id, state, , services]) => [id, state, services]),
        [
          [open.id, 'open', UUID],
          [revoked.id, 'revoked', `${UUID},${OTHER_UUID}`],
        ],
      )
      assert.ok(!stdout.includes(Buffer.from(open.secret).toString('base64url')))
    })

    it('list says so on stderr if there are none', () => {
      const ended = run('token', 'list')
      assert.deepEqual([ended.status, ended.stdout], [0, ''])
      assert.match(ended.stderr, /^There are no tokens in .*state\.\n$/)
    })

    it('revoke ends a token, and doing it twice does no harm', () => {
      const claim = tokenIn(create(...good))
      for (let time = 0; time < 2; time++) {
        const ended = run('token', 'revoke', claim.id)
        assert.deepEqual([ended.status, ended.stdout], [0, `${claim.id} is revoked\n`])
      }
      assert.equal(new Enrolment(path('state')).refusal(claim, Date.now())?.code, 'revokedToken')
    })

    it('revoke ends with 1 for a token that was used, with what to do then, and for one that there is not', () => {
      const claim = tokenIn(create(...good))
      const newcomer = { publicKey: readIdentity(path('sc.key')).publicKey, authorizedPath: path('providers') }
      assert.equal(new Enrolment(path('state')).use(claim, newcomer, Date.now()), null)
      assertFailed(run('token', 'revoke', claim.id), 1, /was used already; .* write revoked before its key/)
      assertFailed(run('token', 'revoke', 'ffffffffffffffff'), 1, /there is no token ffffffffffffffff in .*state/)
    })

    it('revoke ends with 2 for what is no id, and does not repeat a token that was given in its place', () => {
      assertFailed(run('token', 'revoke', 'x'), 2, /"x" is no token's id; edgerq token list prints them/)
      const text = create(...good).stdout.trimEnd()
      const ended = run('token', 'revoke', text)
      assertFailed(ended, 2, /\(a secret, which is not repeated here\)/)
      assert.ok(!ended.stderr.includes(text.slice(-22)))
    })
  })
})

// Providers that join by a token and have no configuration: with real programs, real files, and both of them restarted.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { Enrolment } from '../../src/keys/enrolment.ts'
import { createIdentity, readIdentity } from '../../src/keys/identity.ts'
import { fingerprint, keyText } from '../../src/keys/key-text.ts'
import { readToken, type Token, tokenText } from '../../src/keys/token.ts'
import { startPeer } from '../../stresstest/peer.ts'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'
import { get, textOf } from './clients.ts'
import { OTHER_UUID, RAW_SERVICE, UUID, useStage } from './harness.ts'
import { KeyedSite, logged, whoServes } from './keyed-site.ts'

const HOUR_MS = 3_600_000
const JOINED = /^edgerq-sp ready /

describe('joining by a token', () => {
  const secrets: string[] = []

  // Before the stage, which takes its folder with it.
  afterEach(() => {
    const logs = stage().logs()
    for (const secret of secrets.splice(0)) assert.ok(!logs.includes(secret), 'a log tells the secret of a token')
    for (const file of readdirSync(stage().folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.key')) continue
      const secret = readFileSync(join(stage().folder, file), 'utf8').trim().split(':')[1]!
      assert.ok(!logs.includes(secret), `a log tells what is in ${file}`)
    }
  })

  const stage = useStage()
  let site: KeyedSite
  let started = 0

  beforeEach(() => {
    site = new KeyedSite(stage())
    site.authorize('# nobody yet')
  })

  const path = (name: string) => join(stage().folder, name)

  /** As `edgerq token create` makes it in the consumer's state directory. */
  function token(port: number, { services = [UUID], ttlMs = HOUR_MS, madeAtMs = Date.now() } = {}): string {
    const { publicKey: consumerKey } = readIdentity(path(site.consumerKey.file))
    const order = { services, ttlMs, address: { host: '127.0.0.1', port }, consumerKey }
    const { text } = new Enrolment(path('state')).create(order, madeAtMs)
    secrets.push(text.split('.').at(-1)!)
    return text
  }

  /** `home`: what tells one machine from another, its state directory. */
  function launch(home: string, ...args: readonly string[]): ChildProgram {
    return stage().own(
      new ChildProgram({
        name: `join-${++started}`,
        command: builtProgram('src/cli/edgerq-sp', 'join', ...args),
        environment: { EDGERQ_STATE_DIR: path(home) },
      }),
    )
  }

  async function joined(home: string, ...args: readonly string[]): Promise<ChildProgram> {
    const program = launch(home, ...args)
    await program.line(JOINED)
    return program
  }

  /** On the port that the token names. */
  function restarted(consumer: Daemon): Promise<Daemon> {
    return stage().consumer({
      listenerPort: udp(consumer),
      root: { identity: site.consumerKey.file, authorized_providers: 'providers' },
      services: [{ ...RAW_SERVICE, hold: 60 }],
    })
  }

  const udp = (consumer: Daemon) => consumer.ready.port('udp')
  const to = (port: number) => ['--to', `127.0.0.1:${port}`] as const
  const idOf = (text: string) => text.split('.')[3]!
  const lines = () => readFileSync(path('providers'), 'utf8').trim().split('\n').slice(1)

  async function refused(program: ChildProgram, why: RegExp): Promise<void> {
    assert.deepEqual(await program.ended(), { code: 1, signal: null })
    assert.match(program.stderr.at(-1)!, why)
    assert.doesNotMatch(program.logs(), /^\s+at /m)
  }

  it('serves without a file, and the consumer has a line for it with the services of the token', async () => {
    const target = await site.named('the lab')
    const consumer = await site.consumer()
    const text = token(udp(consumer))
    const program = await joined('lab', text, ...to(target.port))
    assert.equal(await whoServes(consumer.ready.port(UUID)), 'the lab')
    const { publicKey } = readIdentity(path(`lab/join-${idOf(text)}.key`))
    const [line] = lines()
    assert.match(
      line!,
      new RegExp(`^services="${UUID}" ${keyText('public', publicKey)} joined .* by token ${idOf(text)}$`),
    )
    const [joining] = logged(consumer.program, 'providerJoined')
    assert.deepEqual([joining!.token, joining!.key], [idOf(text), fingerprint(publicKey)])
    assert.equal(logged(program, 'joined')[0]!.services, 1)
    assert.equal(statSync(path(`lab/join-${idOf(text)}.key`)).mode & 0o777, 0o600)
    const seen = spawnSync('ps', ['-o', 'args=', '-p', String(program.pid)], { encoding: 'utf8' }).stdout
    assert.ok(!seen.includes('eqtok1'), 'the token can be seen by other users')
  })

  it('goes on over a restart of the consumer, and over its own with the same command, long after the token (E-4)', async () => {
    const target = await site.named('the lab')
    const consumer = await site.consumer([{ hold: 60 }])
    const text = token(udp(consumer))
    const first = await joined('lab', text, ...to(target.port))
    await consumer.program.end()
    const again = await restarted(consumer)
    assert.equal(await whoServes(again.ready.port(UUID)), 'the lab')
    await first.kill()
    await joined('lab', text, ...to(target.port))
    assert.equal(await whoServes(again.ready.port(UUID)), 'the lab')
    assert.equal(lines().length, 1)
    await refused(launch('elsewhere', text, ...to(target.port)), /The token was used before; .*edgerq token create/)
  })

  it('takes every service of the token, as the consumer carries it, and none besides', async () => {
    const server = createServer((request, response) => response.end(`it was ${request.url}`))
    const target = await stage().peer(startPeer(server, {}))
    const third = '33333333-4444-5555-6666-777777777777'
    const consumer = await site.consumer([
      {},
      { uuid: OTHER_UUID, protocol: 'http', name: 'a <b> & c' },
      { uuid: third },
    ])
    const program = await joined('lab', token(udp(consumer), { services: [UUID, OTHER_UUID] }), ...to(target.port))
    assert.equal(await textOf(await get(consumer.ready.port(OTHER_UUID), '/http')), 'it was /http')
    assert.equal(await textOf(await get(consumer.ready.port(UUID), '/tcp')), 'it was /tcp')
    const served = logged(program, 'serviceRegistered').map(({ service }) => service)
    assert.deepEqual(served.toSorted(), [UUID, OTHER_UUID])
  })

  it('reaches a target by a Unix socket', async () => {
    const server = createServer((_, response) => response.end('by a socket'))
    await new Promise<void>((resolve) => server.listen(path('web.sock'), resolve))
    try {
      const consumer = await site.consumer([{ protocol: 'http' }])
      await joined('lab', token(udp(consumer)), '--to', `unix:${path('web.sock')}`)
      assert.equal(await textOf(await get(consumer.ready.port(UUID), '/')), 'by a socket')
    } finally {
      server.close()
    }
  })

  it('is refused by the consumer if the protocol that was asked for is another', async () => {
    const target = await site.named('the lab')
    const consumer = await site.consumer()
    const program = launch('lab', token(udp(consumer)), ...to(target.port), '--protocol', 'http')
    await program.line(/serviceRefused/)
    assert.match(String(logged(program, 'serviceRefused')[0]!.why), /as "tcp", the provider as "http"/)
  })

  describe('with a token that', () => {
    const dead: readonly (readonly [
      what: string,
      spoil: (text: string) => void,
      made: object,
      code: string,
      why: RegExp,
    ])[] = [
      ['has expired', () => {}, { madeAtMs: Date.now() - 2 * HOUR_MS }, 'expiredToken', /The token has expired/],
      [
        'was revoked',
        (text) => new Enrolment(path('state')).revoke(idOf(text), Date.now()),
        {},
        'revokedToken',
        /The token was revoked/,
      ],
    ]
    for (const [what, spoil, made, code, why] of dead) {
      it(`${what} ends with 1, and both sides say why (E-2)`, async () => {
        const consumer = await site.consumer()
        const text = token(udp(consumer), made)
        spoil(text)
        await refused(launch('lab', text, ...to(1)), why)
        const [told] = logged(consumer.program, 'providerRefused')
        assert.deepEqual([told!.token, told!.code], [idOf(text), code])
        assert.deepEqual(lines(), [])
      })
    }

    it('the consumer does not know hears nothing, and both sides say what to look at (E-2)', async () => {
      const consumer = await site.consumer()
      const reading = readToken(token(udp(consumer)))
      assert.ok(reading.ok)
      const forged: Token = { ...reading.value, secret: new Uint8Array(16).fill(7) }
      const program = launch('lab', tokenText(forged), ...to(1))
      await program.line(/consumerNotAnswering/)
      assert.match(
        String(logged(program, 'consumerNotAnswering')[0]!.remedy),
        /may not know the token.*"edgerq token create" makes a new one$/,
      )
      const [told] = logged(consumer.program, 'strangerRefused')
      assert.deepEqual([told!.token, told!.code], [forged.id, 'unknownToken'])
      program.signal('SIGTERM')
      assert.deepEqual(await program.ended(), { code: 0, signal: null })
    })

    it('two show at once lets in exactly one', async () => {
      const target = await site.named('either')
      const consumer = await site.consumer()
      const text = token(udp(consumer))
      const both = [launch('one', text, ...to(target.port)), launch('two', text, ...to(target.port))]
      const endings = await Promise.all(
        both.map((program) =>
          Promise.race([
            program.line(JOINED).then(
              () => 'in',
              () => 'out',
            ),
            program.exited.then(() => 'out'),
          ]),
        ),
      )
      assert.deepEqual(endings.toSorted(), ['in', 'out'])
      assert.equal(lines().length, 1)
      await refused(both[endings.indexOf('out')]!, /The token was used before/)
      assert.equal(await whoServes(consumer.ready.port(UUID)), 'either')
    })
  })

  it('says so if the consumer cannot write its list, keeps the token, and goes on when it can', async () => {
    const target = await site.named('the lab')
    const consumer = await site.consumer()
    const text = token(udp(consumer))
    // Too open to be believed, also by root: the consumer goes on with what it has read.
    chmodSync(path('providers'), 0o666)
    const program = launch('lab', text, ...to(target.port))
    await program.line(/connectionLost/)
    assert.match(String(logged(program, 'connectionLost')[0]!.reason), /could not add this key .* its log says why/)
    assert.match(String(logged(consumer.program, 'providerNotEnrolled')[0]!.cause), /chmod go-w/)
    chmodSync(path('providers'), 0o600)
    await program.line(JOINED)
    assert.equal(await whoServes(consumer.ready.port(UUID)), 'the lab')
  })

  it('with a key that is listed already comes in by its line, and the consumer says that the token is still open (E-4)', async () => {
    const target = await site.named('the lab')
    const lab = site.newKey('lab')
    site.authorize('# the lab', `services="${UUID}" ${lab.publicKey}`)
    const consumer = await site.consumer([{}, { uuid: OTHER_UUID }])
    const text = token(udp(consumer), { services: [OTHER_UUID] })
    await joined('lab', text, ...to(target.port), '--identity', path(lab.file))
    assert.equal(await whoServes(consumer.ready.port(UUID)), 'the lab')
    const [told] = logged(consumer.program, 'tokenStillOpen')
    assert.deepEqual([told!.token, told!.key], [idOf(text), lab.fingerprint])
    assert.deepEqual(lines(), [`services="${UUID}" ${lab.publicKey}`])
  })

  it('is shut out when its line goes, and its token does not bring it back', async () => {
    const target = await site.named('the lab')
    const consumer = await site.consumer()
    const text = token(udp(consumer))
    const program = await joined('lab', text, ...to(target.port))
    site.authorize('# nobody any more')
    await program.line(/connectionLost/)
    await program.end()
    await refused(launch('lab', text, ...to(target.port)), /was taken off the list of the consumer since/)
  })

  describe('--write', () => {
    it('leaves a configuration and a key behind, with which the provider runs from then on', async () => {
      const target = await site.named('the lab')
      const consumer = await site.consumer([{ name: 'x <y> & "z"', hold: 60 }])
      const text = token(udp(consumer))
      const program = await joined('lab', text, ...to(target.port), '--write', path('written.xml'))
      assert.equal(await whoServes(consumer.ready.port(UUID)), 'the lab')
      assert.equal(statSync(path('written.key')).mode & 0o777, 0o600)
      assert.ok(!existsSync(path(`lab/join-${idOf(text)}.key`)), 'the key is in one place')
      await program.end()
      const again = stage().own(
        new ChildProgram({
          name: 'written',
          command: builtProgram('src/cli/edgerq-sp', path('written.xml')),
          environment: { EDGERQ_STATE_DIR: path('lab') },
        }),
      )
      await again.line(JOINED)
      assert.equal(await whoServes(consumer.ready.port(UUID)), 'the lab')
      assert.equal(lines().length, 1)
    })

    it('names the key of --identity where it is', async () => {
      const target = await site.named('the lab')
      const consumer = await site.consumer()
      const lab = site.newKey('lab')
      const args = ['--identity', path(lab.file), '--write', path('written.xml')]
      await joined('lab', token(udp(consumer)), ...to(target.port), ...args)
      assert.match(readFileSync(path('written.xml'), 'utf8'), new RegExp(`<identity>${path(lab.file)}</identity>`))
      assert.ok(!existsSync(path('written.key')))
    })

    for (const file of ['written.xml', 'written.key']) {
      it(`overwrites no ${file}, and then uses no token up`, async () => {
        const consumer = await site.consumer()
        const text = token(udp(consumer))
        writeFileSync(path(file), 'precious')
        const program = launch('lab', text, ...to(1), '--write', path('written.xml'))
        await refused(program, new RegExp(`${file}: there is such a file already, and it was not touched; `))
        assert.equal(readFileSync(path(file), 'utf8'), 'precious')
        assert.equal(new Enrolment(path('state')).list(Date.now())[0]!.state, 'open')
      })
    }
  })

  describe('on the command line', () => {
    const consumerKey = createIdentity().publicKey
    const good = tokenText({
      address: { host: '127.0.0.1', port: 1 },
      consumerKey,
      id: '00f1e2d3c4b5a697',
      secret: new Uint8Array(16).fill(9),
    })
    const TO = ['--to', '127.0.0.1:8080']

    function run(args: readonly string[], input = ''): ReturnType<typeof spawnSync> {
      const [node, ...rest] = builtProgram('src/cli/edgerq-sp', ...args)
      const env = { ...process.env, EDGERQ_STATE_DIR: path('state') }
      return spawnSync(node!, rest, { env, input, encoding: 'utf8' })
    }

    const misuses: readonly (readonly [what: string, args: readonly string[], why: RegExp])[] = [
      [
        'a token that was cut off',
        ['join', good.slice(0, -1), ...TO],
        /TOKEN: .*damaged or was cut short; copy it whole/,
      ],
      ['a token that is misspelt', ['join', `x${good}`, ...TO], /TOKEN: .*must begin with eqtok1\./],
      ['a token of another form', ['join', good.replace('eqtok1', 'eqtok2'), ...TO], /form eqtok2, which this version/],
      ['no token', ['join', ...TO], /missing required argument 'token'/],
      ['no target', ['join', good], /required option '--to <target>'/],
      ['a target without a port', ['join', good, '--to', 'localhost'], /--to must be HOST:PORT, .* not "localhost"/],
      ['a target that is a URL', ['join', good, '--to', 'http://a:1'], /--to must be HOST:PORT/],
      ['a relative socket', ['join', good, '--to', 'unix:web.sock'], /--to unix:\/PATH takes an absolute path/],
      ['an unknown protocol', ['join', good, ...TO, '--protocol', 'udp'], /Allowed choices are http, tcp/],
      [
        'the token in the place of the target',
        ['join', good, '--to', good],
        /\(a secret, which is not repeated here\)/,
      ],
      ['the token in the place of a file', ['join', good, ...TO, '--write', good], /not repeated here/],
      ['join left out', [good], /a secret stands where .* edgerq-sp join TOKEN --to HOST:PORT/],
    ]
    for (const [what, args, why] of misuses) {
      it(`${what} ends with 2, makes nothing, and is not repeated`, () => {
        const ended = run(args)
        assert.equal(ended.status, 2, String(ended.stderr))
        assert.match(String(ended.stderr), why)
        assert.ok(!`${ended.stdout}${ended.stderr}`.includes(good.split('.').at(-1)!.slice(0, -1)))
        assert.ok(!existsSync(path('state')))
      })
    }

    it('- takes the token from stdin', () => {
      const cut = run(['join', '-', ...TO], `${good.slice(0, -1)}\n`)
      assert.match(String(cut.stderr), /TOKEN: .*damaged or was cut short/)
      const whole = run(['join', '-', '--to', 'nowhere'], `${good}\n`)
      assert.match(String(whole.stderr), /--to must be HOST:PORT/)
    })

    it('a key that cannot be used ends with 1', () => {
      const ended = run(['join', good, ...TO, '--identity', path('no.key')])
      assert.deepEqual([ended.status, /no\.key: there is no such file/.test(String(ended.stderr))], [1, true])
    })

    it('--help says where the key is kept, and that the same command goes on with it', () => {
      const { status, stdout } = run(['join', '--help'])
      assert.equal(status, 0)
      for (const word of ['--write', 'state directory', 'the same command', 'goes on']) {
        assert.ok(String(stdout).replaceAll('\n', ' ').includes(word), word)
      }
    })
  })

  it('waits for a consumer that is not there yet', async () => {
    const target = await site.named('the lab')
    const consumer = await site.consumer()
    const text = token(udp(consumer))
    await consumer.program.end()
    const program = launch('lab', text, ...to(target.port))
    await program.line(/joining/)
    const later = await restarted(consumer)
    await program.line(JOINED)
    assert.equal(await whoServes(later.ready.port(UUID)), 'the lab')
  })
})

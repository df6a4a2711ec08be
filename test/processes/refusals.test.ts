// Everybody who is not let in, at one consumer and at the same time: both sides say why, each refusal in words of its own, and nothing changes
// for those who are in: no session, no line of the file of providers, no token.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Enrolment } from '../../src/keys/enrolment.ts'
import { readKey } from '../../src/keys/key-text.ts'
import { readToken, tokenText } from '../../src/keys/token.ts'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import type { Elements } from '../../stresstest/rig/daemon-config.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'
import { eventually } from './clients.ts'
import { OTHER_UUID, Stage, UUID } from './harness.ts'
import { KeyedSite, type KeyPairFile, logged } from './keyed-site.ts'
import { ServiceWatch } from './service-watch.ts'

const HOUR_MS = 3_600_000

/** An event of a log, and what its fields are or match. */
type Said = readonly [event: string, fields: Readonly<Record<string, string | RegExp>>]

interface Refusal {
  readonly what: string
  readonly program: ChildProgram
  /** `ends`: the provider does so with status 1, with a last line like this. */
  readonly provider: Said | { readonly ends: RegExp }
  readonly consumer: Said
}

/** Silence is the answer to strangers: what speaks then is what the provider can compare. */
const NO_ANSWER: Said = [
  'consumerNotAnswering',
  { remedy: /<consumer_key> is what "edgerq pubkey" prints .* list our key, not revoked/ },
]

describe('Whoever is refused', () => {
  let stage: Stage
  let site: KeyedSite
  let tokens: Enrolment
  let consumer: Daemon
  let watch: ServiceWatch
  let refusals: readonly Refusal[]
  let filesBefore: string
  let sessionsBefore: number
  let homes = 0

  before(async () => {
    stage = new Stage()
    site = new KeyedSite(stage)
    tokens = new Enrolment(join(stage.folder, 'state'))
    const lab = site.newKey('lab')
    const keys = Object.fromEntries(
      ['revoked', 'expired', 'elsewhere', 'other'].map((name) => [name, site.newKey(name)]),
    )
    site.authorize(
      `services="${UUID}" ${lab.publicKey}`,
      `revoked ${keys.revoked!.publicKey}`,
      `services="${UUID}",expiry-time=20200101 ${keys.expired!.publicKey}`,
      `services="${UUID}",from="192.0.2.0/24" ${keys.elsewhere!.publicKey}`,
      `services="${OTHER_UUID}" ${keys.other!.publicKey}`,
    )
    const target = await site.named('the lab')
    consumer = await site.consumer([{}, { uuid: OTHER_UUID }])
    await site.provider(site.pipe(consumer, lab, target.port))
    const used = token()
    await useUp(used)
    watch = new ServiceWatch(consumer.ready.port(UUID))
    sessionsBefore = connected()
    refusals = [...ofKeys(keys as Record<string, KeyPairFile>), ...ofTokens(used)]
  })

  after(async () => {
    await watch?.end()
    await stage.close()
  })

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(stage.logs())
  })

  for (const what of [
    'a key that is not listed',
    'a key that was revoked',
    'a key whose time is over',
    'a key from another address',
    'a key that is listed for another service',
    'one who expects another consumer',
    'one without keys',
    'a token that has expired',
    'a token that was used',
    'a token that was revoked',
    'a token with another secret',
  ]) {
    it(`for ${what} hears of it, or what to compare, and the consumer says whom and why`, async () => {
      const { program, provider, consumer: says } = refusals.find((refusal) => refusal.what === what)!
      if ('ends' in provider) {
        assert.deepEqual(await program.ended(), { code: 1, signal: null })
        assert.match(program.stderr.at(-1)!, provider.ends)
      } else await assertSaid(program, provider)
      await assertSaid(consumer.program, says)
    })
  }

  it('has a reason that no other has', () => {
    const reasons = refusals.map(({ consumer: [event, { code }] }) => `${event} ${code}`)
    const unnamed = reasons.filter((reason) => reason === 'handshakeForAnotherKey undefined')
    assert.equal(unnamed.length, 2, 'who does not know our key shows us none')
    assert.equal(new Set(reasons).size, reasons.length - 1)
  })

  it('has changed nothing: one provider served all the time, in one session, and no file has another byte', async () => {
    assert.equal(refusals.length, 11)
    await watch.end()
    assert.ok(watch.answers > 20, `${watch.answers} answers`)
    assert.deepEqual([...watch.names], ['the lab'])
    assert.equal(files(), filesBefore)
    // One may be in, but not with this service.
    assert.equal(connected(), sessionsBefore + 1)
    assert.equal(logged(consumer.program, 'serviceRegistered').filter(({ service }) => service === UUID).length, 1)
    assert.deepEqual(logged(consumer.program, 'providerShutOut'), [])
  })

  function ofKeys(keys: Readonly<Record<string, KeyPairFile>>): Refusal[] {
    const stranger = site.newKey('stranger')
    const strange = (code: string, { fingerprint: key }: KeyPairFile): Said => ['strangerRefused', { key, code }]
    const told = (code: string, { fingerprint: key }: KeyPairFile): Said => ['providerRefused', { key, code }]
    const lost = (reason: RegExp): Said => ['connectionLost', { reason }]
    const { revoked, expired, elsewhere, other } = keys as Record<
      'revoked' | 'expired' | 'elsewhere' | 'other',
      KeyPairFile
    >
    return [
      {
        what: 'a key that is not listed',
        program: call(stranger),
        provider: NO_ANSWER,
        consumer: strange('unknownKey', stranger),
      },
      {
        what: 'a key that was revoked',
        program: call(revoked),
        provider: NO_ANSWER,
        consumer: strange('revoked', revoked),
      },
      {
        what: 'a key whose time is over',
        program: call(expired),
        provider: lost(/takes this key no more: it expired at 2020-01-01/),
        consumer: told('expired', expired),
      },
      {
        what: 'a key from another address',
        program: call(elsewhere),
        provider: lost(/does not take this key from this address/),
        consumer: told('wrongAddress', elsewhere),
      },
      {
        what: 'a key that is listed for another service',
        program: call(other),
        provider: [
          'serviceRefused',
          { service: UUID, why: new RegExp(`${other.fingerprint} is not listed for ${UUID}`) },
        ],
        consumer: ['registrationRefused', { key: other.fingerprint, service: UUID }],
      },
      {
        what: 'one who expects another consumer',
        program: call(site.newKey('lost'), { consumer_key: stranger.publicKey }),
        provider: NO_ANSWER,
        consumer: ['handshakeForAnotherKey', {}],
      },
      {
        what: 'one without keys',
        program: call(null),
        provider: ['consumerNotAnswering', { remedy: /it has no <identity>: with one it answers nobody/ }],
        consumer: ['handshakeForAnotherKey', {}],
      },
    ]
  }

  function ofTokens(used: string): Refusal[] {
    const [expired, revoked, open] = [token(Date.now() - 2 * HOUR_MS), token(), token()]
    tokens.revoke(idOf(revoked), Date.now())
    filesBefore = files()
    const reading = readToken(open)
    assert.ok(reading.ok)
    const forged = tokenText({ ...reading.value, secret: new Uint8Array(16).fill(7) })
    const dead = (what: string, text: string, code: string, ends: RegExp): Refusal => {
      return {
        what,
        program: joinBy(text),
        provider: { ends },
        consumer: ['providerRefused', { token: idOf(text), code }],
      }
    }
    return [
      dead(
        'a token that has expired',
        expired,
        'expiredToken',
        /The token has expired; have a new one made on the consumer/,
      ),
      dead('a token that was used', used, 'usedToken', /The token was used before/),
      dead('a token that was revoked', revoked, 'revokedToken', /The token was revoked on the consumer/),
      {
        what: 'a token with another secret',
        program: joinBy(forged),
        provider: [
          'consumerNotAnswering',
          { remedy: /may not know the token.*"edgerq token create" makes a new one$/ },
        ],
        consumer: ['strangerRefused', { token: idOf(forged), code: 'unknownToken' }],
      },
    ]
  }

  /** A provider that would serve the service of the lab. */
  function call(key: KeyPairFile | null, elements: Elements = {}): ChildProgram {
    const pipe = site.pipe(consumer, key ?? site.consumerKey, 1, elements)
    return site.launch(key === null ? { ...pipe, elements: {} } : pipe)
  }

  function token(madeAtMs = Date.now()): string {
    const address = { host: '127.0.0.1', port: consumer.ready.port('udp') }
    const consumerKey = readKey('public', site.consumerKey.publicKey)!
    return tokens.create({ services: [OTHER_UUID], ttlMs: HOUR_MS, address, consumerKey }, madeAtMs).text
  }

  function joinBy(text: string): ChildProgram {
    const home = `home-of-${idOf(text)}-${homes++}`
    const command = builtProgram('src/cli/edgerq-sp', 'join', text, '--to', '127.0.0.1:1')
    return stage.own(
      new ChildProgram({ name: home, command, environment: { EDGERQ_STATE_DIR: join(stage.folder, home) } }),
    )
  }

  async function useUp(text: string): Promise<void> {
    const program = joinBy(text)
    await program.line(/^edgerq-sp ready /)
    await program.end()
    await eventually('only the lab is left', () => connected() - logged(consumer.program, 'providerGone').length === 1)
  }

  function connected(): number {
    return logged(consumer.program, 'providerConnected').length
  }

  /** All that the consumer keeps of who may come in. */
  function files(): string {
    const folder = join(stage.folder, 'state', 'tokens')
    const kept = readdirSync(folder).sort()
    return [join(stage.folder, 'providers'), ...kept.map((name) => join(folder, name))]
      .map((path) => `${path}\n${readFileSync(path, 'utf8')}`)
      .join('\n')
  }
})

function idOf(text: string): string {
  return text.split('.')[3]!
}

async function assertSaid(program: ChildProgram, [event, fields]: Said): Promise<void> {
  const matches = (line: Readonly<Record<string, unknown>>) =>
    Object.entries(fields).every(([name, value]) =>
      typeof value === 'string' ? line[name] === value : value.test(String(line[name])),
    )
  await eventually(`${event} ${JSON.stringify(fields)}`, () => logged(program, event).some(matches))
}

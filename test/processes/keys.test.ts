// Who is let in, who is not, and what both sides say about it: with real daemons, real key files and a file of providers that changes.

import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPreSharedKeyFile } from '../../src/keys/pre-shared-key.ts'
import { startEchoServer } from '../../stresstest/echo-server.ts'
import { consumerXml, providerXml } from '../../stresstest/rig/daemon-config.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { BEATS_A_SECOND, beatsUntil } from './beats.ts'
import { ending, eventually, exchange, open, turnedAway } from './clients.ts'
import { OTHER_UUID, RAW_SERVICE, UUID, useStage } from './harness.ts'
import { KeyedSite, type KeyPairFile, logged, whoServes } from './keyed-site.ts'

const LISTED = `services="${UUID}"`

describe('keys', () => {
  // Before the stage, which takes its folder with it.
  afterEach(() => {
    const logs = stage().logs()
    for (const file of readdirSync(stage().folder).filter((name) => /\.(?:key|psk)$/.test(name))) {
      const secret = readFileSync(join(stage().folder, file), 'utf8').trim().split(':')[1]!
      assert.ok(!logs.includes(secret), `a log tells what is in ${file}`)
    }
  })

  const stage = useStage()
  let site: KeyedSite
  let lab: KeyPairFile

  beforeEach(() => {
    site = new KeyedSite(stage())
    lab = site.newKey('lab')
    site.authorize(`${LISTED} ${lab.publicKey} the lab`)
  })

  async function served(): Promise<{ consumer: Daemon; provider: Daemon; port: number }> {
    const target = await site.named('the lab')
    const consumer = await site.consumer()
    const provider = await site.provider(site.pipe(consumer, lab, target.port))
    return { consumer, provider, port: consumer.ready.port(UUID) }
  }

  it('let a provider serve what its line lists, and both logs name them', async () => {
    const { consumer, provider, port } = await served()
    assert.equal(await whoServes(port), 'the lab')
    const [ours] = logged(consumer.program, 'sealing')
    assert.deepEqual([ours!.authenticated, ours!.key], [true, site.consumerKey.fingerprint])
    assert.equal(logged(provider.program, 'sealing')[0]!.authenticated, true)
    assert.equal(logged(consumer.program, 'providerConnected')[0]!.key, lab.fingerprint)
  })

  it('keep out whoever has not the right ones: the consumer says whom and why, the provider what to check', async () => {
    const target = await site.named('a stranger')
    const [stranger, lost] = [site.newKey('stranger'), site.newKey('lost')]
    site.authorize(`${LISTED} ${lab.publicKey}`, `revoked ${lost.publicKey}`)
    const consumer = await site.consumer()
    const pipe = site.pipe(consumer, lab, target.port)
    const silenced = [
      site.launch({ ...pipe, elements: {} }), // no keys at all
      site.launch(site.pipe(consumer, lab, target.port, { consumer_key: stranger.publicKey })),
      site.launch(site.pipe(consumer, stranger, target.port)),
      site.launch(site.pipe(consumer, lost, target.port)),
    ]
    const remedies = await Promise.all(
      silenced.map(async (program) => {
        await program.line(/consumerNotAnswering/)
        return String(logged(program, 'consumerNotAnswering')[0]!.remedy)
      }),
    )
    assert.match(remedies[0]!, /it has no <identity>: with one it answers nobody without <consumer_key>$/)
    for (const remedy of remedies.slice(1))
      assert.match(remedy, /<consumer_key> is what "edgerq pubkey" prints.*not revoked/)
    const refused = new Map(logged(consumer.program, 'strangerRefused').map(({ key, code }) => [key, code]))
    assert.deepEqual(
      refused,
      new Map([
        [stranger.fingerprint, 'unknownKey'],
        [lost.fingerprint, 'revoked'],
      ]),
    )
    assert.ok(logged(consumer.program, 'handshakeForAnotherKey').length > 0)
    assert.equal(logged(consumer.program, 'providerConnected').length, 0)
  })

  const shutOut: readonly (readonly [what: string, option: string, code: string, why: RegExp])[] = [
    ['whose time is over', 'expiry-time=20200101', 'expired', /takes this key no more: it expired at 2020-01-01/],
    ['that calls from elsewhere', 'from="192.0.2.0/24"', 'wrongAddress', /does not take this key from this address/],
  ]
  for (const [what, option, code, why] of shutOut) {
    it(`keep out one ${what}, and both logs say so`, async () => {
      const target = await site.named('the lab')
      site.authorize(`${LISTED},${option} ${lab.publicKey}`)
      const consumer = await site.consumer()
      const program = site.launch(site.pipe(consumer, lab, target.port))
      await Promise.all([program.line(/connectionLost/), consumer.program.line(/providerRefused/)])
      assert.match(String(logged(program, 'connectionLost')[0]!.reason), why)
      const [refused] = logged(consumer.program, 'providerRefused')
      assert.deepEqual([refused!.key, refused!.code], [lab.fingerprint, code])
      assert.match(String(refused!.why), why)
    })
  }

  it('keep out one session more than a key may have, until the first has gone', async () => {
    site.authorize(`${LISTED},max-sessions=1 ${lab.publicKey}`)
    const { consumer, provider, port } = await served()
    const other = await site.named('the second')
    const program = site.launch(site.pipe(consumer, lab, other.port))
    await program.line(/connectionLost/)
    assert.match(String(logged(program, 'connectionLost')[0]!.reason), /no more than one session at once/)
    assert.equal(logged(consumer.program, 'providerRefused')[0]!.code, 'tooManySessions')
    assert.equal(await whoServes(port), 'the lab')
    await provider.program.end()
    await program.line(/^edgerq-sp ready /)
    assert.equal(await whoServes(port), 'the second')
  })

  it('never let another key take or share a service that it is not listed for (H-19)', async () => {
    const thief = site.newKey('thief')
    site.authorize(`${LISTED} ${lab.publicKey}`, `services="${OTHER_UUID}" ${thief.publicKey}`)
    const target = await site.named('the lab')
    const consumer = await site.consumer([{}, { uuid: OTHER_UUID }])
    await site.provider(site.pipe(consumer, lab, target.port))
    const trap = await site.named('the thief')
    const pipe = site.pipe(consumer, thief, trap.port)
    const program = site.launch({ ...pipe, services: [...pipe.services, { ...pipe.services[0], uuid: OTHER_UUID }] })
    await program.line(/serviceRefused/)
    assert.match(
      String(logged(program, 'serviceRefused')[0]!.why),
      new RegExp(`${thief.fingerprint} is not listed for ${UUID}`),
    )
    assert.equal(logged(consumer.program, 'registrationRefused')[0]!.key, thief.fingerprint)
    const served = await Promise.all(Array.from({ length: 12 }, () => whoServes(consumer.ready.port(UUID))))
    assert.deepEqual(new Set(served), new Set(['the lab']))
    assert.equal(await whoServes(consumer.ready.port(OTHER_UUID)), 'the thief')
  })

  for (const [what, lines] of [
    ['revoked', (key: string) => [`revoked ${key}`]],
    ['removed', () => ['# nobody']],
    ['past its time', (key: string) => [`${LISTED},expiry-time=20200101 ${key}`]],
    ['not listed for the service any more', (key: string) => [`services="${OTHER_UUID}" ${key}`]],
  ] as const) {
    it(`that are ${what} end their sessions within a second`, async () => {
      const echo = await stage().peer(startEchoServer())
      const consumer = await site.consumer([{}, { uuid: OTHER_UUID, hold: 0 }])
      const provider = await site.provider(site.pipe(consumer, lab, echo.port))
      const client = await open(consumer.ready.port(UUID))
      assert.equal(await exchange(client, 'hello'), 'hello')
      const ended = ending(client)
      site.authorize(...lines(lab.publicKey))
      const beats = await beatsUntil(ended, () => turnedAway(consumer.ready.port(OTHER_UUID)))
      assert.equal(await ended, 'reset')
      assert.ok(beats <= BEATS_A_SECOND, `${beats} beats`)
      await provider.program.line(/connectionLost/)
      const [lost] = logged(provider.program, 'connectionLost')
      assert.equal(lost!.why, 'The peer may not do what it asked for.')
      assert.match(String(lost!.reason), /^The consumer /)
      assert.equal(logged(consumer.program, 'providerShutOut')[0]!.key, lab.fingerprint)
    })
  }

  it('that are listed for one more service serve it without a restart', async () => {
    site.authorize(`services="${OTHER_UUID}" ${lab.publicKey}`)
    const target = await site.named('the lab')
    const consumer = await site.consumer([{ hold: 60 }])
    const program = site.launch(site.pipe(consumer, lab, target.port))
    await program.line(/serviceRefused/)
    const answer = whoServes(consumer.ready.port(UUID))
    site.authorize(`${LISTED} ${lab.publicKey}`)
    assert.equal(await answer, 'the lab')
    await program.line(/^edgerq-sp ready /)
  })

  it('stay as they were while the file is broken, and a signal reads it anew', async () => {
    const { consumer, port } = await served()
    const path = join(stage().folder, 'providers')
    appendFileSync(path, 'nonsense\n')
    await consumer.program.line(/providersNotReloaded/)
    assert.match(String(logged(consumer.program, 'providersNotReloaded')[0]!.problem), /providers:2:\d+: /)
    assert.equal(await whoServes(port), 'the lab')
    site.authorize(`${LISTED} ${lab.publicKey}`)
    await consumer.program.line(/providersReloaded/)
    const before = logged(consumer.program, 'providersReloaded').length
    consumer.program.signal('SIGHUP')
    await eventually('the file is read again', () => logged(consumer.program, 'providersReloaded').length > before)
    assert.equal(await whoServes(port), 'the lab')
  })

  it('of a consumer may be two while it changes its own', async () => {
    const next = site.newKey('next')
    const target = await site.named('the lab')
    const consumer = await site.consumer()
    const both = `${site.consumerKey.publicKey} ${next.publicKey}`
    await site.provider(site.pipe(consumer, lab, target.port, { consumer_key: both }))
    assert.equal(await whoServes(consumer.ready.port(UUID)), 'the lab')
    await consumer.program.end()
    const changed = await stage().consumer({
      listenerPort: consumer.ready.port('udp'),
      root: { identity: next.file, authorized_providers: 'providers' },
      services: [{ ...RAW_SERVICE, hold: 60 }],
    })
    assert.equal(await whoServes(changed.ready.port(UUID)), 'the lab')
  })

  it('may be had with a pre-shared key besides, without which nobody is let in', async () => {
    createPreSharedKeyFile(join(stage().folder, 'lab.psk'))
    createPreSharedKeyFile(join(stage().folder, 'other.psk'))
    site.authorize(`${LISTED},psk-file=lab.psk ${lab.publicKey}`)
    const target = await site.named('the lab')
    const consumer = await site.consumer()
    const wrong = [
      site.launch(site.pipe(consumer, lab, target.port)),
      site.launch(site.pipe(consumer, lab, target.port, { psk_file: 'other.psk' })),
    ]
    await site.provider(site.pipe(consumer, lab, target.port, { psk_file: 'lab.psk' }))
    assert.equal(await whoServes(consumer.ready.port(UUID)), 'the lab')
    for (const program of wrong) {
      await program.line(/answerNotVerified/)
      await program.line(/consumerNotAnswering.*pre-shared key/)
    }
    assert.equal(logged(consumer.program, 'providerConnected').length, 1)
  })

  it('limit the streams of a session, and who waits is served when one ends', async () => {
    site.authorize(`${LISTED},max-streams=1 ${lab.publicKey}`)
    const echo = await stage().peer(startEchoServer())
    const consumer = await site.consumer([{ hold: 60 }])
    await site.provider(site.pipe(consumer, lab, echo.port))
    const port = consumer.ready.port(UUID)
    const first = await open(port)
    assert.equal(await exchange(first, 'in'), 'in')
    const second = await open(port)
    second.write('and I?')
    assert.equal(await exchange(first, 'still in'), 'still in')
    assert.equal(second.readableLength, 0)
    first.destroy()
    assert.equal(await exchange(second, ' yes'), 'and ')
    second.destroy()
  })
})

describe('key files', () => {
  const stage = useStage()
  let site: KeyedSite

  beforeEach(() => {
    site = new KeyedSite(stage())
    site.authorize(`${LISTED} ${site.newKey('lab').publicKey}`)
  })

  const root = { identity: 'consumer.key', authorized_providers: 'providers' }

  async function assertRefused(
    daemon: 'edgerq-sc' | 'edgerq-sp',
    xml: string,
    ...whys: readonly RegExp[]
  ): Promise<void> {
    for (const args of [[], ['--check']]) {
      const program = stage().launch(daemon, xml, args)
      assert.deepEqual(await program.ended(), { code: 2, signal: null })
      assert.deepEqual(program.stdout, [])
      assert.equal(program.stderr.length, whys.length, program.logs())
      for (const [index, why] of whys.entries()) assert.match(program.stderr[index]!, why)
    }
  }

  it('that others may read are refused with the command that closes them', async () => {
    chmodSync(join(stage().folder, 'consumer.key'), 0o644)
    const why = /^\S+\.xml: <identity>: \/.*consumer\.key: its mode 0644 .*chmod 600/
    await assertRefused('edgerq-sc', consumerXml({ root, services: [RAW_SERVICE] }), why)
  })

  it('that are not there or are something else are all named at once', async () => {
    writeFileSync(join(stage().folder, 'providers'), `${LISTED} eqpk1:short\n`)
    const xml = consumerXml({ root: { ...root, identity: 'no.key' }, services: [RAW_SERVICE] })
    await assertRefused('edgerq-sc', xml, /<identity>: .*no such file/, /providers:1:\d+: this is no public key/)
    const pipe = {
      port: 1,
      elements: { identity: 'no.key', consumer_key: `eqpk1:${'A'.repeat(43)}`, psk_file: 'providers' },
      services: [{ uuid: UUID, port: 2 }],
    }
    const whys = [
      /<identity>: .*no such file/,
      /<psk_file> of pipe pipe1: .*providers: /,
      /<consumer_key> of pipe pipe1: eqpk1:AAA.* no key that/,
    ]
    await assertRefused('edgerq-sp', providerXml({ pipes: [pipe] }), ...whys)
  })

  it('open a listener to other hosts, which is refused without them and names the commands that make them', async () => {
    const open = consumerXml({ services: [RAW_SERVICE] }).replace('<inaddr_any>no', '<inaddr_any>yes')
    await assertRefused(
      'edgerq-sc',
      open,
      /needs keys or certificates: run "edgerq keygen -o consumer\.key" here and "edgerq keygen -o provider\.key"/,
    )
    const keyed = consumerXml({ root, services: [RAW_SERVICE] }).replace('<inaddr_any>no', '<inaddr_any>yes')
    const program = stage().launch('edgerq-sc', keyed, ['--check'])
    assert.deepEqual(await program.ended(), { code: 0, signal: null })
  })
})

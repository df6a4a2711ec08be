// The samples of stunnel/, run by the real stunnel with certificates of the real script: what they carry, and whom they do not let through.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Peer, startPeer } from '../../stresstest/peer.ts'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { projectFolder } from '../../stresstest/rig/places.ts'
import { ReadyLine } from '../../stresstest/rig/ready-line.ts'
import {
  missingForStunnel,
  STUNNEL_KINDS,
  type Stunnel,
  type StunnelKind,
  type StunnelPlan,
  StunnelSite,
} from '../../stresstest/rig/stunnel.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { dial, download, ending, read } from './clients.ts'
import { type Stage, UUID, useStage } from './harness.ts'
import { KeyedSite } from './keyed-site.ts'
import { seededBytes } from './seeded-bytes.ts'

const MEGABYTE = 1_048_576
const SEED = 20_391

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Sends bytes of its own to whoever connects, and keeps what it hears. */
class Target {
  readonly bytes = seededBytes(MEGABYTE, SEED)
  readonly clients: Socket[] = []
  #peer: Peer | null = null

  async start(stage: Stage): Promise<this> {
    const server = createServer((socket) => {
      this.clients.push(socket)
      socket.write(this.bytes)
    })
    this.#peer = await stage.peer(startPeer(server, {}))
    return this
  }

  get port(): number {
    return this.#peer!.port
  }
}

describe('a link through stunnel', () => {
  const stage = useStage()
  let site: StunnelSite
  let target: Target

  before(function () {
    const missing = missingForStunnel()
    if (missing.length === 0) return
    console.warn(`      SKIPPED: ${missing.join(' and ')} not installed, nothing has run the samples of stunnel/`)
    this.skip()
  })

  beforeEach(async () => {
    site = new StunnelSite(stage())
    site.makeFiles()
    target = await new Target().start(stage())
  })

  type Plan = Omit<StunnelPlan, 'connect'>

  interface Link {
    readonly consumer: Stunnel
    readonly provider: Stunnel
  }

  /** client → the provider's stunnel → the consumer's stunnel → target. */
  async function link(kind: StunnelKind, plans: { consumer?: Plan; provider?: Plan } = {}): Promise<Link> {
    const consumer = await site.start(`consumer-${kind}`, { connect: target.port, ...plans.consumer })
    const provider = await site.start(`provider-${kind}`, { connect: consumer.port, ...plans.provider })
    return { consumer, provider }
  }

  for (const kind of STUNNEL_KINDS) {
    it(`by the samples of the kind "${kind}" carries bytes both ways as they are`, async () => {
      const { provider } = await link(kind)
      const client = dial(provider.port)
      const sent = seededBytes(MEGABYTE, SEED + 1)
      client.write(sent)
      assert.equal(sha256(await read(client, MEGABYTE)), sha256(target.bytes))
      assert.equal(sha256(await read(target.clients[0]!, MEGABYTE)), sha256(sent))
      client.destroy()
    })
  }

  /** Nothing comes to the client and nobody to the target, and the side that refused says why. */
  async function assertRefused({ provider }: Link, by: Stunnel, reason: RegExp): Promise<void> {
    const client = dial(provider.port)
    let heardBytes = 0
    client.on('data', (bytes: Buffer) => {
      heardBytes += bytes.length
    })
    await ending(client)
    client.destroy()
    await by.program.line(reason)
    assert.deepEqual([heardBytes, target.clients.length], [0, 0])
  }

  for (const kind of ['certificate', 'mutual'] as const) {
    it(`(${kind}) is refused by the provider's side if the consumer's certificate has another name`, async () => {
      const edit = (text: string) => text.replace('checkHost = server.', 'checkHost = other.')
      const both = await link(kind, { provider: { edit } })
      await assertRefused(both, both.provider, /CERT: Subject checks failed/)
    })

    it(`(${kind}) is refused by the provider's side if another authority has signed it`, async () => {
      site.makeFiles('rogue')
      const both = await link(kind, { consumer: { files: 'rogue' } })
      await assertRefused(both, both.provider, /CERT: Pre-verification error|certificate verify failed/)
    })
  }

  it("(mutual) is refused by the consumer's side if the provider's certificate has another name", async () => {
    const edit = (text: string) => text.replace('checkHost = provider.', 'checkHost = other.')
    const both = await link('mutual', { consumer: { edit } })
    await assertRefused(both, both.consumer, /CERT: Subject checks failed/)
  })

  it("(mutual) is refused by the consumer's side if another authority has signed the provider's certificate", async () => {
    site.makeFiles('rogue')
    copyFileSync(site.path('ca.pem'), site.path('ours.pem', 'rogue'))
    const edit = (text: string) => text.replace('/ca.pem', '/ours.pem')
    const both = await link('mutual', { provider: { files: 'rogue', edit } })
    await assertRefused(both, both.consumer, /CERT: Pre-verification error|certificate verify failed/)
  })

  it("(mutual) is refused by the consumer's side if the provider shows no certificate", async () => {
    const edit = (text: string) => text.replace(/^(?:cert|key) = .*\n/gm, '')
    const both = await link('mutual', { provider: { edit } })
    await assertRefused(both, both.consumer, /peer did not return a certificate/)
  })

  it("(mutual) is refused by the consumer's side if the provider shows what is only good for servers", async () => {
    const edit = (text: string) => text.replaceAll('/provider.', '/consumer.')
    const both = await link('mutual', { provider: { edit } })
    await assertRefused(both, both.consumer, /unsuitable certificate purpose|unsupported certificate purpose/)
  })

  it("(psk) is refused by the consumer's side if the secrets differ", async () => {
    site.makeFiles('rogue')
    const both = await link('psk', { provider: { files: 'rogue' } })
    await assertRefused(both, both.consumer, /binder does not verify|decryption failed|bad record mac/)
  })

  it("(psk) is refused by the consumer's side if it knows nobody by that name", async () => {
    const secret = readFileSync(site.path('secrets'), 'utf8')
    writeFileSync(site.path('stranger'), secret.replace('provider:', 'stranger:'), { mode: 0o400 })
    const both = await link('psk', { provider: { edit: (text) => text.replace('/secrets', '/stranger') } })
    await assertRefused(both, both.consumer, /PSK identity not found/)
  })

  for (const kind of STUNNEL_KINDS) {
    it(`by the samples of the kind "${kind}" is nothing that stunnel warns of`, async () => {
      const { consumer, provider } = await link(kind)
      for (const { program } of [consumer, provider]) assert.deepEqual(warningsOf(program), [])
    })
  }

  it('carries a service by the samples for edgerq, with its keys, from its README', async () => {
    const keyed = new KeyedSite(stage())
    const key = keyed.newKey('provider')
    keyed.authorize(`services="${UUID}" ${key.publicKey} the provider`)
    const consumerXml = sample('consumer.xml')
      .replace('identity.key', keyed.consumerKey.file)
      .replace(/<port>\d+<\/port>/g, '<port>0</port>')
    const consumer = stage().launch('edgerq-sc', consumerXml)
    const ready = new ReadyLine((await consumer.line(/^edgerq-sc ready .*/))[0])
    const behind = await site.start('consumer-mutual', { connect: ready.port('tcp') })
    const front = await site.start('provider-mutual', { connect: behind.port })
    const web = await stage().peer(startWebServer())
    const providerXml = sample('provider.xml')
      .replace('identity.key', key.file)
      .replace(/eqpk1:[\w-]+/, keyed.consumerKey.publicKey)
      .replace('<port>15000<', `<port>${front.port}<`)
      .replace('<port>8080<', `<port>${web.port}<`)
    await stage()
      .launch('edgerq-sp', providerXml)
      .line(/^edgerq-sp ready/)
    await download(ready.port(UUID), 5 * MEGABYTE)
  })

  it('has a unit that systemd takes', function () {
    const unit = join(stage().folder, 'edgerq-stunnel@mutual.service')
    copyFileSync(join(projectFolder, 'stunnel/edgerq-stunnel@.service'), unit)
    const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
    if (error !== undefined) {
      console.warn('      SKIPPED: systemd-analyze is not installed, nothing has checked the unit')
      this.skip()
    }
    assert.deepEqual([status, stderr], [0, ''])
  })

  describe('in front of a service', () => {
    beforeEach(() => {
      for (const ending of ['pem', 'key']) copyFileSync(site.path(`consumer.${ending}`), site.path(`public.${ending}`))
    })

    /** What curl hears in HTTPS from the public sample, which passes it on to `port`. */
    async function curl(port: number, ...args: readonly string[]): Promise<string> {
      const { port: front, program } = await site.start('public', { connect: port })
      assert.deepEqual(warningsOf(program), [])
      const place = `server.example.org:${front}`
      const trust = ['--cacert', site.path('ca.pem'), '--resolve', `${place}:127.0.0.1`]
      const command = ['curl', '--silent', '--show-error', ...trust, ...args, `https://${place}/`]
      const asked = stage().own(new ChildProgram({ name: 'curl', command }))
      assert.deepEqual(await asked.ended(), { code: 0, signal: null })
      return asked.stdout.join('\n')
    }

    /** Answers with the head of the request. */
    const startMirror = () =>
      stage().peer(
        startPeer(
          createHttpServer((request, response) => response.end(JSON.stringify(request.headers))),
          {},
        ),
      )

    it('answers HTTPS, and adds nothing to what the client says', async () => {
      const { port } = await startMirror()
      const heard = JSON.parse(await curl(port, '--header', 'X-Forwarded-Proto: gopher')) as IncomingHttpHeaders
      assert.equal(heard['x-forwarded-proto'], 'gopher')
      assert.equal(heard['x-forwarded-for'], undefined)
    })

    it('lets no client of a service that trusts no proxies say who it is', async () => {
      const { port } = await startMirror()
      const consumer = await stage().consumer({ services: [{ uuid: UUID, trusted_proxies: 'none' }] })
      await stage().provider({ pipes: [{ port: consumer.ready.port('udp'), services: [{ uuid: UUID, port }] }] })
      const lies = ['--header', 'X-Forwarded-For: 192.0.2.1', '--header', 'X-Forwarded-Proto: gopher']
      const heard = JSON.parse(await curl(consumer.ready.port(UUID), ...lies)) as IncomingHttpHeaders
      assert.deepEqual([heard['x-forwarded-for'], heard['x-forwarded-proto']], ['127.0.0.1', 'http'])
    })
  })
})

function sample(name: string): string {
  return readFileSync(join(projectFolder, 'stunnel', name), 'utf8')
}

/** stunnel 5.68 says this as an error wherever there is no CAfile, also where nobody is to be verified. */
const UNTRUE = /No trusted certificates found/

/** stunnel's lines from "warning" upwards; 5 is "notice". */
function warningsOf({ stderr }: ChildProgram): readonly string[] {
  return stderr.filter((line) => / LOG[0-4]\[|^\[[!:]\]/.test(line) && !UNTRUE.test(line))
}

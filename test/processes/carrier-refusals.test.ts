// Who is not let in over TLS, WebSocket or stunnel, and what each side says of it: a sentence of its own for each cause.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { startPeer } from '../../stresstest/peer.ts'
import type { ChildProgram } from '../../stresstest/rig/child-program.ts'
import type { Elements } from '../../stresstest/rig/daemon-config.ts'
import { type Daemon, launchProvider } from '../../stresstest/rig/daemons.ts'
import { missingForStunnel, StunnelSite } from '../../stresstest/rig/stunnel.ts'
import { CarriedSite, PROVIDER_NAME, WAYS } from './carried.ts'
import { CertificateFolder } from './certificate-folder.ts'
import { eventually } from './clients.ts'
import { OTHER_UUID, RAW_SERVICE, UUID, useStage } from './harness.ts'
import { KeyedSite, logged, whoServes } from './keyed-site.ts'

const TARGET_SAYS = 'target'
const SERVICES = [RAW_SERVICE, { ...RAW_SERVICE, uuid: OTHER_UUID }]

describe('a link that is not let in', () => {
  const stage = useStage()
  let site: CarriedSite
  let rogue: CertificateFolder
  let targetPort = 0

  beforeEach(async () => {
    site = await CarriedSite.make(stage())
    rogue = await CertificateFolder.create(join(stage().folder, 'rogue'))
    const target = createTcpServer((socket) => socket.end(TARGET_SAYS))
    targetPort = (await stage().peer(startPeer(target, {}))).port
  })

  function consumer(listener: Elements, root: Elements = {}): Promise<Daemon> {
    return stage().consumer({ root, listeners: [listener], services: SERVICES })
  }

  /** Offers both services over a pipe of these elements. */
  function provider(port: number, elements: Elements, environment: Readonly<Record<string, string>> = {}) {
    const services = [UUID, OTHER_UUID].map((uuid) => ({ uuid, protocol: 'tcp', port: targetPort, health: 'off' }))
    const options = { name: 'provider', folder: stage().folder, environment }
    return stage().own(launchProvider(options, { pipes: [{ port, elements, services }] }))
  }

  async function field(program: ChildProgram, event: string, name: string): Promise<string> {
    await eventually(`${program.name} tells of ${event}`, () => logged(program, event).length > 0)
    return String(logged(program, event)[0]![name])
  }

  const causeAt = (program: ChildProgram) => field(program, 'consumerNotReached', 'cause')
  const refusalAt = ({ program }: Daemon) => field(program, 'connectionRefused', 'cause')

  for (const way of ['tls', 'wss'] as const) {
    const carrier = way === 'tls' ? 'tcp' : 'websocket'
    const portOf = ({ ready }: Daemon) => ready.port(way === 'tls' ? 'tls' : 'websocket')

    /** Both sides right, but for what is given. */
    async function call(wrong: { readonly listener?: Elements; readonly pipe?: Elements }) {
      const daemon = await consumer({ carrier, tls: site.listenerTls(wrong.listener) })
      const elements = { ...site.ladder(way, portOf(daemon)), tls: site.pipeTls(wrong.pipe) }
      return { consumer: daemon, provider: provider(portOf(daemon), elements) }
    }

    it(`(${way}) is refused by a provider whose consumer has a certificate of another authority`, async () => {
      const both = await call({ listener: await rogue.issue('server.example.org') })
      assert.match(await causeAt(both.provider), /comes from an authority that this side does not trust; give this/)
      assert.match(await refusalAt(both.consumer), /not accept our certificate|left before/)
    })

    it(`(${way}) is refused by a provider whose consumer has a certificate for another name`, async () => {
      const both = await call({ pipe: { name: 'other.example.org' } })
      assert.match(await causeAt(both.provider), /certificate is for another name than the one that this side expects/)
    })

    it(`(${way}) is refused by a consumer whose provider has a certificate of another authority`, async () => {
      const both = await call({ pipe: await rogue.issue(PROVIDER_NAME) })
      assert.match(await causeAt(both.provider), /not accept our certificate/)
      assert.match(await refusalAt(both.consumer), /comes from an authority that this side does not trust/)
    })

    it(`(${way}) is refused by a consumer whose provider shows no certificate`, async () => {
      const both = await call({ pipe: { certificate: undefined, private_key: undefined } })
      assert.match(await causeAt(both.provider), /asks for a certificate and this side has none; give this side one/)
      assert.match(await refusalAt(both.consumer), /showed no certificate; give it one that this side trusts/)
    })

    it(`(${way}) is refused by a consumer that lists none of the names of the certificate`, async () => {
      const both = await call({ listener: { allow: { '@services': '*', '#': 'other.example.org' } } })
      const why = /takes nobody with this certificate: it allows none of its names \(provider\.example\.org\)/
      assert.match(await field(both.provider, 'connectionLost', 'reason'), why)
      assert.match(await field(both.consumer.program, 'providerRefused', 'why'), why)
      assert.equal(await field(both.consumer.program, 'providerRefused', 'code'), 'unknownCertificate')
    })

    it(`(${way}) serves what its certificate is allowed without any keys, and nothing else`, async () => {
      const both = await call({ listener: { allow: { '@services': UUID, '#': PROVIDER_NAME.toUpperCase() } } })
      assert.equal(await whoServes(both.consumer.ready.port(UUID)), TARGET_SAYS)
      assert.equal(await field(both.provider, 'serviceRefused', 'code'), 'notCertified')
      assert.match(
        await field(both.provider, 'serviceRefused', 'why'),
        /^the certificate of provider\.example\.org is not allowed 22222222-.*; add it to services=/,
      )
      const [refused] = logged(both.consumer.program, 'registrationRefused')
      assert.deepEqual([refused!.service, refused!.code], [OTHER_UUID, 'notCertified'])
    })
  }

  it('serves with keys what both its key and its certificate are allowed: each alone is not enough', async () => {
    const third = '33333333-3333-4444-5555-666666666666'
    const keyed = new KeyedSite(stage())
    const key = keyed.newKey('provider')
    keyed.authorize(`services="${UUID},${third}" ${key.publicKey}`)
    const daemon = await consumer(
      {
        carrier: 'tcp',
        tls: site.listenerTls({ allow: { '@services': `${UUID},${OTHER_UUID}`, '#': PROVIDER_NAME } }),
      },
      { identity: keyed.consumerKey.file, authorized_providers: 'providers' },
    )
    const keys = { identity: key.file, consumer_key: keyed.consumerKey.publicKey }
    const port = daemon.ready.port('tls')
    const program = provider(port, { ...site.ladder('tls', port), ...keys })
    assert.equal(await whoServes(daemon.ready.port(UUID)), TARGET_SAYS)
    assert.equal(await field(program, 'serviceRefused', 'code'), 'notAuthorised')
    assert.equal(logged(daemon.program, 'serviceRegistered')[0]!.certificate, PROVIDER_NAME)
  })

  it('with a key that is not listed is ended at once, and its provider is told where to look', async () => {
    const keyed = new KeyedSite(stage())
    keyed.authorize()
    const daemon = await consumer(
      { carrier: 'tcp', tls: site.listenerTls() },
      { identity: keyed.consumerKey.file, authorized_providers: 'providers' },
    )
    const stranger = keyed.newKey('stranger')
    const keys = { identity: stranger.file, consumer_key: keyed.consumerKey.publicKey }
    const port = daemon.ready.port('tls')
    const program = provider(port, { ...site.ladder('tls', port), ...keys })
    assert.match(await causeAt(program), /ended by the other side before it had said anything; it may not know our key/)
    assert.equal(await field(daemon.program, 'strangerRefused', 'key'), stranger.fingerprint)
  })

  it('with TLS to a listener without is ended, and the consumer says whose element is missing', async () => {
    const daemon = await consumer({ carrier: 'tcp' })
    const port = daemon.ready.port('tcp')
    const program = provider(port, site.ladder('tls', port))
    assert.match(await refusalAt(daemon), /speaks TLS, and this side does not; give both sides <tls>, or neither/)
    assert.match(await causeAt(program), /no connection to 127\.0\.0\.1:\d+: .* cut it; it may .* speak something else/)
  })

  it('without TLS to a listener with it is ended, and both sides say so', async () => {
    const daemon = await consumer({ carrier: 'tcp', tls: site.listenerTls() })
    const program = provider(daemon.ready.port('tls'), { carrier: 'tcp' })
    assert.match(await refusalAt(daemon), /was not let in/)
    assert.match(await causeAt(program), /speaks TLS, and this side does not|ended by the other side|cut it/)
  })

  describe('by a proxy', () => {
    async function throughProxy(proxyPort: number): Promise<string> {
      const daemon = await consumer({ carrier: 'websocket', tls: site.listenerTls() })
      const port = daemon.ready.port('websocket')
      const environment = { HTTPS_PROXY: `http://me:secret@127.0.0.1:${proxyPort}`, NO_PROXY: '', no_proxy: '' }
      const program = provider(port, site.ladder('wss', port), environment)
      const cause = await causeAt(program)
      assert.doesNotMatch(program.logs(), /secret/)
      return cause
    }

    for (const [status, remedy] of [
      [403, /the answer was HTTP 403; a proxy between forbids it; ask whoever runs that/],
      [407, /the answer was HTTP 407; the proxy wants a user name and password/],
      [502, /the answer was HTTP 502; a proxy between does not reach the other side/],
    ] as const) {
      it(`that answers ${status} is told as that`, async () => {
        const proxy = createServer().on('connect', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`))
        proxy.listen(0, '127.0.0.1')
        await once(proxy, 'listening')
        try {
          assert.match(await throughProxy((proxy.address() as AddressInfo).port), remedy)
        } finally {
          proxy.close()
        }
      })
    }

    it('that is not there is told as that', async () => {
      assert.match(await throughProxy(9), /no connection to 127\.0\.0\.1:\d+ through 127\.0\.0\.1:9: nobody listens/)
    })
  })

  describe('through stunnel', () => {
    before(function () {
      if (!WAYS.includes('stunnel')) {
        console.warn(`      SKIPPED: without ${missingForStunnel().join(' and ')} nothing was refused by stunnel`)
        this.skip()
      }
    })

    const otherName = (text: string) => text.replace('checkHost = server.', 'checkHost = other.')
    for (const [what, kind, plan] of [
      ['a secret that is not the same', 'psk', { files: 'other' }],
      ['a certificate for another name', 'mutual', { edit: otherName }],
    ] as const) {
      it(`is ended for ${what}, and its provider is told to look into stunnel's log`, async () => {
        const stunnels = new StunnelSite(stage())
        for (const files of ['stunnel', 'other']) stunnels.makeFiles(files)
        const daemon = await consumer({ carrier: 'tcp' })
        const behind = await stunnels.start(`consumer-${kind}`, { connect: daemon.ready.port('tcp') })
        const front = await stunnels.start(`provider-${kind}`, { connect: behind.port, ...plan })
        const program = provider(front.port, { carrier: 'tcp' })
        assert.match(
          await causeAt(program),
          /what is between \(stunnel, a proxy\) .*: (?:its log says|the logs there say) why/,
        )
        assert.deepEqual(logged(daemon.program, 'providerConnected'), [])
      })
    }
  })
})

// What goes wrong with certificates is told at both ends, in words that say whose they are and what to do.

import assert from 'node:assert/strict'
import type { PeerName } from '../../src/carriers/carrier.ts'
import type { CarrierError } from '../../src/carriers/carrier-error.ts'
import type { StreamCarrier } from '../../src/carriers/stream-carrier.ts'
import { openTcpCarrier } from '../../src/carriers/tcp.ts'
import { openTlsCarrier } from '../../src/carriers/tls.ts'
import type { DialTls, ListenTls } from '../../src/carriers/tls-settings.ts'
import { openWebSocketCarrier } from '../../src/carriers/websocket.ts'
import { until } from '../runtime/until.ts'
import { certificates, dialTls, HOST, listenTls } from './stream-pairs.ts'

after(() => certificates?.remove())

interface Case {
  readonly what: string
  readonly listen?: () => ListenTls
  readonly dial?: () => DialTls
  /** What the dialler is told, by its call or by the end of the path. */
  readonly dialler: RegExp
  readonly listener: RegExp
}

/** What one side says if the other has turned away without a word, as TLS 1.3 allows. */
const UNSAID = /not accept our certificate|showed no certificate|left before its connection stood/

const CASES: readonly Case[] = [
  {
    what: 'a listener whose authority the dialler does not trust',
    dial: () => ({ ...dialTls(), ca: certificates!.stranger.cert }),
    dialler: /the other side's certificate comes from an authority that this side does not trust/,
    listener: UNSAID,
  },
  {
    what: 'a listener whose certificate is for another name',
    dial: () => ({ ...dialTls(), servername: 'other.test' }),
    dialler: /the other side's certificate is for another name than the one that this side expects/,
    listener: UNSAID,
  },
  {
    what: 'a listener whose certificate is for the address that was dialled, where another is expected',
    dial: () => ({ ...dialTls(), servername: '192.0.2.9' }),
    dialler: /the other side's certificate is for another name/,
    listener: UNSAID,
  },
  {
    what: 'a listener whose certificate has expired',
    listen: () => listenTls(certificates!.expired),
    dialler: /the other side's certificate has expired; renew it there/,
    listener: UNSAID,
  },
  {
    what: 'a dialler without a certificate',
    dial: () => dialTls(null),
    dialler: /the other side asks for a certificate and this side has none|not accept our certificate/,
    listener: /the other side showed no certificate; give it one that this side trusts/,
  },
  {
    what: 'a dialler whose authority the listener does not trust',
    dial: () => dialTls(certificates!.foreign),
    dialler: /not accept our certificate/,
    listener: /the other side's certificate comes from an authority that this side does not trust/,
  },
  {
    what: 'a dialler whose certificate has expired',
    dial: () => dialTls(certificates!.expired),
    dialler: /not accept our certificate/,
    listener: /the other side's certificate has expired/,
  },
]

for (const kind of ['TLS', 'WebSocket over TLS'] as const) {
  describe(`${kind} and certificates`, () => {
    const open: StreamCarrier[] = []

    before(function () {
      if (certificates === null) this.skip()
    })
    afterEach(async () => {
      for (const carrier of open.splice(0).reverse()) await carrier.close()
    })

    for (const { what, listen = listenTls, dial = dialTls, dialler: wanted, listener: told } of CASES) {
      it(`say on both sides what is wrong with ${what}`, async () => {
        const listener = opened(await openListener(listen()))
        const { port } = listener.addresses[0]!
        const dialler = opened(await openDialler(dial(), port))
        const refusals: { from: string; cause: Error }[] = []
        listener.onRefused = (from, cause) => refusals.push({ from, cause })
        const end = await endOf(dialler, port)
        assert.match(end.message, wanted)
        assert.match(end.message, /127\.0\.0\.1:\d+/)
        await until(() => refusals.length > 0, 'the listener was told')
        assert.match(refusals[0]!.cause.message, told)
        assert.match(refusals[0]!.from, /^127\.0\.0\.1:\d+$/)
        assert.equal(refusals.length, 1)
      })
    }

    it('say so when the caller speaks no TLS', async () => {
      const listener = opened(await openListener(listenTls()))
      const plain = opened(await openTcpCarrier({ role: 'dialler' }))
      const told = new Promise<Error>((resolve) => {
        listener.onRefused = (_, cause) => resolve(cause)
      })
      const path = await plain.connect({ host: '127.0.0.1', port: listener.addresses[0]!.port })
      plain.send({ buffer: Buffer.alloc(99, 1), length: 99, segmentBytes: 99, path })
      assert.match((await told).message, /was not let in: the other side speaks no TLS on this port/)
    })

    it('refuse texts that are no certificates before a port is opened', async () => {
      const words = /the certificate, key or authority for TLS cannot be used \(.+\); give PEM/
      await assert.rejects(openListener({ cert: 'none', key: 'none', ca: null }), words)
      const { key } = certificates!.client
      await assert.rejects(openListener({ ...listenTls(), key }), words)
      await assert.rejects(openDialler({ ...dialTls(), cert: 'none' }, 1), words)
    })

    it('let everybody in who trusts the listener, where it asks for no certificate', async () => {
      const listener = opened(await openListener({ ...listenTls(), ca: null }))
      const { port } = listener.addresses[0]!
      const dialler = opened(await openDialler(dialTls(null), port))
      const path = await dialler.connect({ host: '127.0.0.1', port })
      const names = await new Promise<readonly PeerName[]>((resolve) => {
        listener.onDatagram = (_, from) => resolve(listener.channelOf(from).peerNames)
        dialler.send({ buffer: Buffer.alloc(9), length: 9, segmentBytes: 9, path })
      })
      assert.deepEqual(names, [])
    })

    function opened(carrier: StreamCarrier): StreamCarrier {
      open.push(carrier)
      return carrier
    }

    function openListener(tls: ListenTls): Promise<StreamCarrier> {
      const options = { role: 'listener', reach: 'loopback', port: 0, tls } as const
      return kind === 'TLS' ? openTlsCarrier(options) : openWebSocketCarrier(options)
    }

    function openDialler(tls: DialTls, port: number): Promise<StreamCarrier> {
      if (kind === 'TLS') return openTlsCarrier({ role: 'dialler', tls })
      return openWebSocketCarrier({ role: 'dialler', url: `wss://${HOST}:${port}/edgerq`, tls, proxy: null })
    }
  })
}

/** TLS 1.3 lets a dialler begin before the listener has looked at its certificate: a refusal may come at once or later. */
async function endOf(dialler: StreamCarrier, port: number): Promise<Error> {
  const gone = new Promise<Error>((resolve) => {
    dialler.onPathGone = (_, cause) => resolve(cause)
  })
  try {
    await dialler.connect({ host: '127.0.0.1', port })
  } catch (error) {
    return error as CarrierError
  }
  return gone
}

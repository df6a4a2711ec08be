// The search for the size of datagrams on real sockets: what the kernel carries over loopback, and what it refuses.

import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import type { Carrier } from '../../src/carriers/carrier.ts'
import { openUdpCarrier } from '../../src/carriers/udp.ts'
import { openDriver } from '../../src/cli/link.ts'
import { openLog } from '../../src/log.ts'
import type { SessionEvent, SessionHandle, StreamHandle } from '../../src/protocol/index.ts'
import type { Driver } from '../../src/runtime/driver.ts'
import { consumerCrypto, providerCrypto } from '../runtime/noise-endpoints.ts'
import { Talker } from '../runtime/talker.ts'
import { until } from '../runtime/until.ts'

const MEGABYTE = 1_000_000

/** A driver with `<max_datagram>auto</max_datagram>`, what it was told, and the sizes in its log. */
class Side {
  readonly events: SessionEvent[] = []
  readonly driver: Driver
  #text = ''

  constructor(carrier: Carrier, role: 'listener' | 'dialler') {
    const stream = new PassThrough()
    stream.on('data', (chunk: Buffer) => {
      this.#text += chunk
    })
    this.driver = openDriver({
      carrier,
      crypto: role === 'listener' ? consumerCrypto() : providerCrypto(),
      role,
      log: openLog({ level: 'debug', isTerminal: false, stream }),
      instanceId: new Uint8Array(16).fill(role === 'listener' ? 1 : 2),
      surviveSeconds: 60,
      maxDatagramBytes: 1_200,
      ceilingDatagramBytes: 65_507,
      congestion: 'bbr',
    })
    this.driver.onEvent = (event) => this.events.push(event)
  }

  get sizes(): readonly number[] {
    const lines = this.#text.split('\n').filter((line) => line !== '')
    return lines.flatMap((line) => {
      const { event, bytes } = JSON.parse(line) as { event: string; bytes: number }
      return event === 'datagramsResized' ? [bytes] : []
    })
  }

  async session(): Promise<SessionHandle> {
    await until(() => this.events.some(({ kind }) => kind === 'opened'), 'the session opens')
    return this.events.find(({ kind }) => kind === 'opened')!.session
  }

  async accepted(): Promise<StreamHandle> {
    await until(() => this.events.some(({ kind }) => kind === 'accepted'), 'the stream comes')
    const event = this.events.find(({ kind }) => kind === 'accepted')
    return event?.kind === 'accepted' ? event.stream : assert.fail('nothing was accepted')
  }
}

describe('the size of datagrams over loopback', () => {
  it('comes to 65,507 bytes, and the bytes of a transfer arrive', async () => {
    const listening = await openUdpCarrier({ role: 'listener', reach: 'loopback', port: 0 })
    const dialling = await openUdpCarrier({ role: 'dialler' })
    const consumer = new Side(listening, 'listener')
    const provider = new Side(dialling, 'dialler')
    provider.driver.dial(dialling.pathTo('127.0.0.1', listening.addresses[0]!.port))
    await provider.session()
    const stream = (await consumer.session()).openStream()!
    const sender = new Talker(stream)
    sender.say(new Uint8Array(4 * MEGABYTE))
    const reader = new Talker(await provider.accepted())
    await until(() => reader.bytesRead === 4 * MEGABYTE, 'all of it has arrived')
    await until(() => consumer.sizes.at(-1) === 65_507, 'the search has come to its end')
    assert.deepEqual(provider.sizes, [], 'who sends nothing large searches for nothing')
    await Promise.all([consumer.driver.close(0, ''), provider.driver.close(0, '')])
  })
})

// Somebody on the line who has recorded how a provider was let in, and sends it all again: at once, when the provider is gone, and to the
// consumer's next life; from elsewhere and from where the provider was.

import assert from 'node:assert/strict'
import type { Socket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PacketType } from '../../src/protocol/wire/packet.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { eventually } from './clients.ts'
import { OTHER_UUID, RAW_SERVICE, UUID, useStage } from './harness.ts'
import { KeyedSite, logged } from './keyed-site.ts'
import { ServiceWatch } from './service-watch.ts'
import { openSocket, UdpRelay } from './udp-relay.ts'

describe('A handshake that was recorded', () => {
  const stage = useStage()
  let site: KeyedSite
  let relay: UdpRelay
  let elsewhere: Socket
  let answers: Buffer[]

  beforeEach(async () => {
    site = new KeyedSite(stage())
    elsewhere = await openSocket()
    answers = []
    elsewhere.on('message', (bytes) => answers.push(bytes))
  })

  afterEach(async () => {
    elsewhere.close()
    await relay.close()
  })

  it('and is sent again lets nobody in, now, later or after a restart, and disturbs nobody who is in', async () => {
    const [lab, neighbour] = [site.newKey('lab'), site.newKey('neighbour')]
    site.authorize(`services="${UUID}" ${lab.publicKey}`, `services="${OTHER_UUID}" ${neighbour.publicKey}`)
    const list = () => readFileSync(join(stage().folder, 'providers'), 'utf8')
    const [listed, target, next] = [list(), await site.named('the lab'), await site.named('the neighbour')]
    const consumer = await site.consumer([{}, { uuid: OTHER_UUID }])
    relay = await UdpRelay.to(udp(consumer))
    const provider = await site.provider({ ...site.pipe(consumer, lab, target.port), port: relay.port })
    await neighbourOf(consumer)
    const inits = relay.caught.filter(({ to, bytes }) => to === 'consumer' && bytes[0] === PacketType.init)
    const recorded = [inits[0]!.bytes, inits.at(-1)!.bytes]
    assert.notDeepEqual(recorded[0], recorded[1], 'one that asks, and one with the proof of its address')
    const watches = [UUID, OTHER_UUID].map((uuid) => new ServiceWatch(consumer.ready.port(uuid)))

    // Of a session that lives the question without a proof is known, and has had its answer.
    await sendAgain(consumer, 1)
    assert.equal(connected(consumer), 2)
    await watches[0]!.end()
    await provider.program.end()
    await eventually('the lab is gone', () => logged(consumer.program, 'providerGone').length === 1)
    await sendAgain(consumer, 2)
    await consumer.program.line(/handshakeTooOld/)
    assert.equal(connected(consumer), 2)
    await watches[1]!.end()
    assert.deepEqual(
      watches.map(({ names }) => [...names]),
      [['the lab'], ['the neighbour']],
    )

    await consumer.program.end()
    const later = await stage().consumer({
      listenerPort: udp(consumer),
      root: { identity: site.consumerKey.file, authorized_providers: 'providers' },
      services: [RAW_SERVICE, { ...RAW_SERVICE, uuid: OTHER_UUID }],
    })
    await later.program.line(/serviceRegistered/)
    const restored = new ServiceWatch(later.ready.port(OTHER_UUID))
    await sendAgain(later, 2)
    await restored.end()
    assert.deepEqual([...restored.names], ['the neighbour'])
    assert.equal(connected(later), 1, 'the neighbour, who came by itself')
    assert.equal(list(), listed)

    async function neighbourOf({ ready }: Daemon): Promise<void> {
      const pipe = site.pipe(consumer, neighbour, next.port)
      await site.provider({ ...pipe, port: ready.port('udp'), services: [{ ...pipe.services[0], uuid: OTHER_UUID }] })
    }

    /** From both places; waits until all of it has been read. Nothing but a COOKIE comes back, which is less than what was sent. */
    async function sendAgain(to: Daemon, cookies: number): Promise<void> {
      const [before, known] = [relay.caught.length, answers.length]
      relay.replay(recorded)
      for (const bytes of recorded) elsewhere.send(bytes, udp(to), '127.0.0.1')
      await eventually('all of it has been read', () => answers.length >= known + cookies)
      for (const bytes of answers) assert.equal(bytes[0], PacketType.cookie)
      const back = relay.caught.slice(before).filter((datagram) => datagram.to === 'provider')
      assert.ok(
        back.every(({ bytes }) => bytes[0] !== PacketType.resp),
        'a session was begun',
      )
    }
  })
})

function udp(consumer: Daemon): number {
  return consumer.ready.port('udp')
}

function connected({ program }: Daemon): number {
  return logged(program, 'providerConnected').length
}

// A provider that is listed, and uses what it is let in for against the consumer: what it says on the control stream, and streams.

import assert from 'node:assert/strict'
import { connect, createServer, type Server } from 'node:net'
import { CloseCode, type ControlMessage, encodeControl, StreamCode } from '../../src/protocol/index.ts'
import { newX25519KeyPair } from '../../src/runtime/noise-primitives.ts'
import { statsOf } from '../protocol/endpoints.ts'
import { listening, Seen } from '../runtime/sockets.ts'
import { Talker } from '../runtime/talker.ts'
import { atRest, turn, until } from '../runtime/until.ts'
import { OTHER_UUID, Site, UUID } from './site.ts'

const MEGABYTE = 1_000_000

describe('A consumer with a hostile provider', () => {
  const [good, bad] = [newX25519KeyPair(), newX25519KeyPair()]
  let site: Site
  let target: Server

  beforeEach(async () => {
    site = await Site.open([good, UUID], [bad, OTHER_UUID])
    target = createServer((socket) => socket.on('error', () => {}).end('the good one'))
    await site.provider(good, UUID, await listening(target))
  })
  afterEach(async () => {
    await assertServes()
    await site.close()
    target.close()
  })

  /** Whatever the hostile one did, clients of the other one are served. */
  async function assertServes(): Promise<void> {
    const seen = new Seen(connect(site.portOf(UUID), '127.0.0.1'))
    await until(() => seen.hasEnded, 'the service of the good provider answers')
    assert.equal(Buffer.concat(seen.chunks).toString(), 'the good one')
  }

  const register = (uuid: string, name = ''): ControlMessage => ({
    kind: 'register',
    uuid,
    name,
    protocol: 'tcp',
    capacity: 0,
    isHealthy: true,
  })

  // Its answers were kept for as long as it asked: a gigabyte for a gigabyte.
  for (const [what, uuid] of [
    ['it may have', OTHER_UUID],
    ['of another', UUID],
    ['nobody has', '99999999-2222-3333-4444-555555555555'],
  ] as const) {
    it(`that registers a service ${what} without end and reads no answer is read no further`, async () => {
      const { far } = await site.intruder(bad, { initialStreamWindow: 2_000, ceilingStreamWindow: 2_000 })
      const message = encodeControl(register(uuid, 'x'.repeat(200)))
      let written = 0
      const pour = () => {
        while (far.control.isWritable && written < 20 * MEGABYTE) {
          far.control.write(message)
          written += message.length
        }
        return written
      }
      const poured = await atRest(pour)
      assert.ok(poured < 3 * MEGABYTE, `${poured} bytes were taken`)
    })
  }

  it('that says the same again and again, and reads the answers, fills no log', async () => {
    const { far } = await site.intruder(bad)
    new Talker(far.control)
    for (let i = 0; i < 500; i++) {
      const messages: readonly ControlMessage[] = [
        { kind: 'settings', software: 'loud' },
        register(OTHER_UUID),
        register(UUID),
        { kind: 'health', uuid: OTHER_UUID, isHealthy: i % 2 === 0 },
        { kind: 'drain', lastStream: i },
        { kind: 'unregister', uuid: OTHER_UUID },
      ]
      for (const message of messages) far.control.write(encodeControl(message))
      await turn()
    }
    await atRest(() => site.spoken.text.length)
    const { lines } = site.spoken
    assert.ok(lines.length < 60, `${lines.length} lines`)
    assert.equal(site.spoken.of('providerConnected').filter(({ software }) => software === 'loud').length, 1)
  })

  it('that puts commands to a terminal and ends of lines into its names is logged in one clean line each', async () => {
    const { far } = await site.intruder(bad)
    const nasty = '\r\n{"level":"error"}\u001b[2J\u202e\u0000\u009b31m'
    far.control.write(encodeControl({ kind: 'settings', software: nasty }))
    far.control.write(encodeControl(register(OTHER_UUID, nasty)))
    await until(() => site.spoken.of('serviceRegistered').length === 2, 'it is registered')
    assert.match(site.spoken.text, /^[\x20-\x7e\n]*$/)
    assert.equal(site.spoken.of('serviceRegistered').at(-1)!.name, ' {"level":"error"}')
  })

  for (const [what, bytes] of [
    ['a message longer than any', [0xff, 0xff, 1]],
    ['a message without a type', [0, 0, 0]],
    ['a name that is no text', [0, 22, 2, ...new Array(16).fill(1), 3, 0xff, 0xff, 0xff, 1]],
  ] as const) {
    it(`that says ${what} is sent away, and both sides hear why (C-2)`, async () => {
      const { far, closed } = await site.intruder(bad)
      far.control.write(encodeControl(register(OTHER_UUID)))
      far.control.write(Uint8Array.from(bytes))
      await until(() => closed() !== undefined, 'it is sent away')
      const event = closed()!
      assert.ok(event.kind === 'closed' && event.by === 'peer' && event.code === CloseCode.badMessage)
      assert.equal(site.spoken.of('badControlMessage').length, 1)
      await until(() => site.spoken.of('serviceUnavailable').length === 1, 'its service is gone')
    })
  }

  it('that opens streams has each refused, and none is left', async () => {
    const { far, near } = await site.intruder(bad)
    const streams = Array.from({ length: 90 }, () => far.openStream()!)
    for (const stream of streams) stream.write(new Uint8Array(50_000))
    await until(() => streams.every(({ isClosed }) => isClosed), 'all are refused')
    assert.ok(streams.every(({ stopCode }) => stopCode === StreamCode.unknownService))
    await until(() => statsOf(near).openStreams + statsOf(near).heldBytes === 0, 'nothing is held')
  })

  it('that says a message byte by byte costs little and is understood', async () => {
    const { far } = await site.intruder(bad)
    for (const byte of encodeControl(register(OTHER_UUID, 'slow'))) {
      far.control.write(Uint8Array.of(byte))
      await turn()
    }
    await until(() => site.spoken.of('serviceRegistered').some(({ name }) => name === 'slow'), 'it is registered')
  })
})

// A consumer that a provider believes, and that wants more of it than it offers: other targets, its memory, its log.

import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import {
  CloseCode,
  encodeControl,
  encodeStreamHead,
  type SessionHandle,
  StreamCode,
  type StreamHandle,
} from '../../src/protocol/index.ts'
import type { Provider } from '../../src/provider/provider.ts'
import type { Driver } from '../../src/runtime/driver.ts'
import { noiseListener, welcomeEverybody } from '../../src/runtime/noise-crypto.ts'
import { newX25519KeyPair } from '../../src/runtime/noise-primitives.ts'
import { statsOf } from '../protocol/endpoints.ts'
import { MemoryCarrier } from '../runtime/memory-carrier.ts'
import { listening } from '../runtime/sockets.ts'
import { Talker } from '../runtime/talker.ts'
import { atRest, turn, until } from '../runtime/until.ts'
import { newDriver, newProvider, OTHER_UUID, Spoken, UUID } from './site.ts'

const HEAD = { kind: 'tcp', uuid: UUID, requestId: UUID, connectWithinMs: 5_000, hops: [], client: 'a:1' } as const

describe('A provider with a hostile consumer', () => {
  let driver: Driver
  let provider: Provider
  let spoken: Spoken
  let target: Server
  let called: Socket[]
  let sessions: SessionHandle[]

  beforeEach(async () => {
    const identity = newX25519KeyPair()
    const carrier = new MemoryCarrier()
    const crypto = noiseListener({ identity, authorise: welcomeEverybody, resetKey: new Uint8Array(32) })
    driver = newDriver(crypto, carrier, { acceptsSessions: true })
    sessions = []
    driver.onEvent = ({ kind, session }) => {
      if (kind !== 'opened') return
      sessions.push(session)
      new Talker(session.control)
    }
    called = []
    target = createServer((socket) => void called.push(socket.on('error', () => {})))
    spoken = new Spoken()
    const services = [[UUID, await listening(target)]] as const
    const wish = { consumerKey: identity.publicKey, services, log: spoken.log }
    provider = newProvider(carrier, newX25519KeyPair(), wish).provider
    provider.start()
    await until(() => sessions.length === 1, 'the provider has dialled')
  })
  afterEach(async () => {
    await assertServes()
    await provider.stop(0)
    await driver.close(0, '')
    for (const socket of called) socket.destroy()
    target.close()
  })

  /** Whatever was tried, the provider still does its work, over this session or its next one. */
  async function assertServes(): Promise<void> {
    const stream = opened(encodeStreamHead(HEAD))
    const talker = new Talker(stream)
    await until(() => talker.bytesRead === 1, 'the stream is accepted')
    stream.reset(StreamCode.cancelled)
    stream.stop(StreamCode.cancelled)
    const session = sessions.at(-1)!
    await until(() => statsOf(session).openStreams + statsOf(session).heldBytes === 0, 'nothing is left')
  }

  function opened(...pieces: readonly Uint8Array[]): StreamHandle {
    const stream = sessions.at(-1)!.openStream()!
    for (const piece of pieces) stream.write(piece)
    return stream
  }

  async function refusalOf(stream: StreamHandle): Promise<number> {
    await until(() => stream.isClosed, 'the stream is refused')
    return stream.resetCode
  }

  it('gives it no service that its pipe does not have, and touches no target (D-1, D-3)', async () => {
    for (const uuid of [OTHER_UUID, '00000000-0000-0000-0000-000000000000'])
      assert.equal(await refusalOf(opened(encodeStreamHead({ ...HEAD, uuid }))), StreamCode.unknownService)
    assert.equal(await refusalOf(opened(encodeStreamHead({ ...HEAD, kind: 'http' }))), StreamCode.wrongKind)
    assert.equal(called.length, 0)
  })

  it('refuses heads that are none: too many hops, no known kind, no text, longer than any (D-5)', async () => {
    const head = encodeStreamHead(HEAD)
    const changed = (at: number, value: number) => Uint8Array.from(head, (byte, i) => (i === at ? value : byte))
    // Length 2, kind 1, service 16, request 16, patience 2, then the count of hops.
    const heads = [changed(37, 9), changed(37, 255), changed(2, 3), changed(2, 0), changed(40, 0xff), changed(0, 0xff)]
    for (const bytes of heads) assert.equal(await refusalOf(opened(bytes)), StreamCode.badHead)
    assert.equal(called.length, 0)
  })

  it('gives up streams that are opened and reset at once, a thousand of them, and keeps no connection', async () => {
    const streams: StreamHandle[] = []
    for (let i = 0; i < 1_000; i++) {
      const stream = sessions[0]!.openStream()
      if (stream === null) break
      stream.write(encodeStreamHead(HEAD))
      if (i % 2 === 0) await turn()
      stream.reset(StreamCode.cancelled)
      stream.stop(StreamCode.cancelled)
      streams.push(stream)
      await turn()
    }
    assert.ok(streams.length > 90)
    await until(() => streams.every(({ isClosed }) => isClosed), 'every stream is closed')
    await until(() => called.every(({ destroyed }) => destroyed), 'no connection is kept')
  })

  it('holds what it may not pass on within the window, and lets go of it', async () => {
    const stream = opened(encodeStreamHead(HEAD))
    await until(() => called.length === 1, 'the target is called')
    called[0]!.pause()
    const piece = new Uint8Array(65_536)
    let written = 0
    const pour = () => {
      for (; stream.isWritable && written < 100_000_000; written += piece.length) stream.write(piece)
      return written
    }
    // A window that grows, what the kernel takes for the two sockets, and what waits here.
    assert.ok((await atRest(pour)) < 40_000_000, `${written} bytes were taken`)
    stream.reset(StreamCode.cancelled)
    stream.stop(StreamCode.cancelled)
  })

  it('leaves a session whose messages cannot be read, and dials anew (C-2)', async () => {
    sessions[0]!.control.write(Uint8Array.of(0, 0, 0))
    await until(() => sessions.length === 2, 'it dials again')
    assert.equal(spoken.of('connectionLost')[0]!.why, 'A message on the control stream could not be read.')
  })

  it('fills no log with what it says again and again, and cleans what it says once', async () => {
    const text = '\r\n\u001b[2Jno\u202e'
    for (let i = 0; i < 500; i++) {
      const uuid = i % 2 === 0 ? UUID : `00000000-0000-0000-0000-${String(i).padStart(12, '0')}`
      for (const message of [
        { kind: 'refused', uuid, code: 1, text },
        { kind: 'registered', uuid },
      ] as const)
        sessions[0]!.control.write(encodeControl(message))
      await turn()
    }
    await atRest(() => spoken.text.length)
    assert.ok(spoken.lines.length < 20, `${spoken.lines.length} lines`)
    assert.match(spoken.text, /^[\x20-\x7e\n]*$/)
    assert.equal(spoken.of('serviceRefused').length, 1)
  })

  it('does nothing that only a provider is told or says', async () => {
    for (const message of [
      { kind: 'unregister', uuid: UUID },
      { kind: 'health', uuid: UUID, isHealthy: false },
      { kind: 'drain', lastStream: 0 },
    ] as const)
      sessions[0]!.control.write(encodeControl(message))
    await atRest(() => spoken.text.length)
    assert.equal(statsOf(sessions[0]!).openStreams, 0)
  })

  it('may be shut out, and knocks again without being told why it should', async () => {
    sessions[0]!.close(CloseCode.notAuthorised, 'x'.repeat(2_000))
    await until(() => sessions.length === 2, 'it dials again')
    assert.ok(String(spoken.of('connectionLost')[0]!.reason).length <= 256)
  })
})

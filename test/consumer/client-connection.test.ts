import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { admitEverybody } from '../../src/consumer/admission.ts'
import { ClientConnection, type ClientOutcome } from '../../src/consumer/client-connection.ts'
import { Directory } from '../../src/consumer/directory.ts'
import { ProviderSession } from '../../src/consumer/provider-session.ts'
import { openLog } from '../../src/log.ts'
import { ACCEPTED, StreamCode } from '../../src/protocol/index.ts'
import { Watchdog } from '../../src/runtime/watchdog.ts'
import { SharedReads, withSharedReads } from '../../src/sockets/shared-reads.ts'
import { Joined, type JoinedSession } from '../runtime/joined.ts'
import { Seen, socketPair } from '../runtime/sockets.ts'
import { Talker } from '../runtime/talker.ts'
import { atRest, turn, until } from '../runtime/until.ts'
import { providerHost } from './provider-host.ts'

const HEAD = 'HEAD:'
const REPLAY_BYTES = 4_096
/** What one read of a socket brings at most: one that fills the buffer over, and one that Node has begun by then. */
const TWO_READS_BYTES = 2 * 65_536

describe('a client of a tcp service', () => {
  let joined: Joined
  let sessions: JoinedSession[]
  let providers: ProviderSession[]
  let client: Socket
  let accepted: Socket
  let seen: Seen
  let outcomes: ClientOutcome[]
  let waits: number
  let connection: ClientConnection

  async function addProvider(): Promise<void> {
    const session = await joined.join()
    sessions.push(session)
    new Talker(session.far.control)
    const log = openLog({ level: 'error', isTerminal: false, stream: new PassThrough().resume() })
    const permit = admitEverybody.permitOf(session.near, () => '')
    providers.push(new ProviderSession(session.near, permit, providerHost(new Directory(), log)))
  }

  async function begin(): Promise<void> {
    const pair = await socketPair()
    client = pair.client
    const reads = new SharedReads()
    accepted = withSharedReads(pair.accepted, reads)
    seen = new Seen(client)
    connection = new ClientConnection({
      socket: accepted,
      reads,
      service: '11111111-2222-3333-4444-555555555555',
      client: '192.0.2.1:5',
      replayBytes: REPLAY_BYTES,
      idleTimeoutMs: 0,
      watchdog: new Watchdog(() => performance.now()),
      choose: (tried) => providers.find((provider) => !provider.isDraining && !tried.has(provider)) ?? null,
      head: () => Buffer.from(HEAD),
      onWaiting: () => {
        waits++
      },
      onDone: (_connection, outcome) => outcomes.push(outcome),
    })
  }

  /** What the provider at `index` sees of the client's stream. */
  async function streamAt(index: number): Promise<Talker> {
    const session = sessions[index]!
    await until(() => joined.streamsTakenBy(session).length > 0, 'the stream arrives')
    return new Talker(joined.streamsTakenBy(session)[0]!)
  }

  function refuse(talker: Talker, code: number): void {
    talker.stream.stop(code)
    talker.stream.reset(code)
  }

  async function finished(outcome: ClientOutcome): Promise<void> {
    await until(() => outcomes.length > 0 && seen.isClosed, 'the connection is done')
    assert.deepEqual(outcomes, [outcome])
    for (const session of sessions) await joined.settled(session)
  }

  beforeEach(async () => {
    joined = new Joined()
    sessions = []
    providers = []
    outcomes = []
    waits = 0
    await addProvider()
    await addProvider()
    await begin()
  })
  afterEach(async () => {
    client.destroy()
    accepted.destroy()
    await joined.close()
  })

  it('is joined to the provider that accepts it, with what both have said before', async () => {
    connection.place()
    client.write('early ')
    const talker = await streamAt(0)
    await until(() => talker.text === 'HEAD:early ', 'the first bytes leave before ACCEPTED')
    talker.stream.write(Buffer.concat([Buffer.of(ACCEPTED), Buffer.from('welcome ')]))
    await until(() => seen.text === 'welcome ', 'the client hears the provider')
    client.end('late')
    await until(() => talker.hasEnded, 'the end arrives')
    assert.equal(talker.text, 'HEAD:early late')
    talker.say(Buffer.from('and goodbye'))
    await finished('ended')
    assert.equal(seen.text, 'welcome and goodbye')
  })

  it('goes to the next provider when one refuses, and says its first bytes there once', async () => {
    connection.place()
    client.write('question')
    const first = await streamAt(0)
    await until(() => first.text === 'HEAD:question', 'the first provider has it')
    refuse(first, StreamCode.targetRefused)
    const second = await streamAt(1)
    client.write(', more')
    second.stream.write(Buffer.of(ACCEPTED))
    await until(() => second.text.endsWith('more'), 'the second provider has it')
    assert.equal(second.text, 'HEAD:question, more')
    client.end()
    second.say(new Uint8Array(0))
    await finished('ended')
  })

  it('is reset when everybody has refused', async () => {
    connection.place()
    refuse(await streamAt(0), StreamCode.targetRefused)
    refuse(await streamAt(1), StreamCode.draining)
    await finished('refused')
    assert.deepEqual([seen.error, seen.hasEnded, waits], ['ECONNRESET', false, 0])
  })

  it('goes nowhere else when a provider failed after it may have acted (D-4)', async () => {
    connection.place()
    refuse(await streamAt(0), StreamCode.peerReset)
    await finished('refused')
    assert.equal(joined.streamsTakenBy(sessions[1]!).length, 0)
  })

  it('is reset when its session is lost after some of it had left (D-4)', async () => {
    connection.place()
    await streamAt(0)
    sessions[0]!.near.close(0, '')
    await until(() => outcomes.length > 0 && seen.isClosed, 'the connection is done')
    assert.deepEqual([outcomes, seen.error], [['refused'], 'ECONNRESET'])
  })

  it('moves unharmed when its session is lost before a byte of it had left (D-4)', async () => {
    connection.place()
    sessions[0]!.near.close(0, '')
    const second = await streamAt(1)
    client.end('question')
    await until(() => second.hasEnded, 'the second provider has it')
    assert.equal(second.text, 'HEAD:question')
    second.say(Buffer.of(ACCEPTED))
    await finished('ended')
  })

  it('is read no further than its replay buffer until it is accepted', async () => {
    connection.place()
    const upload = Buffer.alloc(3_000_000, 'x')
    client.end(upload)
    const talker = await streamAt(0)
    await atRest(() => accepted.bytesRead)
    assert.ok(accepted.bytesRead < REPLAY_BYTES + TWO_READS_BYTES, `${accepted.bytesRead} bytes were read`)
    talker.stream.write(Buffer.of(ACCEPTED))
    await until(() => talker.hasEnded, 'all of it arrives')
    assert.equal(talker.bytesRead, HEAD.length + upload.length)
    talker.say(new Uint8Array(0))
    await finished('ended')
  })

  for (const when of ['before it is accepted', 'before the provider that refuses it']) {
    it(`has its end passed on when it ends ${when}`, async () => {
      connection.place()
      client.end('question')
      let talker = await streamAt(0)
      await until(() => talker.hasEnded, 'the end arrives')
      if (when !== 'before it is accepted') {
        refuse(talker, StreamCode.targetUnreachable)
        talker = await streamAt(1)
        await until(() => talker.hasEnded, 'the end arrives there too')
      }
      assert.equal(talker.text, 'HEAD:question')
      talker.say(Buffer.concat([Buffer.of(ACCEPTED), Buffer.from('answer')]))
      await finished('ended')
      assert.deepEqual([seen.text, seen.hasEnded], ['answer', true])
    })
  }

  it('takes its stream with it when it resets before it is accepted', async () => {
    connection.place()
    client.write('question')
    const talker = await streamAt(0)
    client.resetAndDestroy()
    await until(() => talker.reset !== '', 'the provider learns of it')
    assert.equal(talker.reset, 'cancelled')
    refuse(talker, StreamCode.cancelled)
    await finished('clientGone')
  })

  it('waits when nobody is there, and asks again when it is told to', async () => {
    const [first] = providers.splice(0)
    connection.place()
    connection.place()
    assert.equal(waits, 2)
    providers.push(first!)
    connection.place()
    connection.place()
    const talker = await streamAt(0)
    await turn()
    assert.equal(joined.streamsTakenBy(sessions[0]!).length, 1, 'one client, one stream')
    client.end()
    talker.say(Buffer.of(ACCEPTED))
    await finished('ended')
  })

  it('is reset when nobody came in time, once, and is not placed afterwards', async () => {
    const all = providers.splice(0)
    connection.place()
    connection.giveUp()
    connection.giveUp()
    providers.push(...all)
    connection.place()
    await finished('noProvider')
    assert.equal(seen.error, 'ECONNRESET')
    assert.equal(sessions[0]!.near.openedStreams, 0)
  })

  it('waits for another provider when the only one that is left drains', async () => {
    const [first, second] = providers.splice(0)
    providers.push(first!)
    connection.place()
    refuse(await streamAt(0), StreamCode.draining)
    await until(() => waits === 1, 'the client waits')
    assert.deepEqual(outcomes, [])
    providers.push(second!)
    connection.place()
    const talker = await streamAt(1)
    client.end()
    talker.say(Buffer.of(ACCEPTED))
    await finished('ended')
  })

  it('is not given up while a provider has it', async () => {
    connection.place()
    connection.giveUp()
    const talker = await streamAt(0)
    assert.deepEqual(outcomes, [])
    connection.cut()
    await until(() => talker.reset !== '', 'the provider learns of it')
    refuse(talker, StreamCode.cancelled)
    await finished('clientGone')
  })

  it('is reset by a provider that answers with something else than ACCEPTED, or with an end', async () => {
    connection.place()
    const talker = await streamAt(0)
    talker.stream.write(Buffer.from([9, 9, 9]))
    await until(() => talker.stream.stopCode >= 0, 'the provider is told to stop')
    talker.stream.reset(StreamCode.cancelled)
    await finished('refused')
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProviderService, Target } from '../../src/config/read.ts'
import { ACCEPTED, encodeStreamHead, StreamCode, type StreamHandle } from '../../src/protocol/index.ts'
import type { ForwarderOutcome } from '../../src/provider/forwarder.ts'
import { IncomingStream } from '../../src/provider/incoming-stream.ts'
import { Targets } from '../../src/provider/targets.ts'
import { Watchdog } from '../../src/runtime/watchdog.ts'
import { statsOf } from '../protocol/endpoints.ts'
import { Joined, type JoinedSession } from '../runtime/joined.ts'
import { listening, Seen } from '../runtime/sockets.ts'
import { Talker } from '../runtime/talker.ts'
import { turn, until } from '../runtime/until.ts'

const UUID = '11111111-2222-3333-4444-555555555555'
const OTHER_UUID = '99999999-2222-3333-4444-555555555555'

function headFor(uuid: string, connectWithinMs = 5_000): Uint8Array {
  return encodeStreamHead({ kind: 'tcp', uuid, requestId: UUID, connectWithinMs, hops: [], client: '192.0.2.1:5' })
}

describe('an incoming stream of a tcp service', () => {
  let joined: Joined
  let session: JoinedSession
  let target: Server
  let where: Target
  let sockets: Socket[]
  let outcomes: ForwarderOutcome[]
  let reached: string[]
  let isDraining: boolean
  let now: number
  let watchdog: Watchdog

  beforeEach(async () => {
    joined = new Joined()
    session = await joined.join()
    sockets = []
    target = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {})
      sockets.push(socket)
    })
    where = { kind: 'tcp', hostname: '127.0.0.1', port: await listening(target) }
    outcomes = []
    reached = []
    isDraining = false
    now = 0
    watchdog = new Watchdog(() => now)
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    target.close()
    await joined.close()
  })

  /** The consumer's end of a stream that begins with `first`, and what forwards the other end. */
  async function open(first: Uint8Array): Promise<[Talker, IncomingStream]> {
    const near = session.near.openStream()!
    near.write(first)
    const talker = new Talker(near)
    return [talker, forward(await joined.accepted(session, near.id))]
  }

  function forward(stream: StreamHandle): IncomingStream {
    const health = { kind: 'off', intervalSeconds: 10 } as const
    const service: ProviderService = { uuid: UUID, name: 'web', protocol: 'tcp', target: where, tls: null, health }
    const targets = new Targets({ services: [service], certificates: new Map(), software: 'test', onHealth: () => {} })
    const forwarder = new IncomingStream({
      stream,
      watchdog,
      find: (uuid) => targets.find(uuid),
      isDraining: () => isDraining,
      onTarget: (_target, failure) => void reached.push(failure?.code ?? 'reached'),
      onDone: (_forwarder, outcome) => void outcomes.push(outcome),
    })
    forwarder.onStreamReady()
    return forwarder
  }

  async function refused(talker: Talker, code: string): Promise<void> {
    await until(() => talker.reset !== '', 'the consumer hears of it')
    assert.equal(talker.reset, code)
    await joined.settled(session)
    assert.deepEqual(outcomes, ['refused'])
  }

  it('says ACCEPTED once the target has taken the connection, and gives it what stood behind the head', async () => {
    const [talker, forwarder] = await open(Buffer.concat([headFor(UUID), Buffer.from('question')]))
    await until(() => talker.bytesRead > 0 && sockets.length > 0, 'the target is reached')
    assert.deepEqual([...talker.chunks[0]!], [ACCEPTED])
    assert.deepEqual(reached, ['reached'])
    assert.deepEqual([forwarder.head?.uuid, forwarder.head?.client], [UUID, '192.0.2.1:5'])
    const seen = new Seen(sockets[0]!)
    talker.say(new Uint8Array(0))
    await until(() => seen.hasEnded, 'the question ends')
    assert.equal(seen.text, 'question')
    sockets[0]!.end('answer')
    await until(() => talker.hasEnded, 'the answer ends')
    assert.equal(talker.text.slice(1), 'answer')
    await joined.settled(session)
    assert.deepEqual(outcomes, ['ended'])
  })

  it('gives no credit back for what stands behind the head before the target has taken the connection (D-2)', async () => {
    const near = session.near.openStream()!
    near.write(Buffer.concat([headFor(UUID), Buffer.alloc(1_000)]))
    const far = await joined.accepted(session, near.id)
    forward(far)
    // In the turn in which the target is called nobody can have answered yet.
    assert.deepEqual([far.wasEverSent, statsOf(session.far).heldBytes], [false, 1_000])
    await until(() => statsOf(session.far).heldBytes === 0, 'the target has it')
    assert.deepEqual(reached, ['reached'])
    near.reset(StreamCode.cancelled)
    near.stop(StreamCode.cancelled)
    await joined.settled(session)
  })

  it('takes a head that comes byte by byte', async () => {
    const head = headFor(UUID)
    const [talker] = await open(head.subarray(0, 1))
    for (let i = 1; i < head.length; i++) {
      await turn()
      talker.stream.write(head.slice(i, i + 1))
    }
    await until(() => talker.bytesRead > 0, 'the target is reached')
    talker.stream.reset(StreamCode.cancelled)
    talker.stream.stop(StreamCode.cancelled)
    await joined.settled(session)
  })

  it('refuses a service that it does not offer, and touches no target', async () => {
    const [talker] = await open(Buffer.concat([headFor(OTHER_UUID), Buffer.from('some bytes behind it')]))
    await refused(talker, 'unknownService')
    assert.deepEqual([reached, sockets], [[], []])
  })

  it('refuses while it is draining (C-5)', async () => {
    isDraining = true
    const [talker] = await open(headFor(UUID))
    await refused(talker, 'draining')
  })

  it('refuses what is no head, and a stream that ends inside its head', async () => {
    const [broken] = await open(new Uint8Array(400).fill(0xff))
    await refused(broken, 'badHead')
    outcomes.length = 0
    const [short] = await open(headFor(UUID).subarray(0, 10))
    short.stream.finish()
    await refused(short, 'badHead')
  })

  it('gives up a stream whose head never comes: it used to be kept for ever', async () => {
    const [talker] = await open(headFor(UUID).subarray(0, 10))
    watchdog.sweep()
    now += 60_000
    watchdog.sweep()
    await refused(talker, 'stalled')
  })

  it('says that the target refused (D-2, D-3)', async () => {
    target.close()
    const [talker] = await open(headFor(UUID))
    await refused(talker, 'targetRefused')
    assert.deepEqual([reached, talker.bytesRead], [['ECONNREFUSED'], 0], 'it was never accepted')
  })

  it('resets the target when the consumer resets', async () => {
    const [talker] = await open(headFor(UUID))
    await until(() => sockets.length > 0 && talker.bytesRead > 0, 'the target is reached')
    const seen = new Seen(sockets[0]!)
    talker.stream.reset(StreamCode.cancelled)
    talker.stream.stop(StreamCode.cancelled)
    await until(() => seen.isClosed, 'the target learns of it')
    assert.deepEqual([seen.error, seen.hasEnded], ['ECONNRESET', false])
    await joined.settled(session)
    assert.deepEqual(outcomes, ['streamReset'])
  })

  it('resets the consumer when the target resets', async () => {
    const [talker] = await open(headFor(UUID))
    await until(() => sockets.length > 0 && talker.bytesRead > 0, 'the target is reached')
    sockets[0]!.resetAndDestroy()
    await until(() => talker.reset !== '', 'the consumer hears of it')
    assert.equal(talker.reset, 'peerReset')
    await joined.settled(session)
    assert.deepEqual(outcomes, ['socketReset'])
  })

  it('leaves nothing behind when the consumer goes while the target is called', async () => {
    const near = session.near.openStream()!
    near.write(headFor(UUID))
    const far = await joined.accepted(session, near.id)
    near.reset(StreamCode.cancelled)
    near.stop(StreamCode.cancelled)
    forward(far)
    await joined.settled(session)
    await until(() => outcomes.length > 0, 'the forwarder is done')
    assert.equal(outcomes.length, 1)
  })

  it('calls no target for a client that has said all and gone: nobody would take the answer', async () => {
    const stopped = session.near.openStream()!
    stopped.write(Buffer.concat([headFor(UUID), Buffer.from('question')]))
    stopped.finish()
    stopped.stop(StreamCode.cancelled)
    forward(await joined.accepted(session, stopped.id))
    await joined.settled(session)
    const lost = session.near.openStream()!
    lost.write(Buffer.concat([headFor(UUID), Buffer.from('question')]))
    lost.finish()
    const far = await joined.accepted(session, lost.id)
    session.far.close(0, '')
    forward(far)
    await until(() => outcomes.length === 2, 'both are done')
    assert.deepEqual([outcomes, reached, sockets], [['streamGone', 'streamGone'], [], []])
  })

  it('reaches Unix sockets', async () => {
    target.close()
    const folder = mkdtempSync(join(tmpdir(), 'edgerq-incoming-'))
    const path = join(folder, 'app.sock')
    target = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket)).listen(path)
    where = { kind: 'unix', path }
    const [talker] = await open(headFor(UUID))
    talker.say(Buffer.from('there and back'))
    await until(() => talker.hasEnded, 'the echo ends')
    assert.equal(talker.text.slice(1), 'there and back')
    await joined.settled(session)
    rmSync(folder, { recursive: true, force: true })
  })

  it('ends its stream at once when the process ends', async () => {
    const [talker, forwarder] = await open(headFor(UUID).subarray(0, 10))
    forwarder.cut()
    await refused(talker, 'draining')
  })
})

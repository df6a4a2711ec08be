// The carriers on streams of bytes: by the contract of all carriers, and what all of them do besides.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { CarrierError } from '../../src/carriers/carrier-error.ts'
import { MAX_STRANGERS_OF_NETWORK, STRANGER_MS } from '../../src/carriers/connection-limits.ts'
import { MAX_QUEUED_BYTES, RECORD_WITHIN_MS } from '../../src/carriers/line.ts'
import type { StreamCarrier } from '../../src/carriers/stream-carrier.ts'
import { arrivalsAt, batchOf, carrierContract, pattern } from '../contracts/carrier.ts'
import { atRest, until } from '../runtime/until.ts'
import {
  certificates,
  KINDS,
  openDialler,
  openListener,
  openStreamPair,
  rawCaller,
  type StreamPair,
} from './stream-pairs.ts'

if (certificates === null) console.warn('SKIPPED: openssl is not installed, no carrier was tried over TLS')
after(() => certificates?.remove())

for (const kind of KINDS) {
  carrierContract(`${kind}, IPv4, bound to loopback`, () => openStreamPair(kind))
}
carrierContract('TCP, IPv4, bound to all addresses', () => openStreamPair('TCP', 'any'))

for (const kind of KINDS) {
  describe(`a carrier on a stream: ${kind}`, () => {
    let pair: StreamPair
    /** What the listener said of whom it let go, and what either side said of paths that ended. */
    let refusals: { from: string; cause: Error }[]
    let gone: { by: 'listener' | 'dialler'; path: number; cause: CarrierError }[]

    beforeEach(async () => {
      refusals = []
      gone = []
      pair = await openStreamPair(kind)
      pair.listener.onRefused = (from, cause) => refusals.push({ from, cause })
      for (const by of ['listener', 'dialler'] as const) {
        pair[by].onPathGone = (path, cause) => gone.push({ by, path, cause: cause as CarrierError })
      }
    })
    afterEach(async () => {
      await pair.dialler.close()
      await pair.listener.close()
    })

    const greet = async () => {
      const arrivals = arrivalsAt(pair.listener, 1)
      pair.dialler.send(batchOf(pair.path, [pattern(10, 1)]))
      return (await arrivals)[0]!.from
    }
    const goneBy = (by: 'listener' | 'dialler') => gone.find((end) => end.by === by)
    const wasTold = (by: 'listener' | 'dialler') =>
      until(() => goneBy(by) !== undefined, `${by} told that its path ended`)

    it('sends a stranger away when its time is over, and not a moment before', async () => {
      const path = await greet()
      const nowMs = wholeMs()
      pair.listener.sweep(nowMs + STRANGER_MS / 2)
      assert.notEqual(pair.listener.describe(path), 'unknown')
      pair.listener.sweep(nowMs + STRANGER_MS)
      assert.equal(pair.listener.describe(path), 'unknown')
      await wasTold('dialler')
      await wasTold('listener')
      assert.deepEqual([goneBy('listener')!.path, goneBy('listener')!.cause.code], [path, 'NO_SESSION'])
      assert.deepEqual([goneBy('dialler')!.path, goneBy('dialler')!.cause.code === 'NO_SESSION'], [pair.path, false])
      await until(() => refusals.length === 1, 'the refusal is told')
      assert.match(refusals[0]!.from, /^127\.0\.0\.1:\d+$/)
      assert.match(refusals[0]!.cause.message, /no session came about on its connection within 5 s/)
    })

    it('leaves whoever has a session alone, and gives who has lost it its time again', async () => {
      const path = await greet()
      const nowMs = wholeMs()
      pair.listener.isPathInUse = (asked) => asked === path
      pair.listener.sweep(nowMs + 100 * STRANGER_MS)
      pair.listener.isPathInUse = () => false
      pair.listener.sweep(nowMs + 101 * STRANGER_MS)
      assert.notEqual(pair.listener.describe(path), 'unknown')
      pair.listener.sweep(nowMs + 102 * STRANGER_MS)
      await wasTold('listener')
      assert.equal(await atRest(() => refusals.length), 0, 'who had a session was not refused')
    })

    it('tells the operator who sends what cannot be a record, and ends that connection only', async () => {
      const { listener, target } = pair
      const write = await rawCaller(kind, target.port)
      write(Buffer.from([0, 1, 7, 0, 0, 1]))
      await wasTold('listener')
      assert.equal(goneBy('listener')!.cause.code, 'BROKEN_RECORD')
      assert.match(goneBy('listener')!.cause.message, /^127\.0\.0\.1:\d+ sent an empty record; /)
      const arrivals = arrivalsAt(listener, 1)
      pair.dialler.send(batchOf(pair.path, [pattern(20, 1)]))
      assert.deepEqual((await arrivals)[0]!.bytes, pattern(20, 1))
    })

    it('is not writable while too much waits, says when it is again, and takes and counts what is sent nevertheless', async () => {
      const { dialler, path } = pair
      const batch = batchOf(
        path,
        Array.from({ length: 4 }, () => pattern(16_384, 1)),
      )
      let arrived = 0
      pair.listener.onDatagram = () => arrived++
      let told = 0
      dialler.onWritable = (which) => {
        assert.equal(which, path)
        assert.equal(dialler.isWritable(path), true)
        told++
      }
      let sent = 0
      // Nothing is read meanwhile: both sides live in this process, and it does not let the event loop turn.
      for (; dialler.isWritable(path) && sent < 100; sent++) dialler.send(batch)
      assert.equal(dialler.isWritable(path), false)
      assert.ok(sent * batch.length >= MAX_QUEUED_BYTES)
      assert.equal(dialler.counters.sentUnwritable, 0)
      dialler.send(batch)
      sent++
      assert.equal(dialler.counters.sentUnwritable, 1)
      await until(() => arrived === 4 * sent, 'all of it arrived')
      assert.equal(await atRest(() => told), 1)
    })

    it('says that a path has ended when the other side closes, and drops and counts what is sent to it', async () => {
      await greet()
      await pair.listener.close()
      await wasTold('dialler')
      assert.match(goneBy('dialler')!.cause.message, /the connection with 127\.0\.0\.1:\d+ was ended by the other side/)
      assert.equal(pair.dialler.isWritable(pair.path), true)
      pair.dialler.send(batchOf(pair.path, [pattern(10, 1), pattern(10, 2)]))
      assert.equal(pair.dialler.counters.noWay, 2)
    })

    it('rejects a call to where nobody listens, in words that say what to do', async () => {
      const { port } = pair.target
      await pair.listener.close()
      await assert.rejects(pair.dialler.connect(pair.target), (error: CarrierError) => {
        assert.deepEqual([error instanceof CarrierError, error.code], [true, 'ECONNREFUSED'])
        assert.ok(
          error.message.startsWith(`no connection to 127.0.0.1:${port}: nobody listens there; start`),
          error.message,
        )
        return true
      })
    })

    it('gives up a call that is accepted and not answered, where a handshake belongs to it', async () => {
      if (kind === 'TCP') return
      const silent = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
      await once(silent, 'listening')
      const { port } = silent.address() as net.AddressInfo
      const call = pair.dialler.connect({ host: '127.0.0.1', port, withinMs: 50 })
      await assert.rejects(call, /no connection to 127\.0\.0\.1:\d+: it did not stand within 50 ms; look/)
      silent.close()
    })

    it('rejects calls that are under way when it is closed, and later ones', async () => {
      const call = pair.dialler.connect(pair.target)
      const closed = pair.dialler.close()
      await assert.rejects(call, { code: 'CLOSED' })
      await closed
      await assert.rejects(pair.dialler.connect(pair.target), { code: 'CLOSED' })
    })

    it('says which port is taken and what to do', async () => {
      const { port } = pair.target
      const where = new RegExp(`TCP port ${port} on 127\\.0\\.0\\.1 is taken; stop .* or choose another`)
      await assert.rejects(openListener(kind, 'loopback', port), where)
    })

    it('has the same binding at both ends of a connection over TLS, another for another, and none without', async () => {
      const from = await greet()
      const bindings = [pair.dialler.channelOf(pair.path).binding, pair.listener.channelOf(from).binding]
      assert.deepEqual(bindings[0], bindings[1])
      assert.equal(bindings[0]!.length, kind.endsWith('TLS') ? 32 : 0)
      const other = await pair.dialler.connect(pair.target)
      if (kind.endsWith('TLS')) assert.notDeepEqual(pair.dialler.channelOf(other).binding, bindings[0])
    })

    it('knows the names in the certificate of a peer, where there is one', async () => {
      const from = await greet()
      const hasTls = kind.endsWith('TLS')
      const namesOf = (carrier: StreamCarrier, path: number) =>
        carrier.channelOf(path).peerNames.map(({ kind, value }) => `${kind} ${value}`)
      const [there, here] = [namesOf(pair.dialler, pair.path), namesOf(pair.listener, from)]
      assert.deepEqual(there, hasTls ? ['dns consumer.test', 'ip 127.0.0.1'] : [])
      assert.deepEqual(here, hasTls ? ['uri urn:edgerq:provider', 'dns provider.test'] : [])
    })
  })
}

describe('a listener on a stream', () => {
  it('closes a record that has begun and does not end, and none that goes on', async () => {
    const listener = await openListener('TCP')
    listener.isPathInUse = () => true
    const codes: string[] = []
    listener.onPathGone = (_, cause) => codes.push((cause as CarrierError).code)
    const socket = net.connect(listener.addresses[0]!.port, '127.0.0.1')
    const arrivals = arrivalsAt(listener, 1)
    socket.write(Buffer.from([0, 1, 7, 0, 9, 1]))
    await arrivals
    const nowMs = wholeMs()
    listener.sweep(nowMs)
    listener.sweep(nowMs + RECORD_WITHIN_MS - 1_000)
    const more = arrivalsAt(listener, 1)
    socket.write(Buffer.concat([Buffer.alloc(8), Buffer.from([0, 9, 1])]))
    await more
    listener.sweep(nowMs + RECORD_WITHIN_MS)
    assert.deepEqual(codes, [])
    listener.sweep(nowMs + 2 * RECORD_WITHIN_MS)
    await until(() => codes.length > 0, 'the connection was ended')
    assert.deepEqual(codes, ['SLOW_RECORD'])
    socket.on('error', () => {})
    await listener.close()
  })

  it('ends callers that never come out of their handshake', async () => {
    for (const kind of KINDS) {
      if (kind === 'TCP') continue
      const listener = await openListener(kind)
      const refusals: Error[] = []
      listener.onRefused = (_, cause) => refusals.push(cause)
      const socket = net.connect(listener.addresses[0]!.port, '127.0.0.1')
      const [ended] = [once(socket, 'close'), await once(socket, 'connect')]
      socket.on('error', () => {})
      await until(() => {
        listener.sweep(performance.now() + STRANGER_MS)
        return socket.closed
      }, `${kind}: the silent caller was ended`)
      await ended
      await until(() => refusals.length === 1, `${kind}: the refusal is told`)
      assert.match(refusals[0]!.message, /no session came about/)
      await listener.close()
    }
  })

  it('lets more than the quota of one network in from its own machine, where proxies are', async () => {
    const listener = await openListener('TCP')
    const dialler = await openDialler('TCP', 0)
    const { port } = listener.addresses[0]!
    for (let count = 0; count <= MAX_STRANGERS_OF_NETWORK; count++) await dialler.connect({ host: '127.0.0.1', port })
    assert.equal(listener.counters.refused, 0)
    await dialler.close()
    await listener.close()
  })

  it('closes at once whoever comes when it is full of strangers, until one of them has a session', async () => {
    const listener = await openListener('TCP')
    listener.sweep = () => {} // their time does not pass, however long it takes to call so often
    const dialler = await openDialler('TCP', 0)
    const target = { host: '127.0.0.1', port: listener.addresses[0]!.port }
    const refusals: Error[] = []
    listener.onRefused = (_, cause) => refusals.push(cause)
    for (let count = 0; count < 256; count++) await dialler.connect(target)
    const ends: number[] = []
    dialler.onPathGone = (path) => ends.push(path)
    const tooMany = await dialler.connect(target)
    await until(() => ends.length === 1, 'the last one was closed')
    assert.deepEqual(ends, [tooMany])
    assert.match(refusals[0]!.message, /was not let in: 256 connections without a session are open already/)
    listener.isPathInUse = (path) => path === 1
    const welcome = await dialler.connect(target)
    const arrivals = arrivalsAt(listener, 1)
    dialler.send(batchOf(welcome, [pattern(5, 1)]))
    assert.deepEqual((await arrivals)[0]!.bytes, pattern(5, 1))
    await dialler.close()
    await listener.close()
  })
})

/** Sums of whole numbers are exact. */
function wholeMs(): number {
  return Math.ceil(performance.now())
}

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import type { Carrier } from '../../src/carriers/carrier.ts'
import { openUdpCarrier, type UdpCarrier } from '../../src/carriers/udp.ts'
import { openUdpOffload } from '../../src/carriers/udp-offload.ts'
import type { UdpSockets } from '../../src/carriers/udp-socket.ts'
import { arrivalsAt, batchOf, pattern } from '../contracts/carrier.ts'
import { until } from '../runtime/until.ts'
import { offloadHere, openRefusing, type Refusing } from './offload-here.ts'

describe('the batching of the kernel', () => {
  it('is not to be had where it is not, and says why for the operator', async () => {
    const { sockets, whyNot } = await openUdpOffload(() => Promise.reject(new Error('there is no such machine')))
    assert.deepEqual([sockets, whyNot], [null, 'there is no such machine'])
  })

  if (offloadHere !== null) withOffload(offloadHere)
})

function withOffload(sockets: UdpSockets): void {
  const open: Carrier[] = []
  const opened = <T extends Carrier>(carrier: T): T => {
    open.push(carrier)
    return carrier
  }
  const openPair = async (own = sockets, host = '127.0.0.1') => {
    const listener = opened(await openUdpCarrier({ role: 'listener', reach: 'any', port: 0 }, sockets))
    const dialler = opened(await openUdpCarrier({ role: 'dialler' }, own))
    return { listener, dialler, path: dialler.pathTo(host, listener.addresses[0]!.port) }
  }
  afterEach(async () => {
    await Promise.all(open.splice(0).map((carrier) => carrier.close()))
  })

  it('forbids fragments, which node:dgram cannot', async () => {
    const { listener } = await openPair()
    const plain = opened(await openUdpCarrier({ role: 'dialler' }))
    assert.deepEqual([listener.traits.forbidsFragments, plain.traits.forbidsFragments], [true, false])
  })

  it('moves batches of any shape as the datagrams that they are, in order', async () => {
    const { listener, dialler, path } = await openPair()
    const shape = fc.record({ full: fc.integer({ min: 1, max: 70 }), bytes: sizes, last: fc.nat() })
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 4 }), async (shapes) => {
        const sent = shapes.map(datagramsOf)
        const arrivals = arrivalsAt(listener, sent.flat().length)
        for (const datagrams of sent) dialler.send(batchOf(path, datagrams))
        const got = (await arrivals).map(({ bytes }) => bytes.toString('hex'))
        assert.deepEqual(
          got,
          sent.flat().map((datagram) => datagram.toString('hex')),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('sends many more datagrams than calls, and more than fit in one call in several', async () => {
    const refusing = await openRefusing()
    const { listener, dialler, path } = await openPair(refusing.sockets)
    const before = refusing.calls
    const arrivals = arrivalsAt(listener, 54 + 200)
    dialler.send(
      batchOf(
        path,
        Array.from({ length: 54 }, (_, index) => pattern(1_200, index)),
      ),
    )
    assert.equal(refusing.calls - before, 1)
    dialler.send(
      batchOf(
        path,
        Array.from({ length: 200 }, (_, index) => pattern(100, index)),
      ),
    )
    assert.equal(refusing.calls - before, 1 + Math.ceil(200 / 64))
    assert.equal((await arrivals).length, 254)
  })

  it('gives each datagram to the path that it came from, however many senders are heard at once', async () => {
    const { listener, dialler, path } = await openPair()
    const port = listener.addresses[0]!.port
    const plain = opened(await openUdpCarrier({ role: 'dialler' }))
    const strangers = await Promise.all(
      Array.from({ length: 8 }, async () => opened(await openUdpCarrier({ role: 'dialler' }, sockets))),
    )
    const arrivals = arrivalsAt(listener, 10 * 10 * 5)
    for (let round = 0; round < 5; round++) {
      for (const [index, sender] of [dialler, plain, ...strangers].entries()) {
        const to = sender === dialler ? path : sender.pathTo('127.0.0.1', port)
        // All of one size: what tells them apart is the sender alone.
        sender.send(
          batchOf(
            to,
            Array.from({ length: 10 }, () => Buffer.alloc(1_200, index)),
          ),
        )
      }
    }
    const owners = new Map<number, number>()
    for (const { bytes, from } of await arrivals) {
      const owner = owners.get(from) ?? bytes[0]!
      owners.set(from, owner)
      assert.ok(bytes.every((byte) => byte === owner))
    }
    assert.equal(owners.size, 10)
  })

  it('tells apart those who call over IPv4 and over IPv6 at one socket', async function () {
    const { listener, dialler, path } = await openPair()
    if (!listener.addresses[0]!.host.includes(':')) {
      console.warn('    SKIPPED: this machine has no IPv6')
      this.skip()
    }
    const arrivals = arrivalsAt(listener, 4)
    dialler.send(batchOf(path, [pattern(70, 1), pattern(70, 2)]))
    dialler.send(batchOf(dialler.pathTo('::1', listener.addresses[0]!.port), [pattern(70, 1), pattern(70, 2)]))
    const from = new Set((await arrivals).map((arrival) => arrival.from))
    const described = [...from].map((number) => listener.describe(number).replace(/:\d+$/, ''))
    assert.deepEqual(described.sort(), ['127.0.0.1', '[::1]'])
  })

  it('hears a sender that was forgotten under a number that can be answered', async () => {
    const { listener, dialler, path } = await openPair()
    const first = arrivalsAt(listener, 1)
    dialler.send(batchOf(path, [pattern(10, 1)]))
    const { from: forgotten } = (await first)[0]!
    // So many new addresses that the book lets go of all that are not in use.
    for (let port = 1; port <= 4_200; port++) listener.pathTo('192.0.2.1', port)
    assert.equal(listener.describe(forgotten), 'unknown')
    const second = arrivalsAt(listener, 1)
    dialler.send(batchOf(path, [pattern(10, 2)]))
    const { from } = (await second)[0]!
    const answers = arrivalsAt(dialler, 1)
    listener.send(batchOf(from, [pattern(20, 3)]))
    assert.deepEqual((await answers)[0]!.bytes, pattern(20, 3))
  })

  it('holds a port against everybody, also against those who would share it', async () => {
    const listener = opened(await openUdpCarrier({ role: 'listener', reach: 'loopback', port: 0 }, sockets))
    const sharer = dgram.createSocket({ type: 'udp4', reuseAddr: true }).bind(listener.addresses[0]!.port, '127.0.0.1')
    const [error] = await once(sharer, 'error')
    assert.equal((error as NodeJS.ErrnoException).code, 'EADDRINUSE')
    sharer.close()
  })

  it('tells what a listener of datagrams throws as Node does, and goes on', async () => {
    const { listener, dialler, path } = await openPair()
    const mochas = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    try {
      const thrown = once(process, 'uncaughtException')
      listener.onDatagram = () => {
        throw new Error('our mistake')
      }
      dialler.send(batchOf(path, [pattern(10, 1)]))
      assert.match(String((await thrown)[0]), /our mistake/)
    } finally {
      for (const mocha of mochas) process.on('uncaughtException', mocha)
    }
    const arrivals = arrivalsAt(listener, 1)
    dialler.send(batchOf(path, [pattern(10, 2)]))
    assert.deepEqual((await arrivals)[0]!.bytes, pattern(10, 2))
  })

  describe('where the kernel refuses', () => {
    let refusing: Refusing
    let pair: { listener: UdpCarrier; dialler: UdpCarrier; path: number }
    beforeEach(async () => {
      refusing = await openRefusing()
      pair = await openPair(refusing.sockets)
    })

    for (const code of ['EIO', 'EINVAL']) {
      it(`to cut a batch (${code}), sends its datagrams one by one and tries no other batch to that address`, async () => {
        const { listener, dialler, path } = pair
        refusing.refuse = (segmentBytes) => (segmentBytes > 0 ? code : null)
        const arrivals = arrivalsAt(listener, 6)
        const batch = batchOf(path, [pattern(900, 1), pattern(900, 2), pattern(800, 3)])
        const before = refusing.calls
        dialler.send(batch)
        assert.equal(refusing.calls - before, 1 + 3)
        dialler.send(batch)
        assert.equal(refusing.calls - before, 1 + 3 + 3)
        assert.equal((await arrivals).length, 6)
        assert.deepEqual([dialler.counters.unbatched, dialler.counters.sendErrors.size], [1, 0])
      })
    }

    it('a batch whose datagrams are too large, goes on batching: they could not have gone alone either', async () => {
      const { listener, dialler, path } = pair
      refusing.refuse = (segmentBytes) => (segmentBytes > 0 ? 'EINVAL' : 'EMSGSIZE')
      dialler.send(batchOf(path, [pattern(900, 1), pattern(900, 2)]))
      assert.deepEqual([...dialler.counters.sendErrors], [['EMSGSIZE', 1]])
      refusing.refuse = () => null
      const before = refusing.calls
      const arrivals = arrivalsAt(listener, 2)
      dialler.send(batchOf(path, [pattern(900, 1), pattern(900, 2)]))
      assert.deepEqual([refusing.calls - before, dialler.counters.unbatched], [1, 0])
      await arrivals
    })

    it('since its buffer is full, keeps what is sent in order, and sends it once there is room', async () => {
      const { listener, dialler, path } = pair
      refusing.refuse = () => 'EAGAIN'
      const batch = batchOf(path, [pattern(900, 0), pattern(900, 0)])
      for (let round = 0; round < 10; round++) {
        batch.buffer.set(pattern(1_800, round))
        assert.equal(dialler.send(batch), true)
        batch.buffer.fill(0xff)
      }
      assert.equal(dialler.sockets[0]!.waitingBytes, 18_000)
      let calls = 0
      // It takes one call and then none, so that each batch waits for its own moment.
      refusing.refuse = () => (calls++ % 2 === 0 ? null : 'EAGAIN')
      batch.buffer.set(pattern(1_800, 10))
      dialler.send(batch)
      assert.equal(calls, 0, 'what is sent now stands behind what waits')
      const got = (await arrivalsAt(listener, 22)).map(({ bytes }) => bytes.toString('hex'))
      const sent = Array.from({ length: 11 }, (_, round) => pattern(1_800, round).toString('hex'))
      assert.equal(got.join(''), sent.join(''))
      assert.equal(dialler.sockets[0]!.waitingBytes, 0)
    })

    it('for long, drops what is beyond its bound, and counts it', async () => {
      const { listener, dialler, path } = pair
      refusing.refuse = () => 'EAGAIN'
      const batch = batchOf(path, [pattern(16_000, 1), pattern(16_000, 2), pattern(16_000, 3)])
      let queuedBytes = 0
      while (dialler.send(batch)) queuedBytes += batch.length
      assert.ok(queuedBytes > 3_900_000 && queuedBytes <= 4 * 1_024 * 1_024, `${queuedBytes} bytes`)
      assert.equal(dialler.counters.queueFull, 3)
      refusing.refuse = () => null
      listener.onDatagram = () => {}
      await until(() => dialler.sockets[0]!.waitingBytes === 0, 'all that waited has left')
      assert.equal(dialler.send(batch), true)
    })

    it('what cannot be reached, says so in a later turn', async () => {
      const { dialler, path } = pair
      const told: number[] = []
      dialler.onUnreachable = (unreachable) => told.push(unreachable)
      refusing.refuse = () => 'ENETUNREACH'
      dialler.send(batchOf(path, [pattern(10, 1), pattern(10, 2)]))
      assert.deepEqual(told, [])
      await new Promise(setImmediate)
      assert.deepEqual([told, [...dialler.counters.sendErrors]], [[path], [['ENETUNREACH', 1]]])
    })
  })

  it('cuts at what an interface of 1,500 bytes carries, and fragments nothing', function () {
    if (!hasNamespaces()) {
      console.warn('    SKIPPED: network namespaces cannot be made here')
      this.skip()
    }
    const program = fileURLToPath(new URL('../fixtures/narrow-loopback.js', import.meta.url))
    const shell = 'ip link set lo up mtu 1500 && exec "$0" "$1"'
    const { stdout, stderr } = spawnSync('unshare', ['-rn', 'sh', '-c', shell, process.execPath, program], {
      encoding: 'utf8',
    })
    assert.equal(stderr, '')
    assert.deepEqual(JSON.parse(stdout), {
      ipv4: { arrived: 40, largest: 1_472, refused: 'EMSGSIZE', unbatched: 0 },
      ipv6: { arrived: 40, largest: 1_452, refused: 'EMSGSIZE', unbatched: 0 },
    })
  })
}

/** Of datagrams: small ones, those of usual paths, the largest. */
const sizes = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.constantFrom(64, 1_200, 1_400, 1_452, 8_972, 32_753, 32_754, 65_507),
  fc.integer({ min: 1, max: 65_507 }),
)

function datagramsOf({ full, bytes, last }: { full: number; bytes: number; last: number }): Buffer[] {
  const count = Math.max(1, Math.min(full, Math.floor(65_536 / bytes)))
  const datagrams = Array.from({ length: count }, (_, index) => pattern(bytes, index))
  const room = Math.min(bytes, 65_536 - count * bytes)
  return room === 0 ? datagrams : [...datagrams, pattern((last % room) + 1, 99)]
}

function hasNamespaces(): boolean {
  try {
    execFileSync('unshare', ['-rn', 'ip', 'link', 'set', 'lo', 'up', 'mtu', '1500'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

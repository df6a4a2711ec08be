// What every carrier must do, run against each of them over the loopback interface.

import assert from 'node:assert/strict'
import { addressBytes } from '../../src/carriers/address-bytes.ts'
import type { BoundAddress, Carrier, OutgoingBatch } from '../../src/carriers/carrier.ts'

/** Two ends that can reach each other. `path` is the listener as the dialler numbers it. */
export interface CarrierPair {
  readonly listener: Carrier
  readonly dialler: Carrier
  readonly path: number
  /** The listener as `connect` takes it. */
  readonly target: BoundAddress
}

interface Arrival {
  readonly bytes: Buffer
  readonly from: number
}

export function carrierContract(name: string, openPair: () => Promise<CarrierPair>): void {
  describe(`the carrier contract: ${name}`, () => {
    let pair: CarrierPair

    beforeEach(async () => {
      pair = await openPair()
    })
    afterEach(async () => {
      await pair.dialler.close()
      await pair.listener.close()
    })

    it('moves a batch as separate datagrams, the last one shorter', async () => {
      const arrivals = arrivalsAt(pair.listener, 3)
      pair.dialler.send(batchOf(pair.path, [pattern(1_200, 1), pattern(1_200, 2), pattern(7, 3)]))
      const got = await arrivals
      assert.deepEqual(sorted(got), sorted([pattern(1_200, 1), pattern(1_200, 2), pattern(7, 3)]))
    })

    it('is done with the batch when send returns: the caller may overwrite it at once', async () => {
      const arrivals = arrivalsAt(pair.listener, 8)
      const batch = batchOf(pair.path, [pattern(900, 0)])
      for (let round = 0; round < 8; round++) {
        batch.buffer.set(pattern(900, round))
        pair.dialler.send(batch)
        batch.buffer.fill(0xff)
      }
      const expected = Array.from({ length: 8 }, (_, round) => pattern(900, round))
      assert.deepEqual(sorted(await arrivals), sorted(expected))
    })

    it('answers to the path that a datagram came from', async () => {
      const asked = arrivalsAt(pair.listener, 1)
      pair.dialler.send(batchOf(pair.path, [pattern(40, 1)]))
      const [question] = await asked
      const answered = arrivalsAt(pair.dialler, 1)
      pair.listener.send(batchOf(question!.from, [pattern(50, 2)]))
      const [answer] = await answered
      assert.deepEqual(answer!.bytes, pattern(50, 2))
      assert.equal(answer!.from, pair.path, 'the dialler knows the answer by the number that it dialled')
    })

    it('gives one remote address one number', async () => {
      const arrivals = arrivalsAt(pair.listener, 3)
      for (let round = 0; round < 3; round++) pair.dialler.send(batchOf(pair.path, [pattern(64, round)]))
      const paths = new Set((await arrivals).map(({ from }) => from))
      assert.equal(paths.size, 1)
    })

    it('describes a path as host:port and one that it never gave out as unknown', () => {
      assert.match(pair.dialler.describe(pair.path), /^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+$/)
      assert.equal(pair.dialler.describe(987_654_321), 'unknown')
    })

    it('lets the receiver write to a datagram that it was lent', async () => {
      const first = arrivalsAt(pair.listener, 1, (datagram) => datagram.fill(0))
      pair.dialler.send(batchOf(pair.path, [pattern(300, 1)]))
      await first
      const second = arrivalsAt(pair.listener, 1)
      pair.dialler.send(batchOf(pair.path, [pattern(300, 2)]))
      assert.deepEqual((await second)[0]!.bytes, pattern(300, 2))
    })

    it('moves a datagram of the size that it declares, or of 16,000 bytes if that is less', async () => {
      const bytes = Math.min(pair.dialler.traits.maxDatagramBytes, 16_000)
      const arrivals = arrivalsAt(pair.listener, 1)
      pair.dialler.send(batchOf(pair.path, [pattern(bytes, 5)]))
      assert.deepEqual((await arrivals)[0]!.bytes, pattern(bytes, 5))
    })

    it('drops what is sent to a number that it never gave out', async () => {
      pair.dialler.send(batchOf(987_654_321, [pattern(100, 1)]))
      const arrivals = arrivalsAt(pair.listener, 1)
      pair.dialler.send(batchOf(pair.path, [pattern(100, 2)]))
      assert.deepEqual((await arrivals)[0]!.bytes, pattern(100, 2))
    })

    it('gives the number of a target once it can be sent to', async () => {
      const { host, port } = pair.target
      const path = await pair.dialler.connect({ host, port })
      assert.equal(pair.dialler.describe(path), host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)
      assert.deepEqual(pair.dialler.addressOf(path), addressBytes(host, port))
      const arrivals = arrivalsAt(pair.listener, 1)
      pair.dialler.send(batchOf(path, [pattern(77, 1)]))
      assert.deepEqual((await arrivals)[0]!.bytes, pattern(77, 1))
    })

    it('takes 4 MB from a sender that waits for onWritable, and what it declares reliable arrives whole and in order', async () => {
      const { dialler, listener, path } = pair
      const [batches, each] = [64, 16]
      const { reliable, ordered } = dialler.traits
      const arrivals = arrivalsAt(listener, reliable ? batches * each : 1)
      for (let round = 0; round < batches; round++) {
        while (!dialler.isWritable(path)) await new Promise<void>((told) => (dialler.onWritable = () => told()))
        dialler.send(
          batchOf(
            path,
            Array.from({ length: each }, (_, index) => numbered(round * each + index)),
          ),
        )
      }
      const numbers = (await arrivals).map(({ bytes }) => bytes.readUInt32BE())
      if (reliable && ordered) assert.deepEqual(numbers, [...numbers.keys()])
    })

    it('vouches for nobody and binds nothing, unless there is TLS', () => {
      const { binding, peerNames } = pair.dialler.channelOf(987_654_321)
      assert.deepEqual([binding.length, peerNames], [0, []])
    })

    it('lets what was sent just before disconnect arrive, and then the other side know', async () => {
      const { dialler, listener, path } = pair
      const arrivals = arrivalsAt(listener, 2)
      const gone = new Promise<number>((resolve) => {
        listener.onPathGone = (ended) => resolve(ended)
      })
      dialler.send(batchOf(path, [pattern(10, 1)]))
      dialler.send(batchOf(path, [pattern(10, 2)]))
      dialler.disconnect(path)
      dialler.disconnect(path)
      const [{ from }] = (await arrivals) as [Arrival]
      if (!dialler.traits.reliable) return
      assert.equal(await gone, from)
      assert.equal(listener.describe(from), 'unknown')
      assert.equal(dialler.describe(path), 'unknown')
      assert.equal(listener.addressOf(from), null)
    })

    it('can be closed twice, and sending afterwards does nothing', async () => {
      await pair.dialler.close()
      await pair.dialler.close()
      assert.doesNotThrow(() => pair.dialler.send(batchOf(pair.path, [pattern(100, 1)])))
    })

    it('names the address that it is bound to', () => {
      const [address] = pair.listener.addresses
      assert.ok(address !== undefined && address.port > 0 && address.host.length > 0)
    })
  })
}

/** Datagrams back to back, all but the last of one size. */
export function batchOf(path: number, datagrams: readonly Uint8Array[]): OutgoingBatch {
  const buffer = Buffer.concat(datagrams)
  return { buffer, length: buffer.length, segmentBytes: datagrams[0]!.length, path }
}

/** Bytes that tell where they stand and which datagram they belong to. */
export function pattern(bytes: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) & 0xff))
}

/** A datagram of the largest size that crosses every path, which begins with its number. */
function numbered(number: number): Buffer {
  const bytes = Buffer.alloc(4_096, number)
  bytes.writeUInt32BE(number)
  return bytes
}

/** The next `count` datagrams, copied before `then` may spoil what was lent. A lost one ends in the test's own time limit. */
export function arrivalsAt(
  carrier: Carrier,
  count: number,
  then: (datagram: Uint8Array) => void = () => {},
): Promise<Arrival[]> {
  return new Promise((resolve) => {
    const arrivals: Arrival[] = []
    carrier.onDatagram = (datagram, from) => {
      arrivals.push({ bytes: Buffer.from(datagram), from })
      then(datagram)
      if (arrivals.length === count) resolve(arrivals)
    }
  })
}

/** Carriers need not keep the order. */
function sorted(datagrams: readonly (Arrival | Buffer)[]): string[] {
  return datagrams.map((item) => (Buffer.isBuffer(item) ? item : item.bytes).toString('hex')).sort()
}

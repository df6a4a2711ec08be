import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { addressBytes } from '../../src/carriers/address-bytes.ts'
import type { Carrier, Reach } from '../../src/carriers/carrier.ts'
import { CarrierError } from '../../src/carriers/carrier-error.ts'
import { dgramSockets } from '../../src/carriers/dgram-socket.ts'
import { openUdpCarrier, type UdpCarrierOptions } from '../../src/carriers/udp.ts'
import type { UdpSockets } from '../../src/carriers/udp-socket.ts'
import { arrivalsAt, batchOf, carrierContract, pattern } from '../contracts/carrier.ts'
import { queuedSendsReport } from '../fixtures/queued-sends-report.ts'
import { offloadHere } from './offload-here.ts'

async function hasIpv6(): Promise<boolean> {
  const probe = await openUdpCarrier({ role: 'listener', reach: 'loopback', port: 0 })
  await probe.close()
  return probe.addresses.length === 2
}

const isIpv6Here = await hasIpv6()

udpCarrier('plain', dgramSockets)
if (offloadHere !== null) udpCarrier('with the batching of the kernel', offloadHere)

function udpCarrier(name: string, sockets: UdpSockets): void {
  const openUdp = (options: UdpCarrierOptions) => openUdpCarrier(options, sockets)

  async function openPair(reach: Reach, host: string) {
    const listener = await openUdp({ role: 'listener', reach, port: 0 })
    const dialler = await openUdp({ role: 'dialler' })
    const target = { host, port: listener.addresses[0]!.port }
    return { listener, dialler, path: dialler.pathTo(host, target.port), target }
  }

  carrierContract(`UDP ${name}, IPv4, bound to loopback`, () => openPair('loopback', '127.0.0.1'))
  carrierContract(`UDP ${name}, IPv4, bound to all addresses`, () => openPair('any', '127.0.0.1'))
  if (isIpv6Here) {
    carrierContract(`UDP ${name}, IPv6, bound to loopback`, () => openPair('loopback', '::1'))
    carrierContract(`UDP ${name}, IPv6, bound to all addresses`, () => openPair('any', '::1'))
  }

  describe(`the UDP carrier ${name}`, () => {
    const open: Carrier[] = []
    const opened = async (options: UdpCarrierOptions) => {
      const carrier = await openUdp(options)
      open.push(carrier)
      return carrier
    }
    afterEach(async () => {
      await Promise.all(open.splice(0).map((carrier) => carrier.close()))
    })

    it('sends inside the call: what was sent just before close arrives', async () => {
      const { listener, dialler, path } = await openPair('loopback', '127.0.0.1')
      open.push(listener)
      const arrivals = arrivalsAt(listener, 2)
      dialler.send(batchOf(path, [pattern(100, 1), pattern(100, 2)]))
      await dialler.close()
      assert.equal((await arrivals).length, 2)
    })

    it('binds both loopback addresses to the one port that the system chose', async function () {
      if (!isIpv6Here) this.skip()
      const listener = await opened({ role: 'listener', reach: 'loopback', port: 0 })
      const [ipv4, ipv6] = listener.addresses
      assert.deepEqual([ipv4!.host, ipv6!.host], ['127.0.0.1', '::1'])
      assert.equal(ipv4!.port, ipv6!.port)
    })

    it('says which port is taken and what to do', async () => {
      const first = await opened({ role: 'listener', reach: 'loopback', port: 0 })
      const port = first.addresses[0]!.port
      await assert.rejects(openUdp({ role: 'listener', reach: 'loopback', port }), (error: unknown) => {
        assert.ok(error instanceof CarrierError)
        assert.equal(error.code, 'EADDRINUSE')
        assert.match(
          error.message,
          new RegExp(`^UDP port ${port} on 127\\.0\\.0\\.1 is taken; stop .* or choose another`),
        )
        return true
      })
    })

    it('lets go of the IPv4 port when the IPv6 one is taken', async function () {
      if (!isIpv6Here) this.skip()
      const { squatter, port } = await squat()
      await assert.rejects(openUdp({ role: 'listener', reach: 'loopback', port }), /UDP port \d+ on ::1 is taken/)
      const heir = dgram.createSocket('udp4').bind(port, '127.0.0.1')
      await once(heir, 'listening')
      heir.close()
      squatter.close()
    })

    /** Has a port of ::1 which is free on 127.0.0.1. */
    async function squat(): Promise<{ squatter: dgram.Socket; port: number }> {
      for (;;) {
        const probe = dgram.createSocket('udp4').bind(0, '127.0.0.1')
        await once(probe, 'listening')
        const { port } = probe.address()
        const squatter = dgram.createSocket({ type: 'udp6', ipv6Only: true }).bind(port, '::1')
        const isHad = await once(squatter, 'listening').then(
          () => true,
          () => false,
        )
        probe.close()
        if (isHad) return { squatter, port }
      }
    }

    it('shows an IPv4 peer of the dual-stack socket as plain IPv4', async function () {
      if (!isIpv6Here) this.skip()
      const { listener, dialler, path } = await openPair('any', '127.0.0.1')
      open.push(listener, dialler)
      const arrivals = arrivalsAt(listener, 1)
      dialler.send(batchOf(path, [pattern(10, 1)]))
      const [arrival] = await arrivals
      const { port } = dialler.addresses[0]!
      assert.equal(listener.describe(arrival!.from), `127.0.0.1:${port}`)
      assert.deepEqual(listener.addressOf(arrival!.from), addressBytes('127.0.0.1', port))
      assert.equal(listener.addressOf(arrival!.from + 1), null)
    })

    it('gives a listener the number of a peer that it wants to call by itself', async () => {
      const { listener, dialler, path } = await openPair('any', '127.0.0.1')
      open.push(listener, dialler)
      const arrivals = arrivalsAt(listener, 1)
      dialler.send(batchOf(path, [pattern(10, 1)]))
      const [arrival] = await arrivals
      const { host, port } = listener.remoteOf(arrival!.from)!
      assert.deepEqual([host, port], ['127.0.0.1', dialler.addresses[0]!.port])
      assert.equal(listener.pathTo(host, port), arrival!.from)
    })

    it('gives one number to all spellings of an address', async () => {
      const dialler = await opened({ role: 'dialler' })
      assert.equal(dialler.pathTo('0:0:0:0:0:0:0:1', 9), dialler.pathTo('::1', 9))
      assert.equal(dialler.pathTo('::ffff:127.0.0.1', 9), dialler.pathTo('127.0.0.1', 9))
      assert.equal(dialler.pathTo('::FFFF:7f00:1', 9), dialler.pathTo('127.0.0.1', 9))
      assert.notEqual(dialler.pathTo('127.0.0.1', 10), dialler.pathTo('127.0.0.1', 9))
    })

    it('refuses a host name and a port that is none: those are our own mistakes', async () => {
      const dialler = await opened({ role: 'dialler' })
      assert.throws(() => dialler.pathTo('localhost', 9), TypeError)
      assert.throws(() => dialler.pathTo('127.0.0.1', 0), RangeError)
      assert.throws(() => dialler.pathTo('127.0.0.1', 65_536), RangeError)
    })

    it('refuses a batch without end or beyond its size: those would be our own mistakes too', async () => {
      const dialler = await opened({ role: 'dialler' })
      const path = dialler.pathTo('127.0.0.1', 9)
      assert.throws(() => dialler.send({ buffer: Buffer.alloc(10), length: 10, segmentBytes: 0, path }), RangeError)
      const length = dialler.traits.maxBatchBytes + 1
      assert.throws(() => dialler.send({ buffer: Buffer.alloc(length), length, segmentBytes: 100, path }), RangeError)
    })

    it('counts a datagram that the system refuses and goes on', async () => {
      const { listener, dialler, path } = await openPair('loopback', '127.0.0.1')
      open.push(listener, dialler)
      const tooLarge = dialler.traits.maxDatagramBytes + 1
      const arrivals = arrivalsAt(listener, 1)
      dialler.send(batchOf(path, [Buffer.alloc(tooLarge)]))
      dialler.send(batchOf(dialler.pathTo('255.255.255.255', 9), [pattern(10, 1)])) // needs a right that we never ask for
      dialler.send(batchOf(path, [pattern(10, 2)]))
      await arrivals
      const [first, second, ...more] = [...dialler.counters.sendErrors]
      assert.deepEqual([first, more], [['EMSGSIZE', 1], []])
      assert.match(second![0], /^(EACCES|ENETUNREACH)$/, 'a machine without a network has no route to broadcast to')
    })

    it('takes a listener without IPv6 to IPv6 nowhere, and says so once', async function () {
      const listener = await opened({ role: 'listener', reach: 'loopback', port: 0 })
      if (listener.addresses.length !== 1) {
        console.warn('    SKIPPED: this machine has IPv6, so its absence cannot be tested here')
        this.skip()
      }
      const told: number[] = []
      listener.onUnreachable = (path) => told.push(path)
      const path = listener.pathTo('::1', 9)
      listener.send(batchOf(path, [pattern(10, 1)]))
      listener.send(batchOf(path, [pattern(10, 1)]))
      await new Promise(setImmediate)
      assert.deepEqual(told, [path])
    })
  })
}

describe('the UDP carrier over node:dgram', () => {
  it('keeps what waits in the queue apart from what is sent next, and drops beyond its bound', async () => {
    const child = fileURLToPath(new URL('../fixtures/queued-sends.js', import.meta.url))
    // With this option Node queues every datagram, as it does when the kernel's buffer is full; loopback never fills it.
    const { stdout } = await promisify(execFile)(process.execPath, ['--test-udp-no-try-send', child])
    const report = queuedSendsReport(stdout)
    assert.equal(report.intact, report.sent, 'a datagram was overwritten while it waited')
    assert.ok(report.queuedBytes > 1_000_000 && report.queuedBytes <= 4 * 1_024 * 1_024, `${report.queuedBytes} bytes`)
    assert.ok(report.dropped > 0)
    assert.equal(report.takesMoreOnceDrained, true)
  })
})

// The ports of a consumer: what listens where, and what strangers' datagrams do to it.

import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { startEchoServer } from '../../stresstest/echo-server.ts'
import { residentBytes } from '../../stresstest/rig/usage.ts'
import { exchange, isRefused, open } from './clients.ts'
import { useStage } from './harness.ts'
import { seededBytes } from './seeded-bytes.ts'

const MIB = 1024 * 1024

describe('a consumer', () => {
  const stage = useStage()

  it('listens for providers by UDP, and not by TCP', async function () {
    if (process.platform !== 'linux') this.skip()
    const echo = await stage().peer(startEchoServer())
    const { consumer } = await stage().oneHop(echo.port)
    const port = consumer.ready.port('udp')
    assert.ok(localPorts('udp').includes(port), 'there is no UDP socket on the listener port')
    assert.ok(!localPorts('tcp').includes(port), 'there is a TCP socket on the listener port')
    assert.ok(await isRefused(port))
  })

  it('opens nothing that other machines can reach', async function () {
    if (process.platform !== 'linux') this.skip()
    const echo = await stage().peer(startEchoServer())
    const { consumer, port } = await stage().oneHop(echo.port)
    for (const listening of [consumer.ready.port('udp'), port]) {
      assert.deepEqual(
        [...localHosts('udp', listening), ...localHosts('tcp', listening)].filter((host) => !LOOPBACK.includes(host)),
        [],
      )
    }
  })

  it('serves clients on 127.0.0.1 and on ::1', async function () {
    if (!(await hasLoopback6())) this.skip()
    const echo = await stage().peer(startEchoServer())
    const { port } = await stage().oneHop(echo.port)
    for (const host of ['127.0.0.1', '::1']) {
      const socket = await open(port, host)
      assert.equal(await exchange(socket, host), host)
      socket.destroy()
    }
  })

  it('is neither impressed nor fattened by 10,000 garbage datagrams', async function () {
    if (process.platform !== 'linux') this.skip()
    const echo = await stage().peer(startEchoServer())
    const { consumer, port } = await stage().oneHop(echo.port)
    const socket = await open(port)
    await throwGarbage(consumer.ready.port('udp'), 10_000, 1) // lets buffers and compiled code grow that grow once
    assert.equal(await exchange(socket, 'after the first'), 'after the first')
    const before = residentBytes(consumer.program.pid)
    await throwGarbage(consumer.ready.port('udp'), 40_000, 2)
    assert.equal(await exchange(socket, 'after the last'), 'after the last')
    // If no more than 600 bytes of each were kept it would show; a heap's usual moods stay below it.
    const growth = Math.round((residentBytes(consumer.program.pid) - before) / MIB)
    assert.ok(growth <= 24, `the consumer grew by ${growth} MiB`)
    assert.equal(consumer.program.status, null)
    socket.destroy()
  })
})

/** 127.0.0.1 and ::1 (and 127.0.0.1 as IPv6 writes it) in the byte order of /proc/net. */
const LOOPBACK = ['0100007F', '00000000000000000000000001000000', '0000000000000000FFFF00000100007F']

/** Local `ADDRESS:PORT` pairs of all sockets of a kind, as the kernel lists them: hexadecimal. */
function localAddresses(kind: 'tcp' | 'udp'): string[][] {
  return [kind, `${kind}6`].flatMap((table) => {
    const lines = readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1)
    return lines.map((line) => (line.trim().split(/\s+/)[1] ?? '').split(':'))
  })
}

function localPorts(kind: 'tcp' | 'udp'): number[] {
  return localAddresses(kind).map(([, port]) => Number.parseInt(port ?? '', 16))
}

function localHosts(kind: 'tcp' | 'udp', port: number): string[] {
  return localAddresses(kind).flatMap(([host, of]) => (Number.parseInt(of ?? '', 16) === port ? [host ?? ''] : []))
}

async function hasLoopback6(): Promise<boolean> {
  const server = createServer().listen(0, '::1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

const SIZES = [0, 1, 2, 15, 16, 34, 35, 36, 50, 51, 52, 100, 1199, 1200, 1201, 1472, 9000, 65_507]

/** Random bytes in every size at which a parser might change its mind, with every first byte; the same ones for the same seed. */
async function throwGarbage(port: number, count: number, seed: number): Promise<void> {
  const socket = createSocket('udp4')
  const noise = seededBytes(1 << 20, seed)
  for (let index = 0; index < count; index++) {
    const size = SIZES[index % SIZES.length]!
    const at = (index * 7919) % (noise.length - size)
    const datagram = Buffer.from(noise.subarray(at, at + size))
    if (size > 0) datagram[0] = index & 0xff
    await sent(socket, datagram, port)
  }
  socket.close()
}

function sent(socket: Socket, datagram: Buffer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(datagram, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)))
  })
}

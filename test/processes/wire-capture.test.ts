// What somebody on the line has when everything is over: every datagram of both directions, and nothing that anybody said.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { startEchoServer } from '../../stresstest/echo-server.ts'
import type { Elements } from '../../stresstest/rig/daemon-config.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { open, read, textOf } from './clients.ts'
import { OTHER_UUID, UUID, useStage } from './harness.ts'
import { prepare } from './http-clients.ts'
import { KeyedSite } from './keyed-site.ts'
import { type Caught, UdpRelay } from './udp-relay.ts'

const TEXT_BYTES = 1_048_576
/** Two texts of a block of AES or a UUID in common are no accident. */
const WINDOW_BYTES = 16
/** What a number counts exactly. */
const BEGINNING_BYTES = 6
/** Headers are in clear: 19 bytes of each packet, which hardly change. */
const LEAST_GZIP_RATIO = 0.95
const MARKER = 'edgerq-capture-marker'
const SERVICE_NAME = 'the-name-of-the-service'
const PIPE_NAME = 'the-name-of-the-pipe'
const PATH = `/echo?query=${MARKER}`

describe('Whoever records the line', () => {
  const stage = useStage()
  let relay: UdpRelay

  afterEach(() => relay.close())

  for (const kind of ['with keys', 'without keys'] as const) {
    it(`${kind} has nothing that was said, no name and no address, and nothing that gzip could make smaller`, async () => {
      const [echo, web] = [await stage().peer(startEchoServer()), await stage().peer(startWebServer())]
      const { consumer, elements } = await (kind === 'with keys' ? keyed() : keyless())
      relay = await UdpRelay.to(consumer.ready.port('udp'))
      const services = [
        { uuid: UUID, name: SERVICE_NAME, protocol: 'tcp', hostname: 'localhost', port: echo.port },
        { uuid: OTHER_UUID, name: SERVICE_NAME, hostname: 'localhost', port: web.port },
      ]
      const pipe = { name: PIPE_NAME, port: relay.port, elements, services }
      const { program } = await stage().provider({ pipes: [pipe] })
      const text = sampleText()

      const socket = await open(consumer.ready.port(UUID))
      socket.write(text)
      assert.ok(text.equals(await read(socket, TEXT_BYTES)))
      socket.destroy()
      assert.equal(await echoed(consumer.ready.port(OTHER_UUID), text), text.toString())
      await program.end()

      assertSaysNothing(relay.caught, text, [...namesOf(echo.port, web.port), ...instanceIds()])
    })
  }

  async function keyed(): Promise<{ consumer: Daemon; elements: Elements }> {
    const site = new KeyedSite(stage())
    const lab = site.newKey('lab')
    site.authorize(`services="${UUID},${OTHER_UUID}" ${lab.publicKey}`)
    const consumer = await site.consumer([{ name: SERVICE_NAME }, { uuid: OTHER_UUID, protocol: 'http' }])
    return { consumer, elements: { identity: lab.file, consumer_key: site.consumerKey.publicKey } }
  }

  async function keyless(): Promise<{ consumer: Daemon; elements: Elements }> {
    const services = [{ uuid: UUID, name: SERVICE_NAME, protocol: 'tcp' }, { uuid: OTHER_UUID }]
    return { consumer: await stage().consumer({ services }), elements: {} }
  }

  /** Of both programs, as they stand in the handshake. */
  function instanceIds(): Buffer[] {
    const folder = join(stage().folder, 'state')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.instance'),
    )
    assert.ok(files.length >= 2, `${files}`)
    return files.map((file) => Buffer.from(readFileSync(join(folder, file), 'utf8').trim(), 'hex'))
  }
})

/** The sample text up and down again, by HTTP. */
async function echoed(port: number, text: Buffer): Promise<string> {
  const asked = prepare(port, {
    method: 'POST',
    path: PATH,
    headers: { 'X-Marker': MARKER, 'Content-Length': text.length },
  })
  asked.end(text)
  const [answer] = await once(asked, 'response')
  return textOf(answer)
}

/** As people and programs write: gzip leaves a small part of it. */
function sampleText(): Buffer {
  let text = ''
  for (let line = 1; text.length < TEXT_BYTES; line++) {
    text += `${MARKER} ${line}: {"level":"info","event":"request","path":"/orders/${line * 7919}","took_ms":${line % 97}}\n`
  }
  return Buffer.from(text.slice(0, TEXT_BYTES))
}

/** What stands in the configurations, and what both programs say to each other in words. */
function namesOf(...targetPorts: readonly number[]): Buffer[] {
  const uuids = [UUID, OTHER_UUID].flatMap((uuid) => [Buffer.from(uuid), Buffer.from(uuid.replaceAll('-', ''), 'hex')])
  const words = [
    MARKER,
    SERVICE_NAME,
    PIPE_NAME,
    'localhost',
    '127.0.0.1',
    'edgerq-s',
    'POST /echo',
    'HTTP/1.1',
    'x-marker',
  ]
  return [...uuids, ...[...words, ...targetPorts.map((port) => `localhost:${port}`)].map((word) => Buffer.from(word))]
}

function assertSaysNothing(caught: readonly Caught[], text: Buffer, names: readonly Buffer[]): void {
  for (const to of ['consumer', 'provider'] as const) {
    const bytes = caught.reduce((sum, datagram) => sum + (datagram.to === to ? datagram.bytes.length : 0), 0)
    assert.ok(bytes > 2 * TEXT_BYTES, `only ${bytes} bytes to the ${to} were caught`)
  }
  const beginnings = beginningsIn(text)
  for (const { to, bytes } of caught) {
    const said = bytes.toString('latin1').toLowerCase()
    for (const name of names)
      assert.ok(!said.includes(name.toString('latin1').toLowerCase()), `${name} went to the ${to}`)
    for (let at = 0; at + WINDOW_BYTES <= bytes.length; at++) {
      if (!beginnings.has(bytes.readUIntBE(at, BEGINNING_BYTES))) continue
      const window = bytes.subarray(at, at + WINDOW_BYTES)
      assert.ok(!text.includes(window), `"${window}" went to the ${to}`)
    }
  }
  const whole = Buffer.concat(caught.map(({ bytes }) => bytes))
  const ratio = gzipSync(whole, { level: 9 }).length / whole.length
  assert.ok(ratio >= LEAST_GZIP_RATIO, `gzip makes ${ratio} of it`)
}

/** Of all windows of the text: a number is found sooner than a string. */
function beginningsIn(text: Buffer): ReadonlySet<number> {
  const beginnings = new Set<number>()
  for (let at = 0; at + WINDOW_BYTES <= text.length; at++) beginnings.add(text.readUIntBE(at, BEGINNING_BYTES))
  return beginnings
}

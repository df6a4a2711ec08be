// A pipe that may go over UDP and over TCP, on a network that drops UDP when the test says so: where new clients are served, and that nothing
// is cut on the way.

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import type { Elements } from '../../stresstest/rig/daemon-config.ts'
import { type Daemon, launchProvider, startConsumer } from '../../stresstest/rig/daemons.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'
import { ReadyLine } from '../../stresstest/rig/ready-line.ts'
import { BEATS_A_SECOND, beatsUntil } from './beats.ts'
import { download, eventually, get, readContent, turnedAway } from './clients.ts'
import { OTHER_UUID, RAW_SERVICE, UUID, useStage } from './harness.ts'
import { logged } from './keyed-site.ts'
import { missingForNamespace, Namespace } from './namespace.ts'

const MIB = 1_024 * 1_024
/** More than the windows and the buffers on the way hold, so that a client that stops reading stops the transfer. */
const LONG = 256 * MIB

/** What was promised: so long may nobody be served after the carrier in use has died. */
const SERVED_WITHIN_BEATS = 5 * BEATS_A_SECOND

const READY = /^edgerq-sp ready /

/** Its clients are shown the door at once. */
const NOBODYS_UUID = '33333333-4444-5555-6666-777777777777'
const NOBODYS = { ...RAW_SERVICE, uuid: NOBODYS_UUID, hold: 0 }

describe('a pipe over UDP and TCP', function () {
  this.slow(20_000)
  const stage = useStage()
  let network: Namespace
  let consumer: Daemon
  let udpPort = 0
  let pipePorts: { readonly web: number; readonly tcp: number }
  /** Where clients connect: of the `tcp` service, and of the `http` service. */
  let port = 0
  let httpPort = 0
  let nobodysPort = 0

  before(function () {
    const missing = missingForNamespace()
    if (missing === null) return
    console.warn(`      SKIPPED: ${missing}; nothing has taken UDP away from a pipe`)
    this.skip()
  })

  beforeEach(async () => {
    network = await Namespace.create()
    const command = [...network.entry, ...builtProgram('stresstest/web-server', '--port', '0')]
    const web = stage().own(new ChildProgram({ name: 'web-server', command }))
    const [line] = await web.line(/ ready .*/)
    consumer = await startConsumer(
      { name: 'consumer', folder: stage().folder, entry: network.entry },
      { listeners: [{}, { carrier: 'tcp' }], services: [RAW_SERVICE, { uuid: OTHER_UUID }, NOBODYS] },
    )
    stage().own(consumer.program)
    udpPort = consumer.ready.port('udp')
    pipePorts = { web: new ReadyLine(line).port('tcp'), tcp: consumer.ready.port('tcp') }
    port = await network.portTo(consumer.ready.port(UUID))
    httpPort = await network.portTo(consumer.ready.port(OTHER_UUID))
    nobodysPort = await network.portTo(consumer.ready.port(NOBODYS_UUID))
  })
  afterEach(() => network.remove())

  function launched(): ChildProgram {
    const carrier: readonly Elements[] = [{ '#': 'udp' }, { '@port': pipePorts.tcp, '#': 'tcp' }]
    const services = [
      { uuid: UUID, protocol: 'tcp', port: pipePorts.web },
      { uuid: OTHER_UUID, port: pipePorts.web },
    ]
    const program = launchProvider(
      { name: 'provider', folder: stage().folder, entry: network.entry },
      { pipes: [{ port: udpPort, elements: { carrier, probe: 1 }, services }] },
    )
    return stage().own(program)
  }

  async function provider(): Promise<ChildProgram> {
    const program = launched()
    await program.line(READY)
    return program
  }

  /** By the time of the consumer, asked through all that stands between it and us. */
  async function isServedInTime(fact: Promise<unknown>): Promise<void> {
    const beats = await beatsUntil(fact, () => turnedAway(nobodysPort))
    assert.ok(beats <= SERVED_WITHIN_BEATS, `${beats} beats`)
  }

  const changes = (program: ChildProgram) =>
    logged(program, 'carrierChanged').map(
      ({ from, to }) => `${String(from).split(' ')[0]} to ${String(to).split(' ')[0]}`,
    )

  async function begin(): Promise<IncomingMessage> {
    const answer = await get(port, `/bytes/${LONG}`)
    await new Promise((resolve) => answer.once('readable', resolve))
    return answer
  }

  it('is ready over TCP within 5 s where UDP is dropped from the start', async () => {
    network.drop('udp', udpPort)
    const program = launched()
    await program.line(/"sealing"/)
    await isServedInTime(program.line(READY))
    assert.equal(logged(program, 'connected')[0]!.carrier, 'tcp')
    for (const each of [port, httpPort]) await download(each, 5 * MIB)
    assert.deepEqual(changes(program), ['udp to tcp'])
  })

  it('serves over TCP within 5 s when UDP is dropped in the middle of a transfer', async () => {
    const program = await provider()
    const answer = await begin()
    const transfer = readContent(answer, LONG)
    await download(httpPort, 1_000)
    network.drop('udp', udpPort)
    await isServedInTime(download(httpPort, 1_000))
    assert.deepEqual(changes(program), ['udp to tcp'])
    assert.match(String(logged(program, 'carrierChanged')[0]!.why), /silent/)
    network.open()
    await transfer // it was on UDP all the time
  })

  it('goes back to UDP when that is open again, and ends on TCP what it has begun there', async () => {
    network.drop('udp', udpPort)
    const program = await provider()
    const answer = await begin()
    network.open()
    await eventually('it has gone back', () => changes(program).length === 2)
    assert.deepEqual(changes(program), ['udp to tcp', 'tcp to udp'])
    await readContent(answer, LONG)
    network.drop('tcp', pipePorts.tcp)
    for (const each of [port, httpPort]) await download(each, MIB)
  })
})

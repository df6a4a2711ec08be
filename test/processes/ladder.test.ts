// A pipe that may go over UDP and over TCP, on a network that drops UDP when the test says so: where new clients are served, and that nothing
// is cut on the way.

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import type { Elements } from '../../stresstest/rig/daemon-config.ts'
import { type Daemon, startConsumer, startProvider } from '../../stresstest/rig/daemons.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'
import { ReadyLine } from '../../stresstest/rig/ready-line.ts'
import { download, eventually, get, readContent } from './clients.ts'
import { OTHER_UUID, RAW_SERVICE, UUID, useStage } from './harness.ts'
import { logged } from './keyed-site.ts'
import { missingForNamespace, Namespace } from './namespace.ts'

const MIB = 1_024 * 1_024
/** More than the windows and the buffers on the way hold, so that a client that stops reading stops the transfer. */
const LONG = 256 * MIB

/** What was promised: so long may nobody be served after the carrier in use has died. */
const SERVED_WITHIN_MS = 5_000

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
      { listeners: [{}, { carrier: 'tcp' }], services: [RAW_SERVICE, { uuid: OTHER_UUID }] },
    )
    stage().own(consumer.program)
    udpPort = consumer.ready.port('udp')
    pipePorts = { web: new ReadyLine(line).port('tcp'), tcp: consumer.ready.port('tcp') }
    port = await network.portTo(consumer.ready.port(UUID))
    httpPort = await network.portTo(consumer.ready.port(OTHER_UUID))
  })
  afterEach(() => network.remove())

  async function provider(): Promise<ChildProgram> {
    const carrier: readonly Elements[] = [{ '#': 'udp' }, { '@port': pipePorts.tcp, '#': 'tcp' }]
    const services = [
      { uuid: UUID, protocol: 'tcp', port: pipePorts.web },
      { uuid: OTHER_UUID, port: pipePorts.web },
    ]
    const { program } = await startProvider(
      { name: 'provider', folder: stage().folder, entry: network.entry },
      { pipes: [{ port: udpPort, elements: { carrier, probe: 1 }, services }] },
    )
    return stage().own(program)
  }

  /** From one line of a program's log to another, in ms. */
  function between(program: ChildProgram, first: string, second: string): number {
    const [begun, ended] = [first, second].map((event) => Date.parse(String(logged(program, event)[0]!.time)))
    return ended! - begun!
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
    const program = await provider()
    assert.equal(logged(program, 'connected')[0]!.carrier, 'tcp')
    assert.ok(between(program, 'sealing', 'serviceRegistered') < SERVED_WITHIN_MS)
    for (const each of [port, httpPort]) await download(each, 5 * MIB)
    assert.deepEqual(changes(program), ['udp to tcp'])
  })

  it('serves over TCP within 5 s when UDP is dropped in the middle of a transfer', async () => {
    const program = await provider()
    const answer = await begin()
    const transfer = readContent(answer, LONG)
    await download(httpPort, 1_000)
    network.drop('udp', udpPort)
    const begun = performance.now()
    await download(httpPort, 1_000)
    const tookMs = performance.now() - begun
    assert.ok(tookMs < SERVED_WITHIN_MS, `${tookMs} ms`)
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

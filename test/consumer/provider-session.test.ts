import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { type ConsumerService, readConsumer } from '../../src/config/read.ts'
import { admitEverybody, type Permit } from '../../src/consumer/admission.ts'
import { Balancer } from '../../src/consumer/balancer.ts'
import { Directory } from '../../src/consumer/directory.ts'
import { ProviderSession } from '../../src/consumer/provider-session.ts'
import { openLog } from '../../src/log.ts'
import { type ControlMessage, ControlReader, encodeControl, RefusalCode } from '../../src/protocol/index.ts'
import { Joined, type JoinedSession } from '../runtime/joined.ts'
import { Talker } from '../runtime/talker.ts'
import { atRest, until } from '../runtime/until.ts'
import { providerHost } from './provider-host.ts'

const UUID = '11111111-2222-3333-4444-555555555555'
const OTHER_UUID = '11111111-2222-3333-4444-666666666666'
const UNKNOWN_UUID = '99999999-2222-3333-4444-555555555555'
const MEGABYTE = 1_000_000
const NOT_LISTED = { code: RefusalCode.notAuthorised, sentence: 'not listed' }
const REGISTER: ControlMessage & { kind: 'register' } = {
  kind: 'register',
  uuid: UUID,
  name: 'x'.repeat(200),
  protocol: 'tcp',
  capacity: 0,
  isHealthy: true,
}

describe('a session with a provider', () => {
  let joined: Joined
  let session: JoinedSession
  let directory: Directory<ProviderSession>
  let provider: ProviderSession

  /** The consumer's side of the session, with these services, of which the provider's key may serve those that are `listed`. */
  function begin(uuids: readonly string[], listed: readonly string[] = uuids): void {
    const permit: Permit = {
      ...admitEverybody.permitOf(session.near, () => ''),
      serviceRefusal: (uuid) => (listed.includes(uuid) ? null : NOT_LISTED),
    }
    directory = new Directory<ProviderSession>()
    const log = openLog({ level: 'error', isTerminal: false, stream: new PassThrough().resume() })
    provider = new ProviderSession(session.near, permit, providerHost(directory, log, servicesOf(uuids)))
    session.near.owner = provider
  }

  function says(...messages: readonly ControlMessage[]): void {
    for (const message of messages) session.far.control.write(encodeControl(message))
  }

  beforeEach(async () => {
    // What the provider has not read of the answers counts against these.
    joined = new Joined({ initialStreamWindow: 2_000, ceilingStreamWindow: 2_000 })
    session = await joined.join()
  })
  afterEach(async () => {
    provider.onLost('local')
    await joined.close()
  })

  it('begins with SETTINGS, and then gives the provider a token for its next dial (H-26, C-1)', async () => {
    begin([])
    const control = new Talker(session.far.control)
    const newToken = () => joined.driver.endpoint.newAddressToken(session.near)
    provider.sayAddressToken(newToken())
    const kinds = () => messagesIn(control).map(({ kind }) => kind)
    await until(() => kinds().length === 2, 'both messages arrive')
    assert.deepEqual(kinds(), ['settings', 'addressToken'])
    provider.sayAddressToken(newToken())
    await until(() => kinds().length === 3, 'it has moved, and gets a token for where it is now')
    assert.deepEqual(kinds(), ['settings', 'addressToken', 'addressToken'])
  })

  it('gives no more tokens to a provider that moves without end and reads none', async () => {
    for (let move = 0; move < 10_000; move++) provider.sayAddressToken(new Uint8Array(255))
    await atRest(() => Number(session.near.control.isWritable))
    const control = new Talker(session.far.control)
    await atRest(() => control.bytesRead)
    assert.ok(control.bytesRead < 10_000 * 255 * 0.1, `${control.bytesRead} bytes`)
  })

  it('answers each REGISTER by REGISTERED or REFUSED, and counts the last of one service (C-4)', async () => {
    begin([UUID, OTHER_UUID], [UUID])
    const control = new Talker(session.far.control)
    says(
      REGISTER,
      { ...REGISTER, uuid: OTHER_UUID },
      { ...REGISTER, uuid: UNKNOWN_UUID },
      { ...REGISTER, protocol: 'http' },
      { ...REGISTER, isHealthy: false },
    )
    const answers = () => messagesIn(control).slice(1)
    await until(() => answers().length === 5, 'each is answered')
    assert.deepEqual(
      answers().map((message) => [message.kind, 'uuid' in message && message.uuid]),
      [
        ['registered', UUID],
        ['refused', OTHER_UUID],
        ['refused', UNKNOWN_UUID],
        ['refused', UUID],
        ['registered', UUID],
      ],
    )
    const healths = [UUID, OTHER_UUID, UNKNOWN_UUID].map((uuid) =>
      directory.providersOf(uuid).map((one) => one.isHealthy),
    )
    assert.deepEqual(healths, [[false], [], []])
  })

  it('is not given new streams after DRAIN (C-5)', async () => {
    begin([UUID])
    says(REGISTER)
    await until(() => directory.providersOf(UUID).length === 1, 'it serves')
    assert.equal(provider.isDraining, false)
    says({ kind: 'drain', lastStream: 0 })
    await until(() => provider.isDraining, 'it drains')
    assert.equal(new Balancer('least').choose(directory.providersOf(UUID), new Set(), ''), null)
  })

  it('tells once what the key may serve, and registers nothing by that (E-5)', async () => {
    begin([UUID, OTHER_UUID, UNKNOWN_UUID], [OTHER_UUID, UUID])
    const control = new Talker(session.far.control)
    says({ kind: 'askServices' }, { kind: 'askServices' }, { ...REGISTER, uuid: UNKNOWN_UUID })
    await until(() => messagesIn(control).at(-1)?.kind === 'refused', 'everything is answered')
    const [, ...told] = messagesIn(control)
    assert.deepEqual(told.slice(0, -1), [
      { kind: 'mayServe', uuid: UUID, name: UUID, protocol: 'tcp' },
      { kind: 'mayServe', uuid: OTHER_UUID, name: OTHER_UUID, protocol: 'tcp' },
      { kind: 'servicesTold' },
    ])
    assert.deepEqual([directory.providersOf(UUID), directory.providersOf(OTHER_UUID)], [[], []])
  })

  it('hears a provider no further that reads no answers: they used to be kept, however many it asked for', async () => {
    begin([])
    const message = encodeControl(REGISTER)
    const { control } = session.far
    let written = 0
    const pour = () => {
      while (control.isWritable && written < 20 * MEGABYTE) {
        control.write(message)
        written += message.length
      }
      return written
    }
    const poured = await atRest(pour)
    assert.ok(poured < 3 * MEGABYTE, `${poured} bytes were taken`)
    // Once it reads, everything is answered.
    const talker = new Talker(control)
    await atRest(() => talker.bytesRead)
    assert.equal(talker.text.split(`<uuid>${UUID}</uuid>`).length - 1, written / message.length)
  })
})

function servicesOf(uuids: readonly string[]): ReadonlyMap<string, ConsumerService> {
  if (uuids.length === 0) return new Map()
  const elements = uuids.map((uuid) => `<service><uuid>${uuid}</uuid><port>0</port><protocol>tcp</protocol></service>`)
  const outcome = readConsumer(
    `<service_consumer><listener><port>0</port></listener><services>${elements.join('')}</services></service_consumer>`,
    'consumer.xml',
  )
  if (!outcome.ok) throw new Error(outcome.problems.join())
  return new Map(outcome.value.services.map((service) => [service.uuid, service]))
}

/** What was said on a control stream so far. */
function messagesIn(control: Talker): readonly ControlMessage[] {
  const reader = new ControlReader()
  reader.push(Buffer.concat(control.chunks))
  const messages: ControlMessage[] = []
  for (let message = reader.next(); message !== null; message = reader.next()) messages.push(message)
  return messages
}

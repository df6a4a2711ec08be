import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { admitEverybody } from '../../src/consumer/admission.ts'
import { Directory } from '../../src/consumer/directory.ts'
import { ProviderSession } from '../../src/consumer/provider-session.ts'
import { openLog } from '../../src/log.ts'
import { type ControlMessage, ControlReader, encodeControl } from '../../src/protocol/index.ts'
import { Joined, type JoinedSession } from '../runtime/joined.ts'
import { Talker } from '../runtime/talker.ts'
import { atRest, until } from '../runtime/until.ts'

const UUID = '11111111-2222-3333-4444-555555555555'
const MEGABYTE = 1_000_000
const REGISTER: ControlMessage = {
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
  let provider: ProviderSession

  beforeEach(async () => {
    // What the provider has not read of the answers counts against these.
    joined = new Joined({ initialStreamWindow: 2_000, ceilingStreamWindow: 2_000 })
    session = await joined.join()
    provider = new ProviderSession(session.near, {
      services: new Map(),
      directory: new Directory<ProviderSession>(),
      software: 'test',
      log: openLog({ level: 'error', isTerminal: false, stream: new PassThrough().resume() }),
      permit: admitEverybody.permitOf(session.near, () => ''),
      address: () => 'memory',
      onProvidersChanged: () => {},
    })
    session.near.owner = provider
  })
  afterEach(async () => {
    provider.onLost('local')
    await joined.close()
  })

  it('begins with SETTINGS, and then gives the provider a token for its next dial (H-26)', async () => {
    const control = new Talker(session.far.control)
    provider.sayAddressTokens(() => joined.driver.endpoint.newAddressToken(session.near))
    const kinds = () => kindsIn(Buffer.concat(control.chunks))
    await until(() => kinds().length === 2, 'both messages arrive')
    assert.deepEqual(kinds(), ['settings', 'addressToken'])
    provider.onMoved()
    await until(() => kinds().length === 3, 'it has moved, and gets a token for where it is now')
    assert.deepEqual(kinds(), ['settings', 'addressToken', 'addressToken'])
  })

  it('gives no more tokens to a provider that moves without end and reads none', async () => {
    provider.sayAddressTokens(() => new Uint8Array(255))
    for (let move = 0; move < 10_000; move++) provider.onMoved()
    await atRest(() => Number(session.near.control.isWritable))
    const control = new Talker(session.far.control)
    await atRest(() => control.bytesRead)
    assert.ok(control.bytesRead < 10_000 * 255 * 0.1, `${control.bytesRead} bytes`)
  })

  it('hears a provider no further that reads no answers: they used to be kept, however many it asked for', async () => {
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

function kindsIn(bytes: Uint8Array): string[] {
  const reader = new ControlReader()
  reader.push(bytes)
  const kinds: string[] = []
  for (let message = reader.next(); message !== null; message = reader.next()) kinds.push(message.kind)
  return kinds
}

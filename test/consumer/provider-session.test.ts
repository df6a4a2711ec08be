import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { admitEverybody } from '../../src/consumer/admission.ts'
import { Directory } from '../../src/consumer/directory.ts'
import { ProviderSession } from '../../src/consumer/provider-session.ts'
import { openLog } from '../../src/log.ts'
import { ControlReader } from '../../src/protocol/index.ts'
import { Joined, type JoinedSession } from '../runtime/joined.ts'
import { Talker } from '../runtime/talker.ts'
import { until } from '../runtime/until.ts'

describe('a session with a provider', () => {
  let joined: Joined
  let session: JoinedSession
  let provider: ProviderSession

  beforeEach(async () => {
    joined = new Joined()
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
  })
})

function kindsIn(bytes: Uint8Array): string[] {
  const reader = new ControlReader()
  reader.push(bytes)
  const kinds: string[] = []
  for (let message = reader.next(); message !== null; message = reader.next()) kinds.push(message.kind)
  return kinds
}

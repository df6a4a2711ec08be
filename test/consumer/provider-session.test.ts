import assert from 'node:assert/strict'
import type { ConsumerService } from '../../src/config/read.ts'
import { Directory } from '../../src/consumer/directory.ts'
import { ProviderSession } from '../../src/consumer/provider-session.ts'
import { type Log, openLog } from '../../src/log.ts'
import { type ControlMessage, encodeControl } from '../../src/protocol/index.ts'
import { Joined, type JoinedSession } from '../runtime/joined.ts'
import { Talker } from '../runtime/talker.ts'
import { atRest } from '../runtime/until.ts'

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

describe('the session of a provider', () => {
  let joined: Joined
  let session: JoinedSession
  let log: Log
  let directory: Directory<ProviderSession>

  beforeEach(async () => {
    // What the provider has not read of the answers counts against these.
    joined = new Joined({ initialStreamWindow: 2_000, ceilingStreamWindow: 2_000 })
    session = await joined.join()
    log = openLog({ level: 'error', isTerminal: false })
    directory = new Directory()
    session.near.owner = new ProviderSession(session.near, {
      services: new Map<string, ConsumerService>(),
      directory,
      software: 'test',
      address: () => 'nowhere',
      log,
      onProvidersChanged: () => {},
    })
  })
  afterEach(async () => {
    await joined.close()
    await log.close()
  })

  it('is heard no further while it reads no answers: they used to be kept, however many it asked for', async () => {
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

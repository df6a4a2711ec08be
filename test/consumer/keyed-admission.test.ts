import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { type KeyedAdmission, openKeyedAdmission } from '../../src/consumer/keyed-admission.ts'
import { createIdentity } from '../../src/keys/identity.ts'
import { keyText } from '../../src/keys/key-text.ts'
import { openLog } from '../../src/log.ts'
import type { SessionHandle } from '../../src/protocol/index.ts'
import { useFolder } from '../keys/folders.ts'

const UUID = '11111111-2222-3333-4444-555555555555'

describe('a key that may have one provider', () => {
  const path = useFolder()
  const { publicKey } = createIdentity()
  let admission: KeyedAdmission

  beforeEach(() => {
    const line = `services="${UUID}",max-sessions=1 ${keyText('public', publicKey)}`
    writeFileSync(path('providers'), line, { mode: 0o600 })
    const started = openKeyedAdmission({
      authorizedPath: path('providers'),
      stateDirectory: path('state'),
      consumerKey: createIdentity().publicKey,
      log: openLog({ level: 'error', isTerminal: false, stream: new PassThrough().resume() }),
    })
    admission = started.ok ? started.value : assert.fail(started.problems.join())
  })
  afterEach(() => admission.close())

  function permit(instance: string) {
    const session = { peerKey: publicKey, peerInstance: instance, path: 0 } as SessionHandle
    return admission.permitOf(session, () => '127.0.0.1')
  }

  it('may have several sessions of that one: a change of carrier is never refused', () => {
    assert.equal(permit('one').enter(), null)
    assert.equal(permit('one').enter(), null)
    assert.equal(permit('two').enter()?.code, 'tooManySessions')
  })

  it('may have another once the last session of the first is gone', () => {
    const sessions = [permit('one'), permit('one')] as const
    for (const each of sessions) each.enter()
    sessions[0].leave()
    assert.equal(permit('two').enter()?.code, 'tooManySessions')
    sessions[1].leave()
    assert.equal(permit('two').enter(), null)
  })
})

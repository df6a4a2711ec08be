// What the core traces and an operator is to see in the log.

import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { openDriver } from '../../src/cli/link.ts'
import { openLog } from '../../src/log.ts'
import { DropReason, RekeyReason, type Trace } from '../../src/protocol/index.ts'
import { noiseListener, welcomeEverybody } from '../../src/runtime/noise-crypto.ts'
import { MemoryCarrier } from '../runtime/memory-carrier.ts'

const RESET_KEY = new Uint8Array(32)

/** What the log says of this, each line as event and fields without the time. */
function logged(role: 'listener' | 'dialler', happen: (trace: Trace) => void): readonly Record<string, unknown>[] {
  let text = ''
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => {
    text += chunk
  })
  const driver = openDriver({
    carrier: new MemoryCarrier(),
    crypto: noiseListener({ identity: null, authorise: welcomeEverybody, resetKey: RESET_KEY }),
    role,
    log: openLog({ level: 'debug', isTerminal: false, stream }),
    instanceId: new Uint8Array(16),
    surviveSeconds: 60,
    congestion: 'bbr',
    maxDatagramBytes: 1_200,
    ceilingDatagramBytes: 1_200,
  })
  happen(driver.endpoint.options.trace!)
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => ({ ...JSON.parse(line), time: undefined }))
}

describe('The log of a link', () => {
  for (const role of ['listener', 'dialler'] as const) {
    it(`of a ${role} tells of new keys at debug and of keys that are used up as a warning`, () => {
      const lines = logged(role, (trace) => {
        trace.keysChanged(3, 7, RekeyReason.packets, 0)
        trace.keysExhausted(3, RekeyReason.age, 0)
      })
      assert.deepEqual(lines, [
        { time: undefined, level: 'debug', event: 'keysChanged', session: 3, number: 7, why: 'packets' },
        { time: undefined, level: 'warn', event: 'keysExhausted', session: 3, why: 'age' },
      ])
    })
  }

  it('tells of handshakes that do not fit once, where they can be mended', () => {
    const events = (role: 'listener' | 'dialler', reason: number) =>
      logged(role, (trace) => {
        trace.dropped(reason, 1, 0)
        trace.dropped(reason, 1, 0)
      }).map(({ event }) => event)
    assert.deepEqual(events('listener', DropReason.badMac), ['handshakeForAnotherKey'])
    assert.deepEqual(events('listener', DropReason.replayed), ['handshakeTooOld'])
    assert.deepEqual(events('dialler', DropReason.badHandshake), ['answerNotVerified'])
    assert.deepEqual(events('dialler', DropReason.badMac), [])
  })
})

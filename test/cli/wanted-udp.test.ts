import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { dgramSockets } from '../../src/carriers/dgram-socket.ts'
import type { UdpOffload } from '../../src/carriers/udp-offload.ts'
import type { UdpSockets } from '../../src/carriers/udp-socket.ts'
import { ExitStatus } from '../../src/cli/exit.ts'
import { wantedUdp } from '../../src/cli/wanted-udp.ts'
import { openLog } from '../../src/log.ts'

const batching: UdpSockets = { ...dgramSockets }
const there: UdpOffload = { sockets: batching, whyNot: null }
const missing: UdpOffload = { sockets: null, whyNot: 'no such package' }

/** What is chosen, and what the log says of it. */
async function chosen(word: string | undefined, udpOffload: boolean, offload: UdpOffload) {
  const stream = new PassThrough()
  const log = openLog({ level: 'info', isTerminal: false, stream })
  const environment = word === undefined ? {} : { EDGERQ_UDP_OFFLOAD: word }
  const sockets = await wantedUdp({ environment, udpOffload, log }, async () => offload)
  await log.close()
  const { event, by, because } = JSON.parse(String(stream.read()))
  assert.equal(event, 'udpBatching')
  return [sockets === batching ? 'batching' : 'plain', by, because]
}

describe('the sockets that are wanted for UDP', () => {
  it('batch where that is to be had, and else not; the log says why', async () => {
    assert.deepEqual(await chosen(undefined, true, there), ['batching', 'kernel', undefined])
    assert.deepEqual(await chosen('', true, there), ['batching', 'kernel', undefined])
    assert.deepEqual(await chosen(undefined, true, missing), ['plain', 'none', 'no such package'])
  })

  it('do not batch when the configuration or the environment says no', async () => {
    assert.deepEqual(await chosen(undefined, false, there), ['plain', 'none', '<udp_offload>no'])
    assert.deepEqual(await chosen('no', true, there), ['plain', 'none', 'EDGERQ_UDP_OFFLOAD=no'])
  })

  it('batch when the environment insists, whatever the configuration says, or nothing runs', async () => {
    assert.deepEqual(await chosen('yes', false, there), ['batching', 'kernel', undefined])
    const refused = { status: ExitStatus.couldNotRun, message: /cannot be used here: no such package/ }
    await assert.rejects(chosen('yes', true, missing), refused)
  })

  it('are not guessed from another word', async () => {
    for (const word of ['YES', '1', 'off', ' ']) {
      await assert.rejects(chosen(word, true, there), { status: ExitStatus.wrongUsage, message: /must be yes or no/ })
    }
  })
})

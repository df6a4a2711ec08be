// The samples in config/, as they are: who comes from the original starts with these.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type Peer, startPeer } from '../../stresstest/peer.ts'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { builtProgram, projectFolder } from '../../stresstest/rig/places.ts'
import { get, isRefused, textOf } from './clients.ts'
import { useStage } from './harness.ts'

/** They stand in the files. */
const LISTENER_PORT = 12345
const SERVICE_PORT = 3000
const TARGET_PORT = 3088

describe('The sample configurations', () => {
  const stage = useStage()

  it('run unchanged, without keys and on loopback, and carry a request', async function () {
    const target = await startTarget().catch(() => null)
    if (target === null || !(await isRefused(SERVICE_PORT)) || !(await isFree(LISTENER_PORT))) {
      await target?.close()
      console.warn(`      SKIPPED: port ${LISTENER_PORT}, ${SERVICE_PORT} or ${TARGET_PORT} is taken`)
      this.skip()
    }
    await stage().peer(Promise.resolve(target))
    for (const [daemon, file] of [
      ['edgerq-sc', 'consumer.xml'],
      ['edgerq-sp', 'provider.xml'],
    ] as const) {
      const command = builtProgram(`src/cli/${daemon}`, join(projectFolder, 'config', file))
      const environment = { EDGERQ_STATE_DIR: join(stage().folder, 'state') }
      await stage()
        .own(new ChildProgram({ name: daemon, command, environment }))
        .line(/ ready /)
    }
    assert.equal(await textOf(await get(SERVICE_PORT, '/')), 'it works')
  })
})

function startTarget(): Promise<Peer> {
  return startPeer(
    createServer((_, response) => response.end('it works')),
    { port: TARGET_PORT },
  )
}

/** Of UDP. */
async function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4').bind(port, '127.0.0.1')
  const isHad = await once(socket, 'listening').then(
    () => true,
    () => false,
  )
  socket.close()
  return isHad
}

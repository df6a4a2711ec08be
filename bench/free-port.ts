// A TCP port for programs that cannot be told to take any and say which.

import { createServer } from 'node:net'
import { startPeer } from '../stresstest/peer.ts'

/** Nobody has it now; soon somebody else may, so it is to be used at once. */
export async function freePort(): Promise<number> {
  const peer = await startPeer(createServer(), {})
  await peer.close()
  return peer.port
}

// A target that takes its first connection and reads nothing of it.

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { startPeer } from '../../stresstest/peer.ts'
import type { Stage } from './harness.ts'

export interface OneTarget {
  readonly peer: { readonly port: number }
  /** Paused. */
  readonly accepted: Promise<Socket>
}

export async function acceptOne(stage: Stage): Promise<OneTarget> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  const accepted = once(server, 'connection').then(([socket]) => socket as Socket)
  return { peer: await stage.peer(startPeer(server, {})), accepted }
}

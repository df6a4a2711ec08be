// A stream that belongs to no session, for tests of what only needs to hold streams.

import { BlockPool } from '../../../src/protocol/streams/block-pool.ts'
import { MemoryBudget, ReceiveWindow } from '../../../src/protocol/streams/credit.ts'
import { ReceiveHalf } from '../../../src/protocol/streams/receive.ts'
import { SendHalf } from '../../../src/protocol/streams/send.ts'
import { Stream, type StreamHost } from '../../../src/protocol/streams/stream.ts'

const NOBODY: StreamHost = {
  get handle(): never {
    throw new Error('not asked for')
  },
  onBytesToSend() {},
  onControlToSend() {},
  onReleased() {},
  onEvicted() {},
  onHalfFinished() {},
}

export function loneStream(id: number): Stream {
  const window = new ReceiveWindow(0, 0, new MemoryBudget(0))
  return new Stream(id, NOBODY, new SendHalf(0, new BlockPool()), new ReceiveHalf(window, new BlockPool()))
}

// hot
// A sealing that seals nothing, to measure what sealing costs: packets are as long as ever and stay as they are. The handshake before them
// is the real one. It stands in bench/, which is not part of the package, and the programs beside it are the only ones that use it.

import { type Opener, type PacketNumber, type Sealer, TAG_BYTES } from '../../src/protocol/index.ts'
import { nodeSealing, type Sealing } from '../../src/runtime/sealing.ts'

class NoSeal implements Sealer, Opener {
  seal(): void {}

  open(_counter: PacketNumber, _buffer: Uint8Array, _start: number, headerEnd: number, sealedEnd: number): boolean {
    return sealedEnd - TAG_BYTES >= headerEnd
  }
}

/** It looks at no key, so one serves for all. */
const noSeal = new NoSeal()

/** What is no packet is sealed as ever. */
export const unsealed: Sealing = { ...nodeSealing, name: 'nothing', of: () => noSeal }

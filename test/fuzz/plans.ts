// The decoders that bytes of others reach, and how much of a run each gets: the most where most can be reached.

import { DatagramTarget } from './datagram-target.ts'
import { FrameTarget, newFrameReading } from './frame-target.ts'
import type { FuzzPlan } from './fuzzer.ts'
import { HandshakeTarget, helloReading } from './handshake-target.ts'
import { httpHeadReading, newHttpFrameReading } from './http-targets.ts'
import { newControlReading, streamHeadReading } from './message-targets.ts'
import { newAuthorizedReading, newConfigReading, tokenReading } from './text-targets.ts'

export const PLANS: readonly FuzzPlan[] = [
  { name: 'frames', share: 350, make: newFrameReading },
  { name: 'session', share: 150, make: (seed) => new FrameTarget(seed) },
  { name: 'datagrams', share: 120, make: (seed) => new DatagramTarget(seed) },
  { name: 'hello', share: 80, make: () => helloReading },
  // Key agreements take a millisecond an input.
  { name: 'handshakes', share: 1, make: (seed) => new HandshakeTarget(seed) },
  { name: 'control', share: 80, make: newControlReading },
  { name: 'stream-heads', share: 60, make: () => streamHeadReading },
  { name: 'http-frames', share: 60, make: newHttpFrameReading },
  { name: 'http-heads', share: 60, make: () => httpHeadReading },
  { name: 'consumer-xml', share: 4, make: () => newConfigReading('consumer') },
  { name: 'provider-xml', share: 4, make: () => newConfigReading('provider') },
  { name: 'authorized', share: 12, make: newAuthorizedReading },
  { name: 'tokens', share: 19, make: () => tokenReading },
]

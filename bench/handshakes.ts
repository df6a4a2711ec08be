// What INITs cost a listener, in ns each, with real keys and without sockets: `node dist/bench/handshakes.js`. The figures of
// docs/decisions.md are from here.

import { type DatagramBatch, type Endpoint, SECOND } from '../src/protocol/index.ts'
import { MAC_BYTES, MACS_BYTES } from '../src/protocol/wire/packet.ts'
import { noiseDialler, noiseListener, welcomeEverybody } from '../src/runtime/noise-crypto.ts'
import { newX25519KeyPair } from '../src/runtime/noise-primitives.ts'
import { cost, tell } from './cost.ts'
import { newEndpoint } from './endpoint.ts'

const RESET_KEY = new Uint8Array(32)
const CONSUMER = newX25519KeyPair()
const PATH = 1
/** Longer than a listener is cautious after its start. */
const CALM = 1_000 * SECOND
const LATER = 6 * SECOND

const batch: DatagramBatch = { buffer: new Uint8Array(65_536), length: 0, segmentBytes: 0, path: 0 }

function newListener(): Endpoint {
  return newEndpoint(
    'listener',
    noiseListener({ identity: CONSUMER, authorise: welcomeEverybody, resetKey: RESET_KEY }),
  )
}

const dialling = noiseDialler({ identity: newX25519KeyPair(), consumerKey: CONSUMER.publicKey, resetKey: RESET_KEY })

/** A genuine INIT, of an instance of its own. */
function newInit(now: number): Uint8Array {
  const dialler = newEndpoint('dialler', dialling)
  dialler.dial(PATH, now)
  dialler.nextDatagrams(batch, now)
  return batch.buffer.slice(0, batch.length)
}

/** Feeds it and takes what comes back, as a driver would; returns the size of the last answer. */
function ask(listener: Endpoint, init: Uint8Array, now: number): number {
  batch.length = 0
  listener.receive(init, PATH, now)
  let bytes = 0
  while (listener.nextDatagrams(batch, now)) bytes = batch.length
  return bytes
}

function spoiled(init: Uint8Array, at: number): Uint8Array {
  const packet = init.slice()
  packet[at]! ^= 1
  return packet
}

function marked(packet: Uint8Array): Uint8Array {
  dialling.mac(packet, packet.length - MACS_BYTES, packet, packet.length - MACS_BYTES)
  return packet
}

const genuine = newInit(0)
const asking = newListener()
const wrongMac1 = spoiled(genuine, 200)
const rightMac1 = marked(spoiled(genuine, 200))
const wrongMac2 = spoiled(rightMac1, rightMac1.length - MAC_BYTES)

tell(
  'INIT with a wrong mac1',
  cost(2_000, () => ask(asking, wrongMac1, 0)),
)
tell(
  'INIT with the right mac1, answered by a COOKIE',
  cost(2_000, () => ask(asking, rightMac1, 0)),
)
tell(
  'the same with a mac2 that was made up',
  cost(2_000, () => ask(asking, wrongMac2, 0)),
)

const calm = newListener()
ask(calm, genuine, CALM)
tell(
  'INIT sent again while its session is half-open',
  cost(1_000, () => ask(calm, genuine, CALM)),
)

// Every call a minute later, so that nothing is under load.
let now = CALM
const replayed = newListener()
tell(
  'INIT that is read and holds nothing',
  cost(100, () => {
    now += LATER
    ask(replayed, rightMac1, now)
  }),
)
const [older, newer] = sameInstance(now)
ask(replayed, newer, now)
tell(
  'INIT that was recorded, read and refused',
  cost(50, () => {
    now += SECOND / 100
    ask(replayed, older, now)
  }),
)
const fresh = Array.from({ length: 700 }, () => newInit(now))
let used = 0
tell(
  'INIT that is answered by a RESP',
  cost(100, () => {
    now += LATER
    replayed.onDeadline(now)
    ask(replayed, fresh[used++]!, now)
  }),
)

/** Two INITs of one dialler. */
function sameInstance(at: number): [older: Uint8Array, newer: Uint8Array] {
  const dialler = newEndpoint('dialler', dialling)
  const dial = (when: number): Uint8Array => {
    dialler.dial(PATH, when)
    while (dialler.nextDatagrams(batch, when)); // the first one may be repeated before it
    return batch.buffer.slice(0, batch.length)
  }
  return [dial(at), dial(at + SECOND)]
}

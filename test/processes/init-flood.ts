// Strangers at the door of a consumer, as a program of its own: `node init-flood.js PORT EQPK1 RATE SECONDS` sends so many first messages a
// second, none of which is worth an answer. It says `armed` before the first of them, and at the end how many there were and what came back.
//
//   a third with a wrong mac1      from somebody who has not even heard of the consumer
//   a third with a right mac1      random ephemeral keys and connection ids behind it, and no cookie
//   a third with a cookie besides  whole handshakes, each from where it says, by keys that nobody has listed

import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { readKey } from '../../src/keys/key-text.ts'
import { Dial } from '../../src/protocol/handshake/dial.ts'
import { writeMac1 } from '../../src/protocol/handshake/macs.ts'
import { LEAST_INIT_BYTES } from '../../src/protocol/limits.ts'
import { UDP } from '../../src/protocol/line.ts'
import { connectionKey, DIALLER_ID_AT, MACS_BYTES, writeInitHeader } from '../../src/protocol/wire/packet.ts'
import { noiseDialler } from '../../src/runtime/noise-crypto.ts'
import { newX25519KeyPair } from '../../src/runtime/noise-primitives.ts'
import { monotonicClock } from '../../src/runtime/system.ts'
import { helloOf } from '../protocol/raw-peer.ts'

const [, , portText, keyText = '', rateText, secondsText] = process.argv
const [port, rate, seconds] = [Number(portText), Number(rateText), Number(secondsText)]

/** Loopback has 16 million addresses, and a consumer counts each as somebody else's. */
const SOURCES = 16
/** Of each kind from each source. They are sent again and again: a consumer keeps nothing by which it could tell. */
const POOL = 64
/** With a cookie, which must be asked for one by one. */
const PROVEN = 8
/** At a time: a consumer that is asked for all of them in a burst leaves most for later. */
const MOST_ASKED_AT_ONCE = 4
/** Finer than this a timer is not. At the full rate it makes bursts of forty, which every socket buffer holds. */
const TICK_MS = 2
/** Beyond what a tick should send, this machine cannot keep up, and a larger burst would only be dropped by its kernel. */
const MOST_IN_A_TICK = 200

/** One address, with all that is sent from it. */
interface Source {
  readonly socket: Socket
  readonly inits: Uint8Array[]
}

const stranger = noiseDialler({
  identity: newX25519KeyPair(),
  consumerKey: readKey('public', keyText),
  resetKey: new Uint8Array(32),
})
const back = { datagrams: 0, bytes: 0 }
const sources = await Promise.all(Array.from({ length: SOURCES }, (_, number) => arm(`127.0.0.${2 + number}`)))
await flood()

async function arm(address: string): Promise<Source> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  socket.bind(0, address)
  await once(socket, 'listening')
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const dials = Array.from({ length: PROVEN }, dialOfNobody)
  await provePlace(socket, dials)
  const inits = Array.from({ length: POOL }, (_, at) => [withWrongMac1(), withRightMac1(), dials[at % PROVEN]!.init])
  return { socket, inits: inits.flat() }
}

/** Asks for the cookie of each dial, and waits until all have theirs. */
async function provePlace(socket: Socket, dials: readonly Dial[]): Promise<void> {
  const open = new Map(dials.map((dial) => [connectionKey(dial.init, DIALLER_ID_AT), dial]))
  const take = (packet: Uint8Array) => {
    const id = connectionKey(packet, DIALLER_ID_AT)
    if (open.get(id)?.onCookie(packet, monotonicClock())) open.delete(id)
  }
  socket.on('message', take)
  while (open.size > 0) {
    for (const { init } of [...open.values()].slice(0, MOST_ASKED_AT_ONCE)) socket.send(init)
    await pause(20)
  }
  socket.off('message', take)
  socket.on('message', (packet) => {
    back.datagrams++
    back.bytes += packet.length
  })
}

function dialOfNobody(_: unknown, index: number): Dial {
  const hello = { ...helloOf({ seed: index }), sentAtMs: Date.now() }
  return new Dial(
    stranger,
    { id: randomBytes(8), hello, token: new Uint8Array(0), line: UDP, path: 0 },
    monotonicClock(),
  )
}

function withRightMac1(): Uint8Array {
  const init = withWrongMac1()
  writeMac1(stranger, init, init.length - MACS_BYTES)
  return init
}

/** Random all through behind the header; without a mac2. */
function withWrongMac1(): Uint8Array {
  const init = randomBytes(LEAST_INIT_BYTES)
  writeInitHeader(init, randomBytes(8), new Uint8Array(0))
  return init.fill(0, init.length - MACS_BYTES / 2)
}

/** Paced by the time that has passed, so that a late tick makes up for itself. */
async function flood(): Promise<void> {
  console.log('init-flood armed')
  const begun = performance.now()
  const whole = rate * seconds
  let sent = 0
  for (let elapsedMs = 0; elapsedMs < seconds * 1_000; elapsedMs = performance.now() - begun) {
    const due = Math.min(Math.floor((rate * elapsedMs) / 1_000), whole, sent + MOST_IN_A_TICK)
    for (; sent < due; sent++) {
      const { socket, inits } = sources[sent % SOURCES]!
      socket.send(inits[Math.floor(sent / SOURCES) % inits.length]!)
    }
    await pause(TICK_MS)
  }
  await pause(200) // the last answers
  const words = `sent ${sent} bytes ${sent * LEAST_INIT_BYTES} back ${back.datagrams} bytes ${back.bytes}`
  console.log(`init-flood ${words}`)
  for (const { socket } of sources) socket.close()
}

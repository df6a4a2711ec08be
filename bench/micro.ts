// What single steps of the hot path cost, in ns, best of several rounds: `npm run bench:micro`. Comments in the source that name a
// crossover or a cost refer to these lines.

import type { DatagramBatch, Endpoint, Micros } from '../src/protocol/index.ts'
import { copyBytes } from '../src/protocol/streams/copy.ts'
import { noiseDialler, noiseListener, welcomeEverybody } from '../src/runtime/noise-crypto.ts'
import { newX25519KeyPair } from '../src/runtime/noise-primitives.ts'
import { chooseSealing, nodeSealing, type Sealing } from '../src/runtime/sealing.ts'
import { cost, tell } from './cost.ts'
import { newEndpoint } from './endpoint.ts'

const BATCH_BYTES = 65_536
const RESET_KEY = new Uint8Array(32)
const LISTENER_PATH = 1
const DIALLER_PATH = 2

function loop(from: Uint8Array, bytes: number, into: Uint8Array, at: number): void {
  for (let i = 0; i < bytes; i++) into[at + i] = from[40 + i]!
}

function copies(): void {
  const from = Buffer.allocUnsafeSlow(BATCH_BYTES)
  const into = new Uint8Array(BATCH_BYTES)
  for (const bytes of [16, 32, 48, 64, 128, 1_157]) {
    tell(
      `copy ${bytes} bytes: loop`,
      cost(200_000, (call) => loop(from, bytes, into, call & 1_023)),
    )
    tell(
      `copy ${bytes} bytes: view and set`,
      cost(200_000, (call) => into.set(from.subarray(40, 40 + bytes), call & 1_023)),
    )
    tell(
      `copy ${bytes} bytes: copyBytes`,
      cost(200_000, (call) => copyBytes(from, 40, bytes, into, call & 1_023)),
    )
  }
}

function seals(sealing: Sealing): void {
  const seal = sealing.of(new Uint8Array(32).fill(1))
  const buffer = Buffer.alloc(BATCH_BYTES)
  const sealed = Buffer.alloc(BATCH_BYTES)
  for (const bytes of [64, 1_200, 16_000]) {
    const plainEnd = bytes - 16
    tell(
      `${sealing.name}: seal a packet of ${bytes} bytes`,
      cost(20_000, (call) => seal.seal(call, buffer, 0, 19, plainEnd)),
    )
    seal.seal(7, buffer, 0, 19, plainEnd)
    tell(
      `${sealing.name}: open a packet of ${bytes} bytes`,
      cost(20_000, () => {
        sealed.set(buffer.subarray(0, bytes)) // opening happens in place
        seal.open(7, sealed, 0, 19, bytes)
      }),
    )
  }
}

/** What a listener pays for a stranger's INIT, for a good one, and what its dialler pays. */
function handshakes(): void {
  const [provider, consumer] = [newX25519KeyPair(), newX25519KeyPair()]
  const dialler = noiseDialler({ identity: provider, consumerKey: consumer.publicKey, resetKey: RESET_KEY })
  const listener = noiseListener({ identity: consumer, authorise: welcomeEverybody, resetKey: RESET_KEY })
  const [header, hello, packet] = [new Uint8Array(12), new Uint8Array(1_000), new Uint8Array(1_200)]
  tell(
    'mac1 of an INIT',
    cost(2_000, () => listener.mac(packet, 1_168, packet, 1_168)),
  )
  tell(
    'handshake: write an INIT',
    cost(100, () => dialler.dial(header).writeInit(header, hello, packet, 12)),
  )
  const asked = dialler.dial(header)
  const init = packet.slice(12, asked.writeInit(header, hello, packet, 12))
  tell(
    'handshake: read an INIT',
    cost(100, () => listener.answer(header, header, init)),
  )
  const answered = listener.answer(header, header, init)!
  tell(
    'handshake: write a RESP',
    cost(100, () => answered.writeResp(header, hello, packet, 20)),
  )
  const resp = packet.slice(20, answered.writeResp(header, hello, packet, 20).end)
  tell(
    'handshake: read a RESP',
    cost(100, () => asked.readResp(header, resp)),
  )
}

/** Both ends of one bulk stream in one process, without a socket: what the core itself costs for each data packet. */
function bulk(sealing: Sealing, maxDatagramBytes: number): void {
  const ours = { identity: null, resetKey: RESET_KEY, sealing }
  const listener = newEndpoint('listener', noiseListener({ ...ours, authorise: welcomeEverybody }), {
    maxDatagramBytes,
  })
  const dialler = newEndpoint('dialler', noiseDialler({ ...ours, consumerKey: null }), { maxDatagramBytes })
  const batch: DatagramBatch = { buffer: new Uint8Array(BATCH_BYTES), length: 0, segmentBytes: 0, path: 0 }
  const chunk = new Uint8Array(BATCH_BYTES)
  let now: Micros = 1_000
  let packets = 0
  const carry = (from: Endpoint, to: Endpoint, path: number): void => {
    if (from.nextDeadline() <= now) from.onDeadline(now)
    while (from.nextDatagrams(batch, now)) {
      for (let at = 0; at < batch.length; at += batch.segmentBytes) {
        packets++
        to.receive(batch.buffer.subarray(at, Math.min(at + batch.segmentBytes, batch.length)), path, now)
      }
    }
    now += 100
  }
  const session = dialler.dial(LISTENER_PATH, now)
  for (let i = 0; i < 6; i++) {
    carry(dialler, listener, DIALLER_PATH)
    carry(listener, dialler, LISTENER_PATH)
    while (dialler.nextEvent() !== null);
  }
  const stream = session.openStream()!
  const turn = (): void => {
    while (stream.isWritable) stream.write(chunk)
    carry(dialler, listener, DIALLER_PATH)
    while (listener.nextEvent() !== null);
    for (let ready = listener.nextReadyStream(); ready !== null; ready = listener.nextReadyStream()) {
      for (let bytes = ready.read(); bytes !== null; bytes = ready.read()) ready.release(bytes.length)
    }
    carry(listener, dialler, LISTENER_PATH)
    while (dialler.nextReadyStream() !== null);
  }
  for (let i = 0; i < 500; i++) turn()
  packets = 0
  const turns = 1_000
  let turned = 0
  const ns = cost(turns, () => {
    turn()
    turned++
  })
  tell(`${sealing.name}: ${maxDatagramBytes} bytes through both ends`, (ns * turned) / packets)
}

copies()
handshakes()
const chosen = await chooseSealing()
for (const sealing of chosen === nodeSealing ? [nodeSealing] : [nodeSealing, chosen]) {
  seals(sealing)
  bulk(sealing, 1_200)
  bulk(sealing, 16_000)
}

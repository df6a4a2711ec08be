// What it costs to seal and to open a packet, by sealer and size: `node dist/bench/sealing.js`. AES-256-GCM is not spoken; it stands here
// to show what another cipher would change.

import { createCipheriv } from 'node:crypto'
import { TAG_BYTES } from '../src/protocol/index.ts'
import { chooseSealing, nodeSealing, type Sealing, sodiumSealing } from '../src/runtime/sealing.ts'
import { stepCost, tellCost } from './step-cost.ts'

const HEADER_BYTES = 19
const SIZES = [64, 1_200, 1_452, 8_900, 16_000, 60_000]
const KEY = new Uint8Array(32).fill(1)

function measure(sealing: Sealing, bytes: number): void {
  const calls = callsFor(bytes)
  const seal = sealing.of(KEY)
  const packet = new Uint8Array(bytes)
  const sealMicros = stepCost(calls, (call) => seal.seal(call, packet, 0, HEADER_BYTES, bytes - TAG_BYTES))
  seal.seal(7, packet, 0, HEADER_BYTES, bytes - TAG_BYTES)
  const genuine = packet.slice()
  const copyMicros = stepCost(calls, () => packet.set(genuine))
  const openMicros = stepCost(calls, () => {
    packet.set(genuine)
    if (!seal.open(7, packet, 0, HEADER_BYTES, bytes)) throw new Error('a genuine packet was refused')
  })
  const forged = packet.slice().fill(0, bytes - TAG_BYTES)
  const refuseMicros = stepCost(calls / 4, () => void seal.open(7, forged, 0, HEADER_BYTES, bytes))
  tellCost(`${sealing.name}: seal ${bytes} bytes`, sealMicros, speed(bytes, sealMicros))
  tellCost(`${sealing.name}: open ${bytes} bytes`, openMicros - copyMicros, speed(bytes, openMicros - copyMicros))
  tellCost(`${sealing.name}: refuse ${bytes} bytes`, refuseMicros)
}

function measureGcm(bytes: number): void {
  const packet = new Uint8Array(bytes)
  const nonce = new Uint8Array(12)
  const options = { authTagLength: TAG_BYTES }
  const micros = stepCost(callsFor(bytes), () => {
    const cipher = createCipheriv('aes-256-gcm', KEY, nonce, options)
    cipher.setAAD(packet.subarray(0, HEADER_BYTES))
    packet.set(cipher.update(packet.subarray(HEADER_BYTES, bytes - TAG_BYTES)), HEADER_BYTES)
    cipher.final()
    packet.set(cipher.getAuthTag(), bytes - TAG_BYTES)
  })
  tellCost(`AES-256-GCM of node:crypto: seal ${bytes} bytes`, micros, speed(bytes, micros))
}

/** Rounds of about a millisecond. */
function callsFor(bytes: number): number {
  return bytes > 4_000 ? 60 : 200
}

function speed(bytes: number, micros: number): string {
  return `${Math.round(bytes / micros)} MB/s`
}

const sodium = await sodiumSealing()
console.log(
  `edgerq takes ${(await chooseSealing()).name} here${sodium === null ? '; sodium-native is not installed' : ''}`,
)
for (const bytes of SIZES) {
  measure(nodeSealing, bytes)
  if (sodium !== null) measure(sodium, bytes)
  measureGcm(bytes)
}

// Which implementation seals the packets of this process. All make the same bytes, so the two ends need not choose alike.

import { type Opener, type Sealer, TAG_BYTES } from '../protocol/index.ts'
import { sealWith } from './noise-primitives.ts'
import { loadOpenssl } from './openssl-calls.ts'
import { Openssl, OpensslSeal, opensslSeal } from './openssl-seal.ts'
import { PacketSeal } from './packet-seal.ts'
import { SealBySize } from './seal-by-size.ts'
import { type Sodium, SodiumSeal, sodiumSeal } from './sodium-seal.ts'

export interface Sealing {
  /** For the operator. */
  readonly name: string
  /** Takes 32 bytes that are used for one direction of one session. */
  of(key: Uint8Array): Sealer & Opener
  /** What is small and no packet, with a nonce of the caller's; returns it with the tag behind it. */
  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array
}

/** What an operator may ask for. */
export const SEALINGS = ['openssl', 'sodium-native', 'node:crypto'] as const
export type SealingName = (typeof SEALINGS)[number]

/** Is always there. */
export const nodeSealing: Sealing = {
  name: 'node:crypto' satisfies SealingName,
  of: (key) => new PacketSeal(key),
  seal: sealWith,
}

/** The fastest that this machine has. */
export async function chooseSealing(): Promise<Sealing> {
  const [openssl, sodium] = await Promise.all([opensslSealing(), sodiumSealing()])
  if (openssl !== null && sodium !== null) return bySize(sodium, openssl)
  return openssl ?? sodium ?? nodeSealing
}

function bySize(small: Sealing, large: Sealing): Sealing {
  return {
    name: `${small.name}, ${large.name}`,
    of: (key) => new SealBySize(small.of(key), large.of(key)),
    seal: small.seal,
  }
}

/** Null: this machine has none of that name. */
export async function sealingNamed(name: SealingName): Promise<Sealing | null> {
  if (name === 'openssl') return opensslSealing()
  return name === 'sodium-native' ? sodiumSealing() : nodeSealing
}

/** Null: koffi is not installed or does not load here, this Node shows no OpenSSL, or it does not seal as it should. */
async function opensslSealing(): Promise<Sealing | null> {
  const calls = await loadOpenssl()
  if (calls === null) return null
  const openssl = new Openssl(calls)
  return soundOrNull({
    name: 'openssl' satisfies SealingName,
    of: (key) => new OpensslSeal(openssl, key),
    seal: opensslSeal(openssl),
  })
}

/** Null: the package is not installed, was not built for this system, or does not seal as it should. */
async function sodiumSealing(): Promise<Sealing | null> {
  const sodium = await loadSodium()
  if (sodium === null) return null
  return soundOrNull({
    name: 'sodium-native' satisfies SealingName,
    of: (key) => new SodiumSeal(sodium, key),
    seal: sodiumSeal(sodium),
  })
}

async function loadSodium(): Promise<Sodium | null> {
  try {
    return (await import('sodium-native')).default
  } catch {
    return null
  }
}

/** Itself if it opens what node:crypto has sealed: a build that loads and does not work would cost every session. */
function soundOrNull(sealing: Sealing): Sealing | null {
  const key = new Uint8Array(32).fill(1)
  const packet = new Uint8Array(256)
  nodeSealing.of(key).seal(2 ** 33, packet, 0, 19, packet.length - TAG_BYTES)
  return sealing.of(key).open(2 ** 33, packet, 0, 19, packet.length) ? sealing : null
}

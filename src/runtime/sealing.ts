// Which implementation seals the packets of this process. All make the same bytes, so the two ends need not choose alike.

import { type Opener, type Sealer, TAG_BYTES } from '../protocol/index.ts'
import { CipherBySize } from './cipher-by-size.ts'
import { type Cipher, KeyedSeal } from './keyed-seal.ts'
import { type MessageCipher, nodeCipher } from './noise-primitives.ts'
import { loadOpenssl } from './openssl-calls.ts'
import { Openssl, OpensslCipher, opensslMessages } from './openssl-cipher.ts'
import { PacketSeal } from './packet-seal.ts'
import { type Sodium, SodiumCipher, sodiumMessages } from './sodium-cipher.ts'

export interface Sealing extends MessageCipher {
  /** For the operator. */
  readonly name: string
  /** Takes 32 bytes that are used for one direction of one session. */
  of(key: Uint8Array): Sealer & Opener
}

/** What an operator may ask for. */
export const SEALINGS = ['openssl', 'sodium-native', 'node:crypto'] as const
export type SealingName = (typeof SEALINGS)[number]

/** Is always there. */
export const nodeSealing: Sealing = {
  name: 'node:crypto' satisfies SealingName,
  of: (key) => new PacketSeal(key),
  ...nodeCipher,
}

/** One whose cipher takes the key with each packet. */
class CipherSealing implements Sealing {
  readonly name: string
  readonly cipher: Cipher
  readonly seal: MessageCipher['seal']
  readonly open: MessageCipher['open']

  constructor(name: string, cipher: Cipher, { seal, open }: MessageCipher) {
    this.name = name
    this.cipher = cipher
    this.seal = seal
    this.open = open
  }

  of(key: Uint8Array): KeyedSeal {
    return new KeyedSeal(this.cipher, key)
  }
}

/** The fastest that this machine has. */
export async function chooseSealing(): Promise<Sealing> {
  const [openssl, sodium] = await Promise.all([opensslSealing(), sodiumSealing()])
  if (openssl !== null && sodium !== null) return bySize(sodium, openssl)
  return openssl ?? sodium ?? nodeSealing
}

function bySize(small: CipherSealing, large: CipherSealing): Sealing {
  return new CipherSealing(`${small.name}, ${large.name}`, new CipherBySize(small.cipher, large.cipher), small)
}

/** Null: this machine has none of that name. */
export async function sealingNamed(name: SealingName): Promise<Sealing | null> {
  if (name === 'openssl') return opensslSealing()
  return name === 'sodium-native' ? sodiumSealing() : nodeSealing
}

/** Null: koffi is not installed or does not load here, this Node shows no OpenSSL, or it does not seal as it should. */
async function opensslSealing(): Promise<CipherSealing | null> {
  const calls = await loadOpenssl()
  if (calls === null) return null
  const openssl = new Openssl(calls)
  const name: SealingName = 'openssl'
  return soundOrNull(new CipherSealing(name, new OpensslCipher(openssl), opensslMessages(openssl)))
}

/** Null: the package is not installed, was not built for this system, or does not seal as it should. */
async function sodiumSealing(): Promise<CipherSealing | null> {
  const sodium = await loadSodium()
  if (sodium === null) return null
  const name: SealingName = 'sodium-native'
  return soundOrNull(new CipherSealing(name, new SodiumCipher(sodium), sodiumMessages(sodium)))
}

async function loadSodium(): Promise<Sodium | null> {
  try {
    return (await import('sodium-native')).default
  } catch {
    return null
  }
}

/** Itself if it opens what node:crypto has sealed: a build that loads and does not work would cost every session. */
function soundOrNull(sealing: CipherSealing): CipherSealing | null {
  const key = new Uint8Array(32).fill(1)
  const packet = new Uint8Array(256)
  nodeSealing.of(key).seal(2 ** 33, packet, 0, 19, packet.length - TAG_BYTES)
  return sealing.of(key).open(2 ** 33, packet, 0, 19, packet.length) ? sealing : null
}

// Endpoints with real keys: a provider and its consumer, what passes between them kept as a listener on the line would keep it.

import type { EndpointSettings } from '../../src/protocol/api.ts'
import { Cubic } from '../../src/protocol/congestion/cubic.ts'
import { Endpoint } from '../../src/protocol/endpoint.ts'
import { type Crypto, silentTrace, type Trace } from '../../src/protocol/ports.ts'
import { DEFAULT_SETTINGS } from '../../src/protocol/settings.ts'
import { noiseDialler, noiseListener, welcomeEverybody } from '../../src/runtime/noise-crypto.ts'
import { x25519KeyPairOf } from '../../src/runtime/noise-primitives.ts'
import { Bookkeeper } from '../protocol/bookkeeper.ts'
import { EndpointPair } from '../protocol/endpoint-pair.ts'
import { START } from '../protocol/endpoints.ts'
import { Prng } from '../sim/prng.ts'

export const RESET_KEY = new Uint8Array(32).fill(7)
export const CONSUMER = x25519KeyPairOf(new Uint8Array(32).fill(1))
export const PROVIDER = x25519KeyPairOf(new Uint8Array(32).fill(2))

export function providerCrypto(): Crypto {
  return noiseDialler({ identity: PROVIDER, consumerKey: CONSUMER.publicKey, resetKey: RESET_KEY })
}

export function consumerCrypto(): Crypto {
  return noiseListener({ identity: CONSUMER, authorise: welcomeEverybody, resetKey: RESET_KEY })
}

/** `seed` also stands for the process: it is its boot id, and its instance id unless another is given. */
export function sealedEndpoint(
  crypto: Crypto,
  acceptsSessions: boolean,
  seed: number,
  { instance = seed, settings = {}, trace = silentTrace }: SealedOptions = {},
): Endpoint {
  return new Endpoint(
    {
      random: new Prng(seed),
      crypto,
      trace,
      settings: { ...DEFAULT_SETTINGS, ...settings },
      acceptsSessions,
      instanceId: new Uint8Array(16).fill(instance),
      bootId: new Uint8Array(8).fill(seed),
      newController: (maxDatagramBytes) => new Cubic(maxDatagramBytes),
    },
    START,
  )
}

interface Sides<T> {
  readonly dialler: T
  readonly listener: T
}

type Settings = Partial<EndpointSettings>

interface SealedOptions {
  readonly instance?: number
  readonly settings?: Settings
  readonly trace?: Trace
}

export interface SealedTalk {
  readonly pair: EndpointPair
  readonly dialler: Bookkeeper
  readonly listener: Bookkeeper
  readonly ends: { readonly dialler: Endpoint; readonly listener: Endpoint }
  /** Every datagram that arrived on either side, in order, as it was on the line. */
  readonly captured: readonly Uint8Array[]
}

export function sealedTalk(crypto: Partial<Sides<Crypto>> = {}, settings: Partial<Sides<Settings>> = {}): SealedTalk {
  const provider = sealedEndpoint(crypto.dialler ?? providerCrypto(), false, 1, { settings: settings.dialler ?? {} })
  const consumer = sealedEndpoint(crypto.listener ?? consumerCrypto(), true, 2, { settings: settings.listener ?? {} })
  const captured: Uint8Array[] = []
  for (const endpoint of [provider, consumer]) capture(endpoint, captured)
  const [dialler, listener] = [new Bookkeeper(), new Bookkeeper()]
  const pair = new EndpointPair(
    { endpoint: provider, application: dialler },
    { endpoint: consumer, application: listener },
  )
  return { pair, dialler, listener, ends: { dialler: provider, listener: consumer }, captured }
}

/** Before it is decrypted in place. */
function capture(endpoint: Endpoint, into: Uint8Array[]): void {
  const receive = endpoint.receive.bind(endpoint)
  endpoint.receive = (datagram, from, now) => {
    into.push(datagram.slice())
    receive(datagram, from, now)
  }
}

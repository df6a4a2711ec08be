// Makes what both daemons stand on: an endpoint on a carrier, driven by the real clock.

import { randomBytes } from 'node:crypto'
import type { Carrier } from '../carriers/carrier.ts'
import type { Log } from '../log.ts'
import { BOOT_ID_BYTES, type Crypto, Cubic, DEFAULT_SETTINGS, Endpoint, SECOND } from '../protocol/index.ts'
import { Driver } from '../runtime/driver.ts'
import { noiseDialler, noiseListener, welcomeEverybody } from '../runtime/noise-crypto.ts'
import { chooseSealing } from '../runtime/sealing.ts'
import { monotonicClock, systemRandom } from '../runtime/system.ts'
import { ExitStatus } from './exit.ts'

export interface LinkOptions {
  readonly carrier: Carrier
  /** `listener`: providers call us; `dialler`: we call a consumer. */
  readonly role: 'listener' | 'dialler'
  readonly log: Log
  readonly instanceId: Uint8Array
  /** Makes the tokens of RESET; a listener keeps it over a restart. */
  readonly resetKey: Uint8Array
  readonly surviveSeconds: number
  readonly maxDatagramBytes: number
}

export async function openDriver(options: LinkOptions): Promise<Driver> {
  const endpoint = new Endpoint(
    {
      random: systemRandom,
      crypto: await cryptoFor(options),
      settings: {
        ...DEFAULT_SETTINGS,
        survive: options.surviveSeconds * SECOND,
        maxDatagramBytes: options.maxDatagramBytes,
      },
      acceptsSessions: options.role === 'listener',
      instanceId: options.instanceId,
      bootId: BOOT_ID,
      newController: (maxDatagramBytes) => new Cubic(maxDatagramBytes),
    },
    monotonicClock(),
  )
  return new Driver(endpoint, options.carrier, monotonicClock)
}

/** Without keys, for which there is no setting yet: encrypted, but whoever answers is believed. */
async function cryptoFor({ role, resetKey, log }: LinkOptions): Promise<Crypto> {
  const sealing = await chooseSealing()
  log.info('sealing', { by: sealing.name, authenticated: false })
  if (role === 'listener') return noiseListener({ identity: null, authorise: welcomeEverybody, resetKey, sealing })
  return noiseDialler({ identity: null, consumerKey: null, resetKey, sealing })
}

/** A carrier's socket has failed for good: nothing can be carried or mended, so the program ends and says why. */
export function endFor(cause: Error, program: string, log: Log): never {
  log.error('carrierFailed', { cause: cause.message })
  process.stderr.write(`${program}: ${cause.message}\n`)
  process.exit(ExitStatus.couldNotRun)
}

/** When this process began, in ms, and two random bytes: a later start has a larger one. */
const BOOT_ID = bootId()

function bootId(): Uint8Array {
  const id = Buffer.alloc(BOOT_ID_BYTES)
  id.writeUIntBE(Date.now(), 0, 6)
  randomBytes(2).copy(id, 6)
  return id
}

// A crowd of providers in one program: each is a pipe of the product with an address, an instance and a session of its own, and they come
// back by themselves as any provider does. Only configuration files and state are left out, so that ten thousand fit on one machine.
// `node dist/bench/crowd.js --port 12345 --pipes 1000 --uuid …` prints `crowd 17 3` when 17 of them have registered, 3 more than once.

import { parseArgs } from 'node:util'
import { dgramSockets } from '../src/carriers/dgram-socket.ts'
import { openRungs } from '../src/cli/pipe-rungs.ts'
import { type Pipe as PipeConfig, type ProviderConfig, readProvider } from '../src/config/read.ts'
import { openLog } from '../src/log.ts'
import { Pipe } from '../src/provider/pipe.ts'
import { noiseDialler } from '../src/runtime/noise-crypto.ts'
import { chooseSealing, type Sealing } from '../src/runtime/sealing.ts'
import { systemRandom } from '../src/runtime/system.ts'
import { Watchdog } from '../src/runtime/watchdog.ts'
import { wholeNumber } from '../stresstest/peer.ts'
import { endWithChildrenOnSignal } from '../stresstest/rig/child-program.ts'
import { providerXml } from '../stresstest/rig/daemon-config.ts'

const TELL_EVERY_MS = 100

class Crowd {
  readonly #config: ProviderConfig
  readonly #sealing: Sealing
  readonly #watchdog = new Watchdog(() => performance.now())
  readonly #log = openLog({ level: 'error', isTerminal: false })
  /** How many have registered, and how many of them again. */
  #once = 0
  #again = 0
  #told = ''

  constructor(config: ProviderConfig, sealing: Sealing) {
    this.#config = config
    this.#sealing = sealing
    setInterval(() => this.#tell(), TELL_EVERY_MS)
  }

  async add(pipe: PipeConfig): Promise<void> {
    const crypto = noiseDialler({ identity: null, consumerKey: null, resetKey: newId(32), sealing: this.#sealing })
    const own = {
      config: this.#config,
      crypto,
      instanceId: newId(16),
      log: this.#log,
      environment: {},
      udp: dgramSockets,
    }
    new Pipe({
      config: pipe,
      rungs: await openRungs(pipe, null, own),
      cryptos: [crypto],
      key: undefined,
      watchdog: this.#watchdog,
      log: this.#log,
      software: 'edgerq-sp/crowd',
      certificates: new Map(),
      fraction: () => systemRandom.fraction(),
      onRegistered: this.#countsOne(),
    }).start()
  }

  #countsOne(): () => void {
    let times = 0
    return () => {
      times++
      if (times === 1) this.#once++
      if (times === 2) this.#again++
    }
  }

  #tell(): void {
    const line = `crowd ${this.#once} ${this.#again}`
    if (this.#told !== line) console.log(line)
    this.#told = line
  }
}

/** Nobody connects, so nothing need be at the target. */
function configOf(port: number, uuid: string): ProviderConfig {
  const services = [{ uuid, protocol: 'tcp', port: 9 }]
  const read = readProvider(Buffer.from(providerXml({ pipes: [{ port, services }] })), 'crowd.xml')
  if (!read.ok) throw new Error(read.problems.join('\n'))
  return read.value
}

function newId(bytes: number): Uint8Array {
  const id = new Uint8Array(bytes)
  systemRandom.fill(id)
  return id
}

endWithChildrenOnSignal()
const text = { type: 'string' } as const
const { values } = parseArgs({ options: { port: text, pipes: text, uuid: text } })
const config = configOf(wholeNumber(values.port, 'port'), values.uuid ?? '')
const crowd = new Crowd(config, await chooseSealing())
for (let count = wholeNumber(values.pipes, 'pipes'); count > 0; count--) await crowd.add(config.pipes[0]!)

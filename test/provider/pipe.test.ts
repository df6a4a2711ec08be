import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import type { Pipe as PipeConfig } from '../../src/config/read.ts'
import { openLog } from '../../src/log.ts'
import { CloseCode, ControlReader, encodeControl } from '../../src/protocol/index.ts'
import { Pipe } from '../../src/provider/pipe.ts'
import { Driver } from '../../src/runtime/driver.ts'
import { monotonicClock } from '../../src/runtime/system.ts'
import { Watchdog } from '../../src/runtime/watchdog.ts'
import { newEndpoint } from '../protocol/endpoints.ts'
import { Joined } from '../runtime/joined.ts'
import { MemoryCarrier } from '../runtime/memory-carrier.ts'
import { Talker } from '../runtime/talker.ts'
import { until } from '../runtime/until.ts'

const CONFIG: PipeConfig = {
  name: 'pipe1',
  hostname: '127.0.0.1',
  port: 9_000,
  rungs: [
    {
      carrier: 'udp',
      hostname: '127.0.0.1',
      port: 9_000,
      url: null,
      isTls: false,
      place: { line: 1, column: 1 },
    },
  ],
  probeSeconds: 60,
  fallbackAfterSeconds: 3,
  tls: null,
  insecure: false,
  keys: null,
  services: [],
}

describe('a pipe', () => {
  let joined: Joined
  let carrier: MemoryCarrier
  let driver: Driver
  let pipe: Pipe

  beforeEach(() => {
    joined = new Joined()
    carrier = new MemoryCarrier(new Map([['127.0.0.1', joined.carrier]]))
    driver = new Driver(newEndpoint({ seed: 60, now: monotonicClock() }), carrier, monotonicClock)
    pipe = new Pipe({
      config: CONFIG,
      rungs: [{ driver, hostname: '127.0.0.1', port: 9_000, loopbackOnly: true }],
      cryptos: [driver.endpoint.options.crypto],
      key: undefined,
      watchdog: new Watchdog(() => performance.now()),
      log: openLog({ level: 'error', isTerminal: false, stream: new PassThrough().resume() }),
      software: 'test',
      certificates: new Map(),
      fraction: () => 0,
      onRegistered: () => {},
    })
  })
  afterEach(async () => {
    await pipe.close()
    await joined.close()
  })

  it('begins with SETTINGS on the control stream (C-1)', async () => {
    pipe.start()
    await until(() => joined.sessions.length === 1, 'it is connected')
    const control = new Talker(joined.sessions[0]!.control)
    await until(() => control.bytesRead > 0, 'it says something')
    const reader = new ControlReader()
    reader.push(control.chunks[0]!)
    assert.deepEqual(reader.next(), { kind: 'settings', software: 'test' })
  })

  it('dials again when its session is lost', async () => {
    pipe.start()
    await until(() => joined.sessions.length === 1, 'it is connected')
    joined.sessions[0]!.close(CloseCode.shuttingDown, '')
    await until(() => joined.sessions.length === 2, 'it is connected again')
  })

  it('dials again when its session was lost in the turn in which it opened: it used to believe itself connected', async () => {
    const { onEvent } = driver
    let hangsUp = true
    driver.onEvent = (event) => {
      onEvent(event)
      if (event.kind !== 'opened' || !hangsUp) return
      hangsUp = false
      event.session.close(CloseCode.none, '')
    }
    pipe.start()
    await until(() => carrier.dialled.length === 2, 'it dials again')
  })

  it('shows at its next dial the address token that its consumer gave it', async () => {
    const token = Uint8Array.from({ length: 33 }, (_, index) => index)
    let isKept = false
    const { endpoint } = driver
    const keep = endpoint.keepAddressToken.bind(endpoint)
    endpoint.keepAddressToken = (session, given) => {
      keep(session, given)
      isKept = true
    }
    pipe.start()
    await until(() => joined.sessions.length === 1, 'it is connected')
    joined.sessions[0]!.control.write(encodeControl({ kind: 'settings', software: 'test' }))
    joined.sessions[0]!.control.write(encodeControl({ kind: 'addressToken', token }))
    await until(() => isKept, 'it has heard')
    const sent: string[] = []
    const { send } = carrier
    carrier.send = (batch) => {
      sent.push(Buffer.from(batch.buffer.subarray(0, batch.length)).toString('hex'))
      return send.call(carrier, batch)
    }
    joined.sessions[0]!.close(CloseCode.shuttingDown, '')
    await until(() => joined.sessions.length === 2, 'it is connected again')
    assert.ok(sent.some((hex) => hex.startsWith('010121') && hex.includes(Buffer.from(token).toString('hex'))))
  })

  it('calls nobody once it was closed, even if that was while it dialled', async () => {
    pipe.start()
    await pipe.close()
    await until(() => driver.endpoint.isIdle, 'no session is left')
    assert.deepEqual(carrier.dialled, [])
  })
})

import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import type { Carrier, CarrierKind } from '../../src/carriers/carrier.ts'
import { openDriver } from '../../src/cli/link.ts'
import { openLog } from '../../src/log.ts'
import type { Crypto, SessionEvent } from '../../src/protocol/index.ts'
import type { Driver } from '../../src/runtime/driver.ts'
import { statsOf } from '../protocol/endpoints.ts'
import { MemoryConnections } from '../runtime/memory-connections.ts'
import { consumerCrypto, providerCrypto } from '../runtime/noise-endpoints.ts'
import { until } from '../runtime/until.ts'

/** Memory that says to be TCP, TLS or WebSocket, with what binds it. */
function carrierOf(kind: CarrierKind, binding: number, listener?: MemoryConnections): MemoryConnections {
  const carrier = new MemoryConnections(listener)
  Object.assign(carrier, {
    traits: { ...carrier.traits, kind },
    channelOf: () => ({ binding: new Uint8Array(32).fill(binding), peerNames: [] }),
  })
  return carrier
}

function driverOn(carrier: Carrier, role: 'listener' | 'dialler', crypto: Crypto): Driver {
  return openDriver({
    carrier,
    crypto,
    role,
    log: openLog({ level: 'error', isTerminal: false, stream: new PassThrough() }),
    instanceId: new Uint8Array(16).fill(role === 'listener' ? 1 : 2),
    surviveSeconds: 60,
    congestion: 'bbr',
    maxDatagramBytes: 1_200,
    ceilingDatagramBytes: 1_200,
  })
}

/** How a dial over such lines ends on the dialler's side. */
async function outcome(ours: [CarrierKind, number], theirs: [CarrierKind, number]): Promise<string> {
  const listening = carrierOf(...theirs)
  const consumer = driverOn(listening, 'listener', consumerCrypto())
  const dialling = carrierOf(...ours, listening)
  const provider = driverOn(dialling, 'dialler', providerCrypto())
  const events: SessionEvent[] = []
  provider.onEvent = (event) => events.push(event)
  const session = provider.dial(await dialling.connect())
  await until(() => events.length > 0, 'the dial has come to something')
  const [event] = events
  const { windowBytes } = statsOf(session)
  await Promise.all([consumer.close(0, ''), provider.close(0, '')])
  const { maxDatagramBytes } = provider.endpoint.options.settings
  return event!.kind === 'closed' ? `closed by ${event!.by}` : `${event!.kind}, ${maxDatagramBytes} of ${windowBytes}`
}

describe('a driver on what its carrier is', () => {
  it('lets the connection control itself, and fills its records', async () => {
    for (const kind of ['tcp', 'tls', 'websocket'] as const)
      assert.equal(await outcome([kind, 1], [kind, 1]), 'opened, 16384 of Infinity')
  })

  it('takes part in TLS of its own alone', async () => {
    assert.equal(await outcome(['tls', 1], ['tls', 2]), 'closed by line')
    assert.equal(await outcome(['tls', 1], ['tcp', 1]), 'closed by line')
  })

  it('does not mind who ends the TLS around TCP or WebSocket', async () => {
    assert.equal(await outcome(['websocket', 1], ['websocket', 2]), 'opened, 16384 of Infinity')
  })
})

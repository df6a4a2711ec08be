// Makes the carriers that a configuration names: of a listener, and of a way to a consumer.

import type { Carrier } from '../carriers/carrier.ts'
import type { StreamCarrier } from '../carriers/stream-carrier.ts'
import { openTcpCarrier } from '../carriers/tcp.ts'
import { openTlsCarrier } from '../carriers/tls.ts'
import type { DialTls, ListenTls } from '../carriers/tls-settings.ts'
import { openUdpCarrier, type UdpCarrier } from '../carriers/udp.ts'
import type { UdpSockets } from '../carriers/udp-socket.ts'
import { openWebSocketCarrier } from '../carriers/websocket.ts'
import type { Listener, Rung } from '../config/read.ts'

export interface ListenerWay {
  /** Null: it has none. */
  readonly tls: ListenTls | null
  readonly udp: UdpSockets
}

/** Rejects with a `CarrierError`. */
export function openListenerCarrier(
  listener: Listener,
  { tls, udp }: ListenerWay,
): Promise<UdpCarrier | StreamCarrier> {
  const { carrier, inaddrAny, port, path } = listener
  const where = { role: 'listener', reach: inaddrAny ? 'any' : 'loopback', port } as const
  if (carrier === 'udp') return openUdpCarrier(where, udp)
  if (carrier === 'websocket') return openWebSocketCarrier({ ...where, tls, path })
  return tls === null ? openTcpCarrier(where) : openTlsCarrier({ ...where, tls })
}

export interface RungWay {
  /** For ways with TLS; null: those authorities that Node knows, and no certificate of ours. */
  readonly tls: DialTls | null
  /** URL of the HTTP proxy on the way of a WebSocket; null: none. */
  readonly proxy: string | null
  readonly udp: UdpSockets
}

/** Rejects with a `CarrierError` if certificates or keys cannot be used. */
export function openRungCarrier({ carrier, url, isTls }: Rung, { tls, proxy, udp }: RungWay): Promise<Carrier> {
  if (url !== null) return openWebSocketCarrier({ role: 'dialler', url, tls: isTls ? tls : null, proxy })
  if (carrier === 'udp') return openUdpCarrier(DIALLER, udp)
  return isTls && tls !== null ? openTlsCarrier({ ...DIALLER, tls }) : openTcpCarrier(DIALLER)
}

const DIALLER = { role: 'dialler' } as const

/** True: it can be sent to without a connection. */
export function isUdp(carrier: UdpCarrier | StreamCarrier): carrier is UdpCarrier {
  return carrier.traits.kind === 'udp'
}

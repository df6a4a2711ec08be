// Packets in WebSocket messages, for networks that let nothing but the web through, and for reverse proxies in front of a listener.

import type { Reach } from './carrier.ts'
import type { Greeted } from './door.ts'
import { StreamCarrier } from './stream-carrier.ts'
import { type ListenTls, listenSettings } from './tls-settings.ts'
import { dialWebSocket, type WebSocketDialOptions } from './websocket-dial.ts'
import { greetWebSockets } from './websocket-greeter.ts'

export type WebSocketCarrierOptions =
  | {
      readonly role: 'listener'
      readonly reach: Reach
      readonly port: number
      /** Null: plain HTTP, as behind a proxy that ends TLS. */
      readonly tls: ListenTls | null
      /** What callers ask for; anything else is not found. */
      readonly path?: string
    }
  | ({ readonly role: 'dialler' } & WebSocketDialOptions)

export const DEFAULT_PATH = '/edgerq'

/** Rejects with a `CarrierError` if a listener's port cannot be had, or certificates or keys cannot be read. */
export async function openWebSocketCarrier(options: WebSocketCarrierOptions): Promise<StreamCarrier> {
  if (options.role === 'dialler') return new StreamCarrier('websocket', { dial: dialWebSocket(options) })
  const { path = DEFAULT_PATH } = options
  const settings = options.tls && listenSettings(options.tls)
  const newGreeter = (door: Greeted) => greetWebSockets(door, path, settings)
  const carrier = new StreamCarrier('websocket', { newGreeter })
  await carrier.listen(options.reach, options.port)
  return carrier
}

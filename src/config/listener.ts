// A <listener> of consumer.xml: where providers are awaited, over what, and whether others may reach it.

import type { Fields } from './fields.ts'
import { CARRIERS, type CarrierName } from './link-elements.ts'
import type { Problems } from './problems.ts'
import { type ListenerTls, readListenerTls } from './tls.ts'

export interface Listener {
  /** Of UDP, or else of TCP. 0: any free one. */
  readonly port: number
  readonly inaddrAny: boolean
  readonly carrier: CarrierName
  /** Means something for websocket only. */
  readonly path: string
  /** Null: links run without TLS. */
  readonly tls: ListenerTls | null
}

export function readListener(listener: Fields, problems: Problems): Listener {
  const carrier = listener.word('carrier', CARRIERS)
  if (listener.isWritten('path') && listener.isSound('carrier') && carrier !== 'websocket') {
    problems.add(listener.placeOf('path'), `<path> is for websocket, and this listener is ${carrier}; leave it out`)
  }
  return {
    port: listener.number('port'),
    inaddrAny: listener.isYes('inaddr_any'),
    carrier,
    path: listener.text('path'),
    tls: readListenerTls(listener, problems),
  }
}

/** Safe by default, where there are no keys: what others can reach needs certificates in their place. */
export function refuseStrangers(listener: Fields, problems: Problems): void {
  if (!listener.isYes('inaddr_any')) return
  const [tls] = listener.text('carrier') === 'udp' ? [] : listener.groups('listenerTls')
  const names = tls?.children.map(({ name }) => name) ?? []
  if (tls === undefined || !names.includes('ca')) {
    problems.add(listener.placeOf('inaddr_any'), NEITHER_KEYS_NOR_CERTIFICATES)
  } else if (!names.includes('allow')) {
    problems.add(tls, NOBODY_ALLOWED)
  }
}

const NEITHER_KEYS_NOR_CERTIFICATES =
  '<inaddr_any>yes</inaddr_any> lets other hosts reach this listener, which needs keys or certificates: run "edgerq keygen -o consumer.key" here and "edgerq keygen -o provider.key" where the provider runs: each says what to write where; or write <carrier>tcp</carrier> and <tls> with <ca>, of which each provider must then show a certificate, and an <allow> for each; or write no, or <insecure>yes</insecure> under <service_consumer> to open it to everybody'
const NOBODY_ALLOWED =
  '<allow> is missing in <tls>: without keys it is certificates that say who may serve what; write an <allow> for each provider'

// What a TLS connection says of its far end.

import type { TLSSocket } from 'node:tls'
import { type Channel, NO_CHANNEL } from './carrier.ts'
import { peerNames } from './peer-names.ts'

const BINDING_BYTES = 32

/** Registered names begin with EXPORTER, others should as well (RFC 8446 §7.5, RFC 5705 §4). */
const BINDING_LABEL = 'EXPORTER-edgerq'

/** To be asked once the handshake is done. */
export function channelOf(socket: TLSSocket): Channel {
  if (socket.destroyed) return NO_CHANNEL
  const names = socket.authorized ? socket.getPeerX509Certificate()?.subjectAltName : undefined
  return {
    binding: socket.exportKeyingMaterial(BINDING_BYTES, BINDING_LABEL, Buffer.alloc(0)),
    peerNames: names === undefined ? [] : peerNames(names),
  }
}

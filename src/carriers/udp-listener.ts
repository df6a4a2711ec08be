// Which sockets a UDP listener is made of.

import { isFamilyMissing } from './bind-failure.ts'
import type { Reach } from './carrier.ts'
import type { UdpSocket, UdpSockets } from './udp-socket.ts'

/** With port 0 the IPv4 socket chooses, and the number may be taken in IPv6: so often in a row is no accident. */
const MAX_PORT_CHOICES = 8

export function openListenerSockets(sockets: UdpSockets, reach: Reach, port: number): UdpSocket[] {
  return reach === 'any' ? [openAny(sockets, port)] : openLoopback(sockets, port)
}

function openAny(sockets: UdpSockets, port: number): UdpSocket {
  try {
    return sockets.open('dual', '::', port)
  } catch (error) {
    if (!isFamilyMissing(error)) throw error
    return sockets.open('ipv4', '0.0.0.0', port)
  }
}

function openLoopback(sockets: UdpSockets, port: number): UdpSocket[] {
  for (let choice = 1; ; choice++) {
    const ipv4 = sockets.open('ipv4', '127.0.0.1', port)
    try {
      return [ipv4, sockets.open('ipv6', '::1', ipv4.port)]
    } catch (error) {
      if (isFamilyMissing(error)) return [ipv4]
      void ipv4.close()
      if (port !== 0 || choice === MAX_PORT_CHOICES) throw error
    }
  }
}

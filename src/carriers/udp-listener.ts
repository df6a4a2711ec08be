// Which sockets a UDP listener is made of.

import { isFamilyMissing } from './bind-failure.ts'
import type { Reach } from './carrier.ts'
import { openUdpSocket, type UdpSocket } from './udp-socket.ts'

/** With port 0 the IPv4 socket chooses, and the number may be taken in IPv6: so often in a row is no accident. */
const MAX_PORT_CHOICES = 8

export function openListenerSockets(reach: Reach, port: number): UdpSocket[] {
  return reach === 'any' ? [openAny(port)] : openLoopback(port)
}

function openAny(port: number): UdpSocket {
  try {
    return openUdpSocket('dual', '::', port)
  } catch (error) {
    if (!isFamilyMissing(error)) throw error
    return openUdpSocket('ipv4', '0.0.0.0', port)
  }
}

function openLoopback(port: number): UdpSocket[] {
  for (let choice = 1; ; choice++) {
    const ipv4 = openUdpSocket('ipv4', '127.0.0.1', port)
    try {
      return [ipv4, openUdpSocket('ipv6', '::1', ipv4.port)]
    } catch (error) {
      if (isFamilyMissing(error)) return [ipv4]
      ipv4.handle.close()
      if (port !== 0 || choice === MAX_PORT_CHOICES) throw error
    }
  }
}

// Which sockets carry UDP: those with the kernel's batching where it is to be had, unless $EDGERQ_UDP_OFFLOAD or <udp_offload> says no.

import { dgramSockets } from '../carriers/dgram-socket.ts'
import { openUdpOffload } from '../carriers/udp-offload.ts'
import type { UdpSockets } from '../carriers/udp-socket.ts'
import type { Log } from '../log.ts'
import { ExitError, ExitStatus } from './exit.ts'
import { yesOrNo } from './yes-or-no.ts'

export interface UdpWish {
  readonly environment: NodeJS.ProcessEnv
  /** What the configuration says. */
  readonly udpOffload: boolean
  readonly log: Log
}

/** Says which. Throws what ends the program when the environment asks for batching that is not there: who names it wants no other. */
export async function wantedUdp(wish: UdpWish, tryOffload = openUdpOffload): Promise<UdpSockets> {
  const { environment, udpOffload, log } = wish
  const wanted = yesOrNo('EDGERQ_UDP_OFFLOAD', environment)
  const isInsisted = wanted === 'yes'
  const refusal = wanted === 'no' ? 'EDGERQ_UDP_OFFLOAD=no' : udpOffload || isInsisted ? null : '<udp_offload>no'
  const { sockets, whyNot } = refusal === null ? await tryOffload() : { sockets: null, whyNot: refusal }
  if (sockets === null && isInsisted) {
    throw new ExitError(
      ExitStatus.couldNotRun,
      `EDGERQ_UDP_OFFLOAD: the kernel's batching of datagrams cannot be used here: ${whyNot}; without it datagrams go one by one`,
    )
  }
  log.info('udpBatching', { by: sockets === null ? 'none' : 'kernel', because: whyNot ?? undefined })
  return sockets ?? dgramSockets
}

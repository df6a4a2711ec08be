// The kernel's batching for tests that need it; they are skipped aloud where it is not to be had.

import { type Libc, loadLibc } from '../../src/carriers/libc.ts'
import { openUdpOffload } from '../../src/carriers/udp-offload.ts'
import type { UdpSockets } from '../../src/carriers/udp-socket.ts'

/** Null: not on this machine. */
export const offloadHere: UdpSockets | null = await opened()

async function opened(): Promise<UdpSockets | null> {
  const { sockets, whyNot } = await openUdpOffload()
  if (sockets === null) console.warn(`    SKIPPED: tests with the kernel's batching of datagrams: ${whyNot}`)
  return sockets
}

/** The C library with calls that a test may make fail: `refuse` answers the code, or null for those that are to go through. */
export interface Refusing {
  readonly sockets: UdpSockets
  /** Asked before each `sendmsg`, with the segment size that the message asks for; 0: none. */
  refuse: (segmentBytes: number) => string | null
  /** Calls of `sendmsg` so far. */
  calls: number
}

export async function openRefusing(): Promise<Refusing> {
  const refusing = { refuse: () => null, calls: 0 } as unknown as { -readonly [Key in keyof Refusing]: Refusing[Key] }
  const opened = await openUdpOffload(async () => refusingLibc(await loadLibc(), refusing))
  refusing.sockets = opened.sockets!
  return refusing
}

/** Where the length of the control part and the segment size stand in what `sendmsg` is given. */
const CONTROL_BYTES_AT = 40
const SEGMENT_AT = 88

function refusingLibc(libc: Libc, refusing: Refusing): Libc {
  let refusal: string | null = null
  return {
    ...libc,
    sendmsg(fd, message, flags) {
      refusing.calls++
      const fields = new DataView(message.buffer, message.byteOffset)
      const isBatch = fields.getUint32(CONTROL_BYTES_AT, true) > 0
      refusal = refusing.refuse(isBatch ? fields.getUint16(SEGMENT_AT, true) : 0)
      return refusal === null ? libc.sendmsg(fd, message, flags) : -1
    },
    errorName() {
      const code = refusal ?? libc.errorName()
      refusal = null
      return code
    },
  }
}

import type { CloseCode } from '../errors.ts'
import type { Micros } from '../units.ts'
import type { AckFrame } from '../wire/ack-frame.ts'

/** What becomes of packets that were sent: one that looks for losses, and one for lines that have none. */
export interface Recovery {
  /** Probe timeouts in a row without an ACK. */
  readonly timeouts: number
  /** What the peer has told; µs. */
  peerMaxAckDelay: Micros
  /** As it stands, with its backoff. */
  readonly probeTimeout: Micros
  /** When something must be looked at; `Infinity`: nothing is waited for. */
  readonly deadline: Micros
  /** A packet that asks for an ACK has left. */
  onSent(now: Micros): void
  /** More would have been sent, had it been allowed. */
  onHeldBack(): void
  /** The peer is at another address: what was learnt of the way to the old one says nothing there. Reliable lines never move. */
  onNewPath(): void
  onAck(frame: AckFrame, now: Micros): CloseCode
  /** Called when `deadline` has come; answers how many probes leave at once. */
  onDeadline(now: Micros): number
}

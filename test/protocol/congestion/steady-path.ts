// A full window on a path whose round trip never changes: what a growth curve is drawn on.

import assert from 'node:assert/strict'
import type { AckedBytes } from '../../../src/protocol/congestion/controller.ts'
import { Cubic } from '../../../src/protocol/congestion/cubic.ts'
import { type Micros, SECOND } from '../../../src/protocol/units.ts'
import { acknowledge } from './acknowledge.ts'

export const DATAGRAM_BYTES = 1_200

/** Answers every packet of a full window; time passes only as told. */
export class SteadyPath {
  readonly cubic = new Cubic(DATAGRAM_BYTES)
  readonly rtt: Micros
  now: Micros = 3_600 * SECOND

  constructor(rtt: Micros) {
    this.rtt = rtt
  }

  get windowDatagrams(): number {
    return this.cubic.windowBytes / DATAGRAM_BYTES
  }

  /** Slow start in one ACK. */
  growTo(datagrams: number): void {
    this.acknowledge({ bytes: datagrams * DATAGRAM_BYTES - this.cubic.windowBytes })
    assert.equal(this.windowDatagrams, datagrams)
  }

  acknowledge(differences: Partial<AckedBytes>): void {
    const rtt = { latestRtt: this.rtt, smoothedRtt: this.rtt, minRtt: this.rtt }
    this.cubic.onAcked(acknowledge({ newestSentAt: this.now - this.rtt, ...rtt, ...differences }), this.now)
  }

  /** A window's worth of ACKs, two datagrams each, evenly over one round trip. */
  passRoundTrip(differences: Partial<AckedBytes> = {}): void {
    const acks = Math.max(1, Math.floor(this.windowDatagrams / 2))
    for (let i = 0; i < acks; i++) {
      this.now += this.rtt / acks
      this.acknowledge({ bytes: 2 * DATAGRAM_BYTES, ...differences })
    }
  }

  /** Loses one packet and lets the rest of its flight be acknowledged: recovery is over, the curve begins. */
  loseOne(): void {
    this.cubic.onLost(DATAGRAM_BYTES, this.now, this.now)
    this.now += this.rtt
  }
}

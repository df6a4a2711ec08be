// What applications do on one stream, as plain values: the opener's request, the acceptor's answer and when it comes.

import type { Micros } from '../../src/protocol/units.ts'
import { type FlowPlan, NAME_BYTES } from './flow.ts'

export interface StreamPlan {
  /** Not before so much time after the start of the run. */
  readonly opensAfter: Micros
  readonly request: FlowPlan
  readonly answer: FlowPlan
  /** Echo: the answer is the request's bytes, sent back as they come. */
  readonly answers: 'atOnce' | 'afterRequest' | 'echo'
}

/** Codes that nothing else uses, so that a wrong one shows. */
export const RESET_CODE = 0x51
export const STOP_CODE = 0x52

export function flow(bytes: number, changes: Partial<FlowPlan> = {}): FlowPlan {
  return { bytes, resetAfter: Infinity, stopAfter: Infinity, readPace: Infinity, readAfter: 0, ...changes }
}

export function stream(changes: Partial<StreamPlan>): StreamPlan {
  return { opensAfter: 0, request: flow(NAME_BYTES), answer: flow(0), answers: 'atOnce', ...changes }
}

/** The opener sends so many bytes and finishes. */
export function upload(bytes: number, changes: Partial<FlowPlan> = {}): StreamPlan {
  return stream({ request: flow(bytes, changes) })
}

/** The opener asks with a few bytes and gets so many. */
export function download(bytes: number, changes: Partial<FlowPlan> = {}): StreamPlan {
  return stream({ answer: flow(bytes, changes), answers: 'afterRequest' })
}

/** The opener sends all, closes its half, and only then the answer begins. */
export function exchange(requestBytes: number, answerBytes: number): StreamPlan {
  return stream({ request: flow(requestBytes), answer: flow(answerBytes), answers: 'afterRequest' })
}

/** Everything comes back as it came. */
export function echo(bytes: number): StreamPlan {
  return stream({ request: flow(bytes), answer: flow(bytes), answers: 'echo' })
}

/** The writer gives up in the middle. */
export function abandoned(bytes: number, resetAfter: number): StreamPlan {
  return upload(bytes, { resetAfter })
}

/** The reader has had enough in the middle. */
export function refused(bytes: number, stopAfter: number): StreamPlan {
  return upload(bytes, { stopAfter })
}

/** A download that its reader never takes. */
export function stalled(bytes: number): StreamPlan {
  return download(bytes, { readPace: 0 })
}

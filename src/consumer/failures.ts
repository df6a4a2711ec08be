// What the client is told when a stream failed before its answer began: one code for each cause.

import type { AnswerCode } from '../http/own-answers.ts'
import { StreamCode } from '../protocol/index.ts'

const ANSWERS: ReadonlyMap<number, AnswerCode> = new Map<StreamCode, AnswerCode>([
  [StreamCode.unknownService, 'EDGERQ-UNKNOWN-SERVICE'],
  [StreamCode.wrongKind, 'EDGERQ-UNKNOWN-SERVICE'],
  [StreamCode.targetRefused, 'EDGERQ-TARGET-REFUSED'],
  [StreamCode.targetTimedOut, 'EDGERQ-TARGET-CONNECT-TIMEOUT'],
  [StreamCode.targetUnreachable, 'EDGERQ-TARGET-UNREACHABLE'],
  [StreamCode.targetCertificate, 'EDGERQ-TARGET-CERTIFICATE'],
  [StreamCode.targetSilent, 'EDGERQ-TARGET-TIMEOUT'],
  [StreamCode.badAnswer, 'EDGERQ-TARGET-BAD-ANSWER'],
  [StreamCode.badFrames, 'EDGERQ-TARGET-BAD-ANSWER'],
  [StreamCode.peerReset, 'EDGERQ-TARGET-BAD-ANSWER'],
  [StreamCode.draining, 'EDGERQ-PROVIDER-BUSY'],
  [StreamCode.overloaded, 'EDGERQ-PROVIDER-BUSY'],
  [StreamCode.tooManyHops, 'EDGERQ-LOOP'],
  [StreamCode.stalled, 'EDGERQ-STALLED'],
  [StreamCode.idle, 'EDGERQ-STALLED'],
  [StreamCode.sessionLost, 'EDGERQ-LINK-LOST'],
  // The provider was told to end now: what it had begun may have been carried out.
  [StreamCode.cancelled, 'EDGERQ-LINK-LOST'],
])

/** `code`: of the reset or the stop by the provider, or our own for a session that was lost. */
export function answerFor(code: number): AnswerCode {
  return ANSWERS.get(code) ?? 'EDGERQ-INTERNAL'
}

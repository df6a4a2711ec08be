import assert from 'node:assert/strict'
import { answerFor } from '../../src/consumer/failures.ts'
import { OWN_ANSWERS } from '../../src/http/own-answers.ts'
import { isSafeToMove, StreamCode } from '../../src/protocol/index.ts'

/** What each code means to a client; a code that is added must be given a place here. */
const ANSWERS: Readonly<Record<keyof typeof StreamCode, string>> = {
  // They say that something is wrong with us, or with a peer that does not know what we said.
  none: 'EDGERQ-INTERNAL',
  internal: 'EDGERQ-INTERNAL',
  badHead: 'EDGERQ-INTERNAL',
  cancelled: 'EDGERQ-LINK-LOST',
  unknownService: 'EDGERQ-UNKNOWN-SERVICE',
  wrongKind: 'EDGERQ-UNKNOWN-SERVICE',
  targetRefused: 'EDGERQ-TARGET-REFUSED',
  targetTimedOut: 'EDGERQ-TARGET-CONNECT-TIMEOUT',
  targetUnreachable: 'EDGERQ-TARGET-UNREACHABLE',
  targetCertificate: 'EDGERQ-TARGET-CERTIFICATE',
  targetSilent: 'EDGERQ-TARGET-TIMEOUT',
  badAnswer: 'EDGERQ-TARGET-BAD-ANSWER',
  badFrames: 'EDGERQ-TARGET-BAD-ANSWER',
  peerReset: 'EDGERQ-TARGET-BAD-ANSWER',
  draining: 'EDGERQ-PROVIDER-BUSY',
  overloaded: 'EDGERQ-PROVIDER-BUSY',
  tooManyHops: 'EDGERQ-LOOP',
  stalled: 'EDGERQ-STALLED',
  idle: 'EDGERQ-STALLED',
  sessionLost: 'EDGERQ-LINK-LOST',
}

describe('a stream that failed before its answer began', () => {
  for (const [name, answer] of Object.entries(ANSWERS) as [keyof typeof StreamCode, string][]) {
    it(`is ${answer} to the client when the code is ${name}`, () => {
      assert.equal(answerFor(StreamCode[name]), answer)
    })

    it(`is not said to have been left undone when it may have been done (${name})`, () => {
      const { remedy } = OWN_ANSWERS[answerFor(StreamCode[name])]
      if (!isSafeToMove(StreamCode[name])) assert.doesNotMatch(remedy, /was not carried out/)
    })
  }

  it('is an error of our own for a code of a later version', () => {
    assert.equal(answerFor(0x7777), 'EDGERQ-INTERNAL')
  })
})

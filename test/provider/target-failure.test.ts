import assert from 'node:assert/strict'
import { causeOf, failureOf, type TargetFailure } from '../../src/provider/target-failure.ts'

function failed(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`connect ${code}`), { code })
}

const MEANINGS: Readonly<Record<TargetFailure, readonly string[]>> = {
  refused: ['ECONNREFUSED'],
  unreachable: ['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'EACCES', 'EMFILE', 'ENEW'],
  timedOut: ['ETIMEDOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT'],
  certificate: [
    ...['ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_SIGNATURE_FAILURE'],
    ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ...['SELF_SIGNED_CERT_IN_CHAIN', 'INVALID_PURPOSE', 'HOSTNAME_MISMATCH', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ],
  badAnswer: ['HPE_INVALID_CONSTANT', 'HPE_HEADER_OVERFLOW', 'HPE_INVALID_CONTENT_LENGTH'],
  reset: ['ECONNRESET', 'EPIPE', 'ECONNABORTED'],
}

describe('the failure of a target', () => {
  for (const [meaning, codes] of Object.entries(MEANINGS)) {
    it(`is ${meaning} for ${codes.join(', ')} (D-3)`, () => {
      assert.deepEqual(
        codes.map((code) => failureOf(failed(code))),
        codes.map(() => meaning),
      )
    })
  }

  it('of several addresses is that of the one which came nearest to an answer, and the cause names them all', () => {
    const several = (...codes: string[]) => new AggregateError(codes.map(failed), '')
    assert.equal(failureOf(several('ENETUNREACH', 'ECONNREFUSED')), 'refused')
    assert.equal(failureOf(several('ETIMEDOUT', 'ECONNREFUSED')), 'refused')
    assert.equal(failureOf(several('ENETUNREACH', 'ETIMEDOUT')), 'timedOut')
    assert.equal(causeOf(several('ENETUNREACH', 'ETIMEDOUT')), 'connect ENETUNREACH; connect ETIMEDOUT')
  })
})

import assert from 'node:assert/strict'
import type { Permit } from '../../src/consumer/admission.ts'
import { CertificatePermit } from '../../src/consumer/certificate-permit.ts'
import { type CertificateName, CertificateRules } from '../../src/consumer/certificate-rules.ts'
import { ControlReader, encodeControl, RefusalCode } from '../../src/protocol/index.ts'

const [A, B, C] = ['a', 'b', 'c'].map((letter) => `${letter.repeat(8)}-2222-3333-4444-555555555555`) as [
  string,
  string,
  string,
]
const NOT_LISTED = { code: RefusalCode.notAuthorised, sentence: 'the key is not listed' }
const LATE = { code: 'expired', sentence: 'The time of the key is over.' } as const

/** A key that is listed for some services; `asked`: what was asked of it. */
function keyPermit(listed: readonly string[], entry: typeof LATE | null = null) {
  const asked: string[] = []
  const permit: Permit = {
    key: 'SHA256:x',
    mostStreams: 7,
    enter() {
      asked.push('enter')
      return entry
    },
    isAsBefore: () => false,
    stayRefusal: () => LATE,
    serviceRefusal: (uuid) => (listed.includes(uuid) ? null : NOT_LISTED),
    leave: () => void asked.push('leave'),
  }
  return { permit, asked }
}

const RULES = new CertificateRules([{ name: 'a.test', services: [A, B] }])
const NAMES: readonly CertificateName[] = [{ kind: 'dns', value: 'a.test' }]
const STRANGER: readonly CertificateName[] = [{ kind: 'dns', value: 'x.test' }]

describe('the permit of a peer with a certificate', () => {
  it('is for the services that both the certificate and the key allow', () => {
    const permit = new CertificatePermit(keyPermit([B, C]).permit, NAMES, RULES)
    assert.equal(permit.enter(), null)
    assert.equal(permit.serviceRefusal(B), null)
    assert.equal(permit.serviceRefusal(A), NOT_LISTED)
    assert.deepEqual(permit.serviceRefusal(C), {
      code: RefusalCode.notCertified,
      sentence: `the certificate of a.test is not allowed ${C}; add it to services="…" of an <allow> for one of these names in <tls> of the consumer's listener`,
    })
  })

  it('is for nobody of whose names none is allowed, and the key is not asked then', () => {
    const { permit, asked } = keyPermit([A])
    const stranger = new CertificatePermit(permit, STRANGER, RULES)
    assert.deepEqual(stranger.enter(), {
      code: 'unknownCertificate',
      sentence: 'The consumer takes nobody with this certificate: it allows none of its names (x.test).',
    })
    assert.equal(stranger.serviceRefusal(A)?.code, RefusalCode.notCertified)
    assert.deepEqual(asked, [])
  })

  it('leaves everything else to the key', () => {
    const { permit: ofKey, asked } = keyPermit([A], LATE)
    const permit = new CertificatePermit(ofKey, NAMES, RULES)
    assert.equal(permit.enter(), LATE)
    assert.equal(permit.stayRefusal(), LATE)
    assert.deepEqual([permit.key, permit.mostStreams, permit.certificate], ['SHA256:x', 7, 'a.test'])
    permit.leave()
    assert.deepEqual(asked, ['enter', 'leave'])
  })

  it('is for whatever the key allows where no name is listed', () => {
    const permit = new CertificatePermit(keyPermit([A]).permit, STRANGER, new CertificateRules([]))
    assert.equal(permit.enter(), null)
    assert.equal(permit.serviceRefusal(A), null)
    assert.equal(permit.serviceRefusal(B), NOT_LISTED)
  })

  it('refuses in words that fit into a message, however many names there are', () => {
    const names = Array.from({ length: 500 }, (_, at) => ({ kind: 'dns', value: `host${at}.example.org` }) as const)
    const permit = new CertificatePermit(keyPermit([A]).permit, names, RULES)
    const { code, sentence: text } = permit.serviceRefusal(A)!
    const reader = new ControlReader()
    reader.push(encodeControl({ kind: 'refused', uuid: A, code, text }))
    assert.deepEqual(reader.next(), { kind: 'refused', uuid: A, code, text })
    assert.match(text, /is not allowed aaaaaaaa-.*; add it to services=/)
  })
})

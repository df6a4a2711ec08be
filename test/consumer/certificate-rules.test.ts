import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CertificateAllowance } from '../../src/config/read.ts'
import { type CertificateName, CertificateRules } from '../../src/consumer/certificate-rules.ts'

const [A, B] = ['aaaaaaaa-2222-3333-4444-555555555555', 'bbbbbbbb-2222-3333-4444-555555555555'] as const

const allow = (name: string, services: readonly string[] | null = [A]): CertificateAllowance => ({ name, services })
const dns = (value: string): CertificateName => ({ kind: 'dns', value })
const ip = (value: string): CertificateName => ({ kind: 'ip', value })
const uri = (value: string): CertificateName => ({ kind: 'uri', value })

function allowed(allows: readonly CertificateAllowance[], ...names: readonly CertificateName[]) {
  const found = new CertificateRules(allows).allowedFor(names)
  return found === null || found === 'all' ? found : [...found].sort()
}

describe('what the names of a certificate allow', () => {
  it('is what stands beside the one that is listed, and nothing where none is', () => {
    const rules = [allow('a.test'), allow('b.test', [B])]
    assert.deepEqual(allowed(rules, dns('a.test')), [A])
    assert.deepEqual(allowed(rules, dns('x.test'), dns('b.test')), [B])
    assert.equal(allowed(rules, dns('x.test')), null)
    assert.equal(allowed(rules), null)
  })

  it('is what all of them allow together, and everything if one allows everything', () => {
    const rules = [allow('a.test'), allow('b.test', [B]), allow('c.test', null), allow('d.test', [])]
    assert.deepEqual(allowed(rules, dns('a.test'), dns('b.test')), [A, B])
    assert.equal(allowed(rules, dns('a.test'), dns('c.test')), 'all')
    assert.deepEqual(allowed(rules, dns('d.test')), [])
  })

  it('is everything where no name is listed at all', () => {
    assert.equal(allowed([], dns('a.test')), 'all')
    assert.equal(allowed([]), 'all')
  })

  it('is the same for a DNS name in any case, and with the dot at its end', () => {
    assert.deepEqual(allowed([allow('A.Test')], dns('a.tEST')), [A])
    assert.deepEqual(allowed([allow('a.test')], dns('a.test.')), [A])
  })

  it('is the same for an address however it is written', () => {
    const written = ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8:0000::0001']
    for (const one of written) for (const other of written) assert.deepEqual(allowed([allow(one)], ip(other)), [A])
    assert.deepEqual(allowed([allow('192.0.2.1')], ip('192.0.2.1')), [A])
    assert.equal(allowed([allow('2001:db8::1')], ip('2001:db8::11')), null)
    assert.equal(allowed([allow('192.0.2.1')], ip('192.0.2.10')), null)
  })

  it('is for a URI that is written alike, to the letter', () => {
    const name = 'spiffe://example.org/lab'
    assert.deepEqual(allowed([allow(name)], uri(name)), [A])
    for (const other of ['spiffe://example.org/Lab', `${name}/`, 'SPIFFE://example.org/lab']) {
      assert.equal(allowed([allow(name)], uri(other)), null)
    }
  })

  it('is not to be had by a name of another kind: an authority may be trusted with one kind only', () => {
    assert.equal(allowed([allow('a.test')], uri('a.test'), { kind: 'email', value: 'a.test' }), null)
    assert.equal(allowed([allow('192.0.2.1')], dns('192.0.2.1'), uri('192.0.2.1')), null)
    assert.equal(allowed([allow('urn:x:y')], dns('urn:x:y')), null)
  })

  it('is not to be had by a pattern, or by a part of a name', () => {
    for (const name of ['*.test', '*', 'test', '.a.test', 'xa.test', 'a.test/', '']) {
      assert.equal(allowed([allow('a.test')], dns(name)), null, name)
    }
  })

  it('is never more than what is listed for names that the certificate has', () => {
    const word = fc.constantFrom('a.test', 'A.TEST', 'b.test', '192.0.2.1', '::1', '0:0:0:0:0:0:0:1', 'urn:x:y')
    const kind = fc.constantFrom('dns', 'ip', 'uri', 'email')
    const name = fc.record({ kind, value: word }) as fc.Arbitrary<CertificateName>
    const allowance = fc.record({ name: word, services: fc.option(fc.subarray([A, B])) })
    fc.assert(
      fc.property(fc.array(allowance, { minLength: 1 }), fc.array(name), (allows, names) => {
        const found = new CertificateRules(allows).allowedFor(names)
        const values = new Set(names.map(({ value }) => value.toLowerCase().replace('0:0:0:0:0:0:0:1', '::1')))
        const listed = allows.filter((one) => values.has(one.name.toLowerCase().replace('0:0:0:0:0:0:0:1', '::1')))
        if (found === 'all') assert.ok(listed.some(({ services }) => services === null))
        else
          for (const uuid of found ?? [])
            assert.ok(listed.some(({ services }) => services?.some((one) => one === uuid)))
      }),
    )
  })
})

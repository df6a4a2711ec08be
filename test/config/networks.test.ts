import assert from 'node:assert/strict'
import { readConsumer } from '../../src/config/read.ts'
import { assertProblem, consumer } from './documents.ts'

/** What the service of a small file trusts. */
function trusted(root: string, service = ''): readonly string[] {
  const outcome = readConsumer(consumer(root, service), 'f')
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problems.join('\n'))
  return outcome.value.services[0]!.trustedProxies
}

describe('<trusted_proxies>', () => {
  it('is this machine if nothing is said', () => assert.deepEqual(trusted(''), ['127.0.0.0/8', '::1/128']))

  it('none is nobody, which a service may say against the root', () => {
    assert.deepEqual(trusted('<trusted_proxies>none</trusted_proxies>'), [])
    assert.deepEqual(trusted('<trusted_proxies>::/0</trusted_proxies>', '<trusted_proxies>none</trusted_proxies>'), [])
  })

  const taken: readonly (readonly [text: string, networks: readonly string[]])[] = [
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['10.1.2.3/8,fd00::1/8', ['10.1.2.3/8', 'fd00::1/8']],
    [' 10.0.0.1 ,\n::1\t192.0.2.0/0,', ['10.0.0.1/32', '::1/128', '192.0.2.0/0']],
  ]
  for (const [text, networks] of taken) {
    it(`takes ${JSON.stringify(text)}`, () => {
      assert.deepEqual(trusted(`<trusted_proxies>${text}</trusted_proxies>`), networks)
    })
  }

  const refused: readonly (readonly [text: string, complaint: string])[] = [
    ['10.0.0.0/33', 'behind the / of "10.0.0.0/33" may stand 0 to 32'],
    ['::1/129', 'behind the / of "::1/129" may stand 0 to 128'],
    ['10.0.0.0/08', 'behind the / of "10.0.0.0/08" may stand 0 to 32'],
    ['10.0.0.0/', 'behind the / of "10.0.0.0/" may stand 0 to 32'],
    ['10.0.0.0/8/8', 'behind the / of "10.0.0.0/8/8" may stand 0 to 32'],
    ['10.0.0/8', '"10.0.0" is no IPv4 or IPv6 address'],
    ['10.0.0.256/8', '"10.0.0.256" is no IPv4 or IPv6 address'],
    ['::1, proxy.example', '"proxy.example" is no IPv4 or IPv6 address'],
    ['none ::1', '"none" is no IPv4 or IPv6 address'],
    [',', 'there is none in it'],
  ]
  for (const [text, complaint] of refused) {
    it(`refuses ${JSON.stringify(text)} and says which part of it`, () => {
      const form = `<trusted_proxies> must be networks such as 10.0.0.0/8 or fd00::/8, or none, not "${text}" (${complaint})`
      assertProblem(consumer(`<trusted_proxies>${text}</trusted_proxies>`), new RegExp(`^f:1:136: ${escaped(form)}$`))
    })
  }

  it('refuses to be empty', () => {
    assertProblem(consumer('<trusted_proxies/>'), /<trusted_proxies> is empty; it must be networks such as/)
  })
})

function escaped(text: string): string {
  return text.replace(/[/()[\]{}.*+?^$|\\]/g, '\\$&')
}

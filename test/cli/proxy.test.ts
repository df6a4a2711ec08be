import assert from 'node:assert/strict'
import { proxyFor } from '../../src/cli/proxy.ts'

const PROXY = 'http://proxy.test:3128'

describe('the proxy that the environment names', () => {
  it('is for wss:// alone, in either spelling, the lower case first', () => {
    assert.equal(proxyFor('wss://a.test/edgerq', { HTTPS_PROXY: PROXY }), PROXY)
    assert.equal(proxyFor('wss://a.test/edgerq', { https_proxy: PROXY, HTTPS_PROXY: 'http://other.test' }), PROXY)
    assert.equal(proxyFor('ws://a.test/edgerq', { HTTPS_PROXY: PROXY }), null)
    for (const nothing of [{}, { HTTPS_PROXY: '' }, { HTTP_PROXY: PROXY }]) {
      assert.equal(proxyFor('wss://a.test/edgerq', nothing), null)
    }
  })

  it('may be written without a scheme, and have a user and a password', () => {
    assert.equal(proxyFor('wss://a.test/', { HTTPS_PROXY: 'proxy.test:3128' }), PROXY)
    const withUser = 'https://me:secret@proxy.test'
    assert.equal(proxyFor('wss://a.test/', { HTTPS_PROXY: withUser }), withUser)
  })

  it('ends the program when it is none, and its text is not repeated', () => {
    for (const text of ['socks5://me:secret@proxy.test', 'http://me:secret@', 'http://me:secret@a b']) {
      assert.throws(
        () => proxyFor('wss://a.test/', { HTTPS_PROXY: text }),
        ({ name, message, status }) => {
          assert.match(message, /^HTTPS_PROXY in the environment is not the URL of an HTTP proxy/)
          assert.doesNotMatch(message, /secret/)
          return name === 'ExitError' && status === 2
        },
      )
    }
  })

  const exempts = (url: string, no_proxy: string) => proxyFor(url, { HTTPS_PROXY: PROXY, no_proxy }) === null

  it('is passed by for hosts of NO_PROXY and all below them', () => {
    for (const list of ['a.test', '.a.test', '*.a.test', 'x.test, A.Test', 'x.test  a.test', '*']) {
      assert.ok(exempts('wss://a.test/', list), list)
      assert.ok(exempts('wss://b.a.test/', list), list)
    }
    for (const list of ['', ',', 'b.test', 'est', 'ba.test', '.', 'a.test.']) {
      assert.ok(!exempts('wss://a.test/', list), list)
    }
  })

  it('is passed by for one port if that is written, and for addresses', () => {
    assert.ok(exempts('wss://a.test/', 'a.test:443'))
    assert.ok(!exempts('wss://a.test:8443/', 'a.test:443'))
    assert.ok(exempts('wss://a.test:8443/', 'a.test:8443'))
    assert.ok(exempts('wss://192.0.2.1/', '192.0.2.1'))
    for (const list of ['2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:443']) {
      assert.ok(exempts('wss://[2001:db8::1]/', list), list)
    }
    assert.ok(!exempts('wss://[2001:db8::1]/', '[2001:db8::1]:8443'))
  })
})

// stunnel/make-certificates.sh as people run it: what it makes, and that it touches nothing that is there.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAuthority } from '../../src/certificates/authority.ts'
import { projectFolder } from '../../stresstest/rig/places.ts'
import { openssl } from '../certificates/openssl.ts'
import { useFolder } from '../keys/folders.ts'
import { hasOpenssl } from '../provider/certificates.ts'

const FILES = ['ca.key', 'ca.pem', 'consumer.key', 'consumer.pem', 'provider.key', 'provider.pem']

describe('make-certificates.sh', () => {
  const path = useFolder()

  before(function () {
    if (hasOpenssl()) return
    console.warn('      SKIPPED: openssl is not installed, nothing has run stunnel/make-certificates.sh')
    this.skip()
  })

  function run(...args: readonly string[]) {
    return spawnSync('sh', [join(projectFolder, 'stunnel/make-certificates.sh'), ...args], { encoding: 'utf8' })
  }

  function assertMade(consumer: string, provider: string): void {
    const { status, stderr } = run(path('made'), consumer, provider)
    assert.deepEqual([status, stderr], [0, ''])
    assert.deepEqual(readdirSync(path('made')).sort(), FILES)
  }

  function isGood(name: string, ...args: readonly string[]): boolean {
    return openssl('verify', '-x509_strict', '-CAfile', path('made/ca.pem'), ...args, path(`made/${name}.pem`))
      .isContent
  }

  it('makes an authority and a certificate for each side, good for that side and its name alone', () => {
    assertMade('server.example.org', 'provider.example.org')
    assert.ok(isGood('consumer', '-purpose', 'sslserver', '-verify_hostname', 'server.example.org'))
    assert.ok(isGood('provider', '-purpose', 'sslclient', '-verify_hostname', 'provider.example.org'))
    assert.ok(!isGood('consumer', '-purpose', 'sslclient'))
    assert.ok(!isGood('provider', '-purpose', 'sslserver'))
    assert.ok(!isGood('consumer', '-verify_hostname', 'provider.example.org'))
  })

  it('takes addresses for names', () => {
    assertMade('192.0.2.1', '2001:db8::1')
    assert.ok(isGood('consumer', '-verify_ip', '192.0.2.1'))
    assert.ok(isGood('provider', '-verify_ip', '2001:db8::1'))
  })

  it('lets nobody but the owner read the keys', () => {
    assertMade('a', 'b')
    const modes = FILES.map((name) => statSync(path(`made/${name}`)).mode & 0o777)
    assert.deepEqual(modes, [0o400, 0o644, 0o400, 0o644, 0o400, 0o644])
  })

  it('makes an authority of which edgerq certs can issue more', () => {
    assertMade('a', 'b')
    assert.ok(openAuthority(path('made'), Date.now() + 1_000).untilMs > Date.now())
  })

  for (const file of FILES) {
    it(`touches nothing if there is a ${file}`, () => {
      assertMade('a', 'b')
      for (const other of FILES) if (other !== file) rmSync(path(`made/${other}`))
      const before = readFileSync(path(`made/${file}`))
      const { status, stderr } = run(path('made'), 'a', 'b')
      assert.equal(status, 1)
      assert.match(stderr, new RegExp(`/${file} is there already and was not touched`))
      assert.deepEqual(readdirSync(path('made')), [file])
      assert.deepEqual(readFileSync(path(`made/${file}`)), before)
    })
  }

  for (const name of ['', '-a', 'a b', 'a,DNS:b', 'a\nDNS:b', '$(id)', 'ä']) {
    it(`makes nothing for ${JSON.stringify(name)}, which is no name`, () => {
      const { status, stderr } = run(path('made'), 'a', name)
      assert.equal(status, 2)
      assert.match(stderr, /is no name of a host, and no address/)
      assert.ok(!existsSync(path('made')))
    })
  }

  it('leaves nothing behind when openssl fails, and shows what it said', () => {
    writeFileSync(path('openssl'), '#!/bin/sh\necho broken >&2\nexit 1\n', { mode: 0o755 })
    const PATH = `${path('.')}:${process.env.PATH}`
    const script = join(projectFolder, 'stunnel/make-certificates.sh')
    const { status, stderr } = spawnSync('sh', [script, path('made'), 'a', 'b'], {
      encoding: 'utf8',
      env: { ...process.env, PATH },
    })
    assert.equal(status, 1)
    assert.match(stderr, /^broken\n.*nothing was made/)
    assert.deepEqual(readdirSync(path('made')), [])
  })

  it('says how it is called', () => {
    const { status, stderr } = run()
    assert.equal(status, 2)
    assert.match(stderr, /usage: make-certificates\.sh FOLDER CONSUMER PROVIDER/)
  })
})

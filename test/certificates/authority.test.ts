// Who may be an authority: the folder is judged before anything is signed with it.

import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createAuthority, openAuthority } from '../../src/certificates/authority.ts'
import { signedBy } from '../../src/certificates/x509.ts'
import type { KeyFileCode } from '../../src/keys/key-file-error.ts'
import { useFolder } from '../keys/folders.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000
const VALIDITY = { fromMs: NOW_MS, untilMs: NOW_MS + DAY_MS }

describe('the folder of an authority', () => {
  const path = useFolder()

  function create(folder = 'ca'): Promise<void> {
    return createAuthority(path(folder), 'the authority', VALIDITY)
  }

  function assertRefused(code: KeyFileCode, message: RegExp, nowMs = NOW_MS): void {
    assert.throws(() => openAuthority(path('ca'), nowMs), { name: 'KeyFileError', code, message })
  }

  /** The key is one that nobody can write into, its owner neither. */
  function put(name: string, text: string | Buffer): void {
    rmSync(path(name), { force: true })
    writeFileSync(path(name), text, { mode: 0o600 })
  }

  it('is made for its owner alone, with a key that nobody writes into and a certificate that all may read', async () => {
    const umask = process.umask(0o077)
    await create('new/ca').finally(() => process.umask(umask))
    const modes = ['new/ca', 'new/ca/ca.key', 'new/ca/ca.pem'].map((name) => statSync(path(name)).mode & 0o777)
    assert.deepEqual(modes, [0o700, 0o400, 0o644])
  })

  it('opens as it was made, until it ends', async () => {
    await create()
    assert.equal(openAuthority(path('ca'), NOW_MS).untilMs, VALIDITY.untilMs)
  })

  it('is never made in the place of another', async () => {
    await create()
    const before = readFileSync(path('ca/ca.key'))
    await assert.rejects(create(), { code: 'exists', message: /ca\.key: there is such a file already/ })
    assert.deepEqual(readFileSync(path('ca/ca.key')), before)
    rmSync(path('ca/ca.key'))
    await assert.rejects(create(), { code: 'exists', message: /ca\.pem: there is such a file already/ })
    assert.ok(!existsSync(path('ca/ca.key')), 'a key without its certificate was left')
  })

  it('cannot be made where there is a file', async () => {
    writeFileSync(path('file'), '')
    await assert.rejects(create('file'), { code: 'unwritable', message: /this folder cannot be made/ })
  })

  it('is refused if one of its files is missing', async () => {
    mkdirSync(path('ca'))
    assertRefused('missing', /ca\.pem: there is no such file; the authority's certificate should be in it/)
    await create()
    rmSync(path('ca/ca.key'))
    assertRefused('missing', /ca\.key: there is no such file; the authority's private key should be in it/)
  })

  it('is refused if others can read its key, or write its certificate', async () => {
    await create()
    chmodSync(path('ca/ca.key'), 0o440)
    assertRefused('exposed', /ca\.key: its mode 0440 .*chmod 600/)
    chmodSync(path('ca/ca.key'), 0o400)
    chmodSync(path('ca/ca.pem'), 0o664)
    assertRefused('exposed', /ca\.pem: its mode 0664 .*chmod go-w/)
  })

  it('is refused if its files hold something else', async () => {
    await create()
    const good = { certificate: readFileSync(path('ca/ca.pem')), key: readFileSync(path('ca/ca.key')) }
    put('ca/ca.pem', 'no certificate\n')
    assertRefused('malformed', /ca\.pem: there is no certificate in it/)
    put('ca/ca.pem', good.certificate)
    put('ca/ca.key', good.certificate)
    assertRefused('malformed', /ca\.key: there is no private key in it/)
    const locked = { cipher: 'aes-256-cbc', passphrase: 'p', format: 'pem', type: 'pkcs8' } as const
    put('ca/ca.key', createPrivateKey(good.key).export(locked))
    assertRefused('malformed', /ca\.key: .* not encrypted/)
    put('ca/ca.key', good.key)
    openAuthority(path('ca'), NOW_MS)
  })

  it('is refused if its key is of another kind, or of another authority', async () => {
    await create()
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
    put('ca/ca.key', privateKey.export({ format: 'pem', type: 'pkcs8' }))
    assertRefused('malformed', /ca\.key: this is no ECDSA key of the curve P-256/)
    await create('other')
    put('ca/ca.key', readFileSync(path('other/ca.key')))
    assertRefused('malformed', /ca\.key: this is not the key of .*ca\.pem/)
  })

  it('is refused if its certificate is one that an authority has signed', async () => {
    await create()
    const order = { names: [{ type: 'dns', value: 'a' }], purposes: ['server'], validity: VALIDITY } as const
    const leaf = await signedBy(openAuthority(path('ca'), NOW_MS), order)
    put('ca/ca.pem', leaf.certificatePem)
    put('ca/ca.key', leaf.privateKeyPem)
    assertRefused('malformed', /ca\.pem: this certificate is none of an authority/)
  })

  it('is refused before its time and when it is over', async () => {
    await create()
    assertRefused('outdated', /ca\.pem: it was good until .*new authority in another folder/, VALIDITY.untilMs)
    assertRefused('outdated', /ca\.pem: it is good from .*clock/, VALIDITY.fromMs - 1_000)
  })

  it('may hold a key in the form that older programs write', async () => {
    await create()
    const key = createPrivateKey(readFileSync(path('ca/ca.key')))
    put('ca/ca.key', key.export({ format: 'pem', type: 'sec1' }))
    openAuthority(path('ca'), NOW_MS)
  })
})

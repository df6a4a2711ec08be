import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPublicKey, diffieHellman } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { inspect } from 'node:util'
import { createIdentity, type Identity, readIdentity, writeIdentity } from '../../src/keys/identity.ts'
import { KeyFileError } from '../../src/keys/key-file-error.ts'
import { keyText } from '../../src/keys/key-text.ts'
import { createPreSharedKeyFile, readPreSharedKey } from '../../src/keys/pre-shared-key.ts'
import { useFolder } from './folders.ts'

/** The error that `act` throws; it must be one for the operator, and name the file. */
function refusal(act: () => unknown, path: string): KeyFileError {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof KeyFileError, String(error))
    assert.equal(error.path, path)
    assert.ok(error.message.startsWith(`${path}: `), error.message)
    return error
  }
  return assert.fail('nothing was refused')
}

function sharedSecret(own: Identity, other: Identity): string {
  const x = Buffer.from(other.publicKey).toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
  return diffieHellman({ privateKey: own.privateKey, publicKey }).toString('hex')
}

describe('an identity', () => {
  const path = useFolder()

  it('comes back from its file as it was written', () => {
    const identity = createIdentity()
    writeIdentity(path('sc.key'), identity)
    const read = readIdentity(path('sc.key'))
    assert.deepEqual(Buffer.from(read.publicKey), Buffer.from(identity.publicKey))
    const other = createIdentity()
    assert.equal(sharedSecret(read, other), sharedSecret(other, identity))
  })

  it('is another one each time', () => {
    assert.notDeepEqual(createIdentity().publicKey, createIdentity().publicKey)
  })

  it('shows no private key when it is printed', () => {
    const identity = createIdentity()
    const { d } = identity.privateKey.export({ format: 'jwk' })
    const printed = inspect(identity, { depth: 9, showHidden: true }) + JSON.stringify(identity)
    assert.ok(!printed.includes(d!))
    assert.ok(!printed.includes(Buffer.from(d!, 'base64url').toString('hex')))
  })

  it('is written for this user alone, as one line, with nothing left beside it', () => {
    writeIdentity(path('sc.key'), createIdentity())
    assert.equal(statSync(path('sc.key')).mode & 0o777, 0o600)
    assert.match(readFileSync(path('sc.key'), 'utf8'), /^eqsk1:[\w-]{43}\n$/)
    assert.deepEqual(readdirSync(dirname(path('sc.key'))), ['sc.key'])
  })

  it('never takes the place of a file, a link or a folder', () => {
    writeFileSync(path('file'), 'precious')
    symlinkSync(path('nowhere'), path('link'))
    mkdirSync(path('folder'))
    for (const name of ['file', 'link', 'folder']) {
      const error = refusal(() => writeIdentity(path(name), createIdentity()), path(name))
      assert.equal(error.code, 'exists')
      assert.match(error.message, /not touched; choose another name/)
    }
    assert.equal(readFileSync(path('file'), 'utf8'), 'precious')
    assert.ok(!existsSync(path('nowhere')))
    assert.deepEqual(readdirSync(dirname(path('file'))).toSorted(), ['file', 'folder', 'link'])
  })

  it('is written into a folder that is there, and into no other', () => {
    const error = refusal(() => writeIdentity(path('no/sc.key'), createIdentity()), path('no/sc.key'))
    assert.equal(error.code, 'missing')
    assert.match(error.message, /no such folder; make it first/)
  })

  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666, 0o777]) {
    it(`is refused with mode ${mode.toString(8)}, with the command that mends it`, () => {
      const file = path('sc.key')
      writeIdentity(file, createIdentity())
      chmodSync(file, mode)
      const error = refusal(() => readIdentity(file), file)
      assert.equal(error.code, 'exposed')
      assert.ok(error.message.includes(`mode 0${mode.toString(8)}`), error.message)
      assert.match(error.message, /the private key of this side/)
      const [, command] = /run: (.*)$/.exec(error.message)!
      execFileSync('sh', ['-c', command!])
      readIdentity(file)
    })
  }

  it('names files with blanks and quotes in them so that the command still works', () => {
    const file = path("it's my $HOME key")
    writeIdentity(file, createIdentity())
    chmodSync(file, 0o644)
    const [, command] = /run: (.*)$/.exec(refusal(() => readIdentity(file), file).message)!
    execFileSync('sh', ['-c', command!])
    readIdentity(file)
  })

  for (const mode of [0o600, 0o400, 0o700]) {
    it(`is taken with mode ${mode.toString(8)}`, () => {
      writeIdentity(path('sc.key'), createIdentity())
      chmodSync(path('sc.key'), mode)
      readIdentity(path('sc.key'))
    })
  }

  it('is refused if it belongs to another user', function () {
    if (process.geteuid?.() !== 0) this.skip()
    writeIdentity(path('sc.key'), createIdentity())
    chownSync(path('sc.key'), 12_345, 12_345)
    const error = refusal(() => readIdentity(path('sc.key')), path('sc.key'))
    assert.equal(error.code, 'notOurs')
    assert.match(error.message, /user 12345.*run: chown 0 /)
  })

  it('is judged where a link leads to', () => {
    writeIdentity(path('real.key'), createIdentity())
    symlinkSync(path('real.key'), path('sc.key'))
    readIdentity(path('sc.key'))
    chmodSync(path('real.key'), 0o644)
    assert.equal(refusal(() => readIdentity(path('sc.key')), path('sc.key')).code, 'exposed')
  })

  it('is a regular file: a folder, a named pipe and a device are refused, and none is waited for', () => {
    mkdirSync(path('folder'), { mode: 0o700 })
    execFileSync('mkfifo', ['-m', '600', path('pipe')])
    for (const name of [path('folder'), path('pipe'), '/dev/null']) {
      assert.equal(refusal(() => readIdentity(name), name).code, 'notRegular', name)
    }
  })

  it('is said to be missing if there is no such file', () => {
    const error = refusal(() => readIdentity(path('sc.key')), path('sc.key'))
    assert.equal(error.code, 'missing')
    assert.match(error.message, /no such file/)
  })

  it('is not looked for in a file that is too large', () => {
    writeFileSync(path('sc.key'), `${keyText('private', Buffer.alloc(32, 9))}\n`.repeat(30), { mode: 0o600 })
    assert.equal(refusal(() => readIdentity(path('sc.key')), path('sc.key')).code, 'tooLarge')
  })

  it('may have the line ends of other editors around it', () => {
    const text = keyText('private', Buffer.alloc(32, 9))
    for (const [index, written] of [text, `${text}\r\n`, `\n ${text} \n\n`].entries()) {
      writeFileSync(path(`${index}.key`), written, { mode: 0o600 })
      readIdentity(path(`${index}.key`))
    }
  })

  const secret = keyText('private', Buffer.alloc(32, 9))
  const wrong: [string, string, RegExp][] = [
    ['is empty', '', /is empty; edgerq keygen/],
    ['holds a public key', 'eqpk1:hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo', /holds a public key/],
    ['holds a pre-shared key', keyText('preShared', Buffer.alloc(32, 9)), /holds a pre-shared key/],
    ['is cut short', secret.slice(0, -1), /the key is damaged/],
    ['holds two keys', `${secret}\n${secret}`, /the key is damaged/],
    ['holds a key of OpenSSL', '-----BEGIN PRIVATE KEY-----\nMC4CAQ', /holds something else/],
    ['is binary', '\0\xff\0', /holds something else/],
  ]
  for (const [how, text, expected] of wrong) {
    it(`is refused if the file ${how}, without a word of what stands in it`, () => {
      writeFileSync(path('sc.key'), text, { mode: 0o600, encoding: 'latin1' })
      const error = refusal(() => readIdentity(path('sc.key')), path('sc.key'))
      assert.equal(error.code, 'malformed')
      assert.match(error.message, expected)
      if (text.length > 7) assert.ok(!error.message.includes(text.slice(6, 16)), error.message)
    })
  }
})

describe('a pre-shared key', () => {
  const path = useFolder()

  it('is fresh, private, and read as 32 bytes', () => {
    createPreSharedKeyFile(path('a.psk'))
    createPreSharedKeyFile(path('b.psk'))
    assert.equal(statSync(path('a.psk')).mode & 0o777, 0o600)
    assert.equal(readPreSharedKey(path('a.psk')).length, 32)
    assert.notDeepEqual(readPreSharedKey(path('a.psk')), readPreSharedKey(path('b.psk')))
  })

  it('is refused if others may read it, and never overwritten', () => {
    createPreSharedKeyFile(path('a.psk'))
    assert.equal(refusal(() => createPreSharedKeyFile(path('a.psk')), path('a.psk')).code, 'exists')
    linkSync(path('a.psk'), path('b.psk'))
    chmodSync(path('b.psk'), 0o640)
    assert.equal(refusal(() => readPreSharedKey(path('a.psk')), path('a.psk')).code, 'exposed')
  })

  it('is no key of another kind', () => {
    writeIdentity(path('sc.key'), createIdentity())
    const error = refusal(() => readPreSharedKey(path('sc.key')), path('sc.key'))
    assert.equal(error.code, 'malformed')
    assert.match(error.message, /eqps1:.*edgerq keygen --psk/)
  })
})

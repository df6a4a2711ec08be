import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { readListenerTls, readPipeTls } from '../../src/cli/tls-files.ts'
import { type ConsumerConfig, type ProviderConfig, readConsumer, readProvider } from '../../src/config/read.ts'
import { consumer, provider } from '../config/documents.ts'
import { useFolder } from '../keys/folders.ts'
import { Authority, hasOpenssl } from '../provider/certificates.ts'

function consumerConfig(listeners: string): ConsumerConfig {
  const outcome = readConsumer(consumer(listeners), 'c')
  return outcome.ok ? outcome.value : assert.fail(outcome.problems.join('\n'))
}

function providerConfig(tls: string): ProviderConfig {
  const pipe = `<pipe><carrier>tcp</carrier>${tls}`
  const outcome = readProvider(provider('', '::1').replace('<pipe>', pipe), 'p')
  return outcome.ok ? outcome.value : assert.fail(outcome.problems.join('\n'))
}

function listener(port: number, certificate: string, privateKey: string, ca = ''): string {
  const files = `<certificate>${certificate}</certificate><private_key>${privateKey}</private_key>${ca}`
  return `<listener><port>${port}</port><carrier>tcp</carrier><tls>${files}</tls></listener>`
}

describe('the files of <tls>', () => {
  const path = useFolder()
  let authority: Authority

  before(function () {
    if (!hasOpenssl()) {
      console.warn('      SKIPPED: openssl is not installed, nothing has read files of certificates for links')
      this.skip()
    }
    authority = new Authority()
  })
  after(() => authority?.remove())

  beforeEach(() => {
    const { cert, key } = authority.issue('DNS:a.test')
    writeFileSync(path('own.pem'), cert)
    writeFileSync(path('own.key'), key, { mode: 0o600 })
    writeFileSync(path('ca.pem'), authority.cert)
  })

  it('are read for each listener that has it, from the folder of the configuration', () => {
    const config = consumerConfig(
      listener(1, 'own.pem', './own.key') + listener(2, path('own.pem'), 'own.key', '<ca>ca.pem</ca>'),
    )
    const outcome = readListenerTls(config, path('consumer.xml'))
    assert.ok(outcome.ok, outcome.ok ? '' : outcome.problems.join('\n'))
    const [, plain, mutual] = config.listeners.map((each) => outcome.value.get(each))
    assert.deepEqual([plain?.ca, mutual?.ca], [null, authority.cert])
    assert.ok(plain?.key.startsWith('-----BEGIN PRIVATE KEY-----'))
    assert.equal(plain?.cert, mutual?.cert)
    assert.equal(outcome.value.size, 2)
  })

  it('are read for each pipe that has it, which need not show anything', () => {
    const config = providerConfig('<tls><ca>ca.pem</ca></tls>')
    const outcome = readPipeTls(config, path('provider.xml'))
    assert.deepEqual(outcome.ok && [...outcome.value.values()], [{ ca: authority.cert, cert: null, key: null }])
  })

  function problemsOf(certificate: string, privateKey: string, ca = ''): readonly string[] {
    const outcome = readListenerTls(consumerConfig(listener(1, certificate, privateKey, ca)), path('consumer.xml'))
    return outcome.ok ? [] : outcome.problems
  }

  it('are problems with file, element and what to do where they are missing or hold something else', () => {
    writeFileSync(path('text'), 'nothing of the kind\n', { mode: 0o600 })
    assert.deepEqual(problemsOf('none.pem', 'text', '<ca>text</ca>'), [
      `consumer.xml: <certificate> of listener 2: ${path('none.pem')}: there is no such file`,
      `consumer.xml: <private_key> of listener 2: ${path('text')}: there is no private key in it; give a PEM file with a private key that has no passphrase`,
      `consumer.xml: <ca> of listener 2: ${path('text')}: there is no certificate in it; it must be a PEM file`,
    ])
  })

  it('are told of a pipe by its name', () => {
    const config = providerConfig('<tls><certificate>x</certificate><private_key>own.key</private_key></tls>')
    const outcome = readPipeTls(config, path('provider.xml'))
    assert.deepEqual(!outcome.ok && outcome.problems, [
      `provider.xml: <certificate> of pipe pipe1: ${path('x')}: there is no such file`,
    ])
  })

  it('must not let others read the private key', () => {
    chmodSync(path('own.key'), 0o640)
    const [problem, ...more] = problemsOf('own.pem', 'own.key')
    assert.match(problem!, /<private_key> of listener 2: .*its mode 0640 lets other users of this machine read/)
    assert.match(problem!, /run: chmod 600 /)
    assert.deepEqual(more, [])
  })

  it('must belong together', () => {
    const { key } = authority.issue('DNS:b.test')
    writeFileSync(path('own.key'), key)
    assert.match(problemsOf('own.pem', 'own.key').join(), /own\.key does not belong to own\.pem; give the key/)
  })

  it('may not hold a key with a passphrase, which nobody could type', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    writeFileSync(path('own.key'), locked)
    assert.match(problemsOf('own.pem', 'own.key').join(), /the private key in it has a passphrase; give a PEM file/)
  })
})

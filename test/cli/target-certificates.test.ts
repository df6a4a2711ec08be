import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readTargetCertificates } from '../../src/cli/target-certificates.ts'
import { type ProviderConfig, readProvider } from '../../src/config/read.ts'
import { Authority, hasOpenssl } from '../provider/certificates.ts'

/** A provider with a service for each path; they are called a, b, c … */
function configWith(...caPaths: readonly string[]): ProviderConfig {
  const services = caPaths.map((path, index) => {
    const name = String.fromCharCode(97 + index)
    const uuid = `${String(index).repeat(8)}-2222-3333-4444-555555555555`
    return `<service><uuid>${uuid}</uuid><name>${name}</name><hostname>a.test</hostname><port>443</port><tls><ca>${path}</ca></tls></service>`
  })
  const pipe = `<pipe><hostname>::1</hostname><port>1</port><services>${services.join('')}</services></pipe>`
  const outcome = readProvider(`<service_provider><pipes>${pipe}</pipes></service_provider>`, 'f')
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problems.join('\n'))
  return outcome.value
}

describe('the files of <ca>', () => {
  let folder: string
  let configPath: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgerq-certificates-'))
    configPath = join(folder, 'provider.xml')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('that cannot be used are problems, each once and with what is wrong with it', () => {
    mkdirSync(join(folder, 'folder'))
    writeFileSync(join(folder, 'text.pem'), 'no certificate\n')
    writeFileSync(join(folder, 'key.pem'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')
    writeFileSync(join(folder, 'cut.pem'), '-----BEGIN CERTIFICATE-----\nMIIB')
    const paths = ['none.pem', 'folder', 'text.pem', 'key.pem', 'cut.pem', 'none.pem', '/nowhere/ca.pem']
    assert.deepEqual(readTargetCertificates(configWith(...paths), configPath), {
      ok: false,
      problems: [
        `provider.xml: <ca> of service a: ${folder}/none.pem: there is no such file`,
        `provider.xml: <ca> of service b: ${folder}/folder: this is a directory; give the path of a PEM file`,
        `provider.xml: <ca> of service c: ${folder}/text.pem: there is no certificate in it; it must be a PEM file`,
        `provider.xml: <ca> of service d: ${folder}/key.pem: there is no certificate in it; it must be a PEM file`,
        `provider.xml: <ca> of service e: ${folder}/cut.pem: certificate 1 in it cannot be read`,
        'provider.xml: <ca> of service g: /nowhere/ca.pem: there is no such file',
      ],
    })
  })

  describe('with certificates', () => {
    let authority: Authority

    before(function () {
      if (!hasOpenssl()) {
        console.warn('      SKIPPED: openssl is not installed, nothing has read files with certificates')
        this.skip()
      }
      authority = new Authority()
    })
    after(() => authority?.remove())

    it('are read from the folder of the configuration, or from anywhere, and known by what the configuration says', () => {
      const bundle = `of us: é\n${authority.cert}\n${authority.issue('DNS:a').cert}`
      writeFileSync(join(folder, 'ca.pem'), bundle, 'latin1')
      const outcome = readTargetCertificates(configWith('./ca.pem', authority.certPath), configPath)
      assert.ok(outcome.ok)
      assert.deepEqual(
        [...outcome.value],
        [
          ['./ca.pem', bundle],
          [authority.certPath, authority.cert],
        ],
      )
    })

    it('are refused if one of them is damaged: Node would pass over it', () => {
      const damaged = authority.cert.replace(/\nM\w/, '\nAA')
      writeFileSync(join(folder, 'ca.pem'), `${authority.cert}${damaged}`)
      const outcome = readTargetCertificates(configWith('ca.pem'), configPath)
      assert.ok(!outcome.ok)
      assert.match(outcome.problems[0]!, /certificate 2 in it cannot be read$/)
    })
  })
})

// Certificates as others see them: OpenSSL's own check of chains, and TLS handshakes.

import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:tls'
import { createAuthority, openAuthority } from '../../src/certificates/authority.ts'
import { type LeafOrder, type Pair, type Purpose, signedBy } from '../../src/certificates/x509.ts'
import { startPeer } from '../../stresstest/peer.ts'
import { useFolder } from '../keys/folders.ts'
import { hasOpenssl } from '../provider/certificates.ts'
import { openssl } from './openssl.ts'

const DAY_MS = 86_400_000
const WIDE = { fromMs: Date.now() - DAY_MS, untilMs: Date.now() + DAY_MS }
const BOTH: readonly Purpose[] = ['server', 'client']
const SERVER: Omit<LeafOrder, 'purposes'> = {
  names: [
    { type: 'dns', value: 'server.example.org' },
    { type: 'dns', value: '*.apps.example.org' },
    { type: 'ip', value: '127.0.0.1' },
    { type: 'ip', value: '::1' },
  ],
  validity: WIDE,
}

describe('a certificate', () => {
  const path = useFolder()

  beforeEach(() => createAuthority(path('.'), 'Größe, "of" O=us = #1', WIDE))

  function issue(order: Partial<LeafOrder> = {}): Promise<Pair> {
    return signedBy(openAuthority(path('.'), Date.now()), { ...SERVER, purposes: BOTH, ...order })
  }

  describe('that openssl checks', () => {
    before(function () {
      if (hasOpenssl()) return
      console.warn('      SKIPPED: openssl is not installed, nothing else has checked certificates')
      this.skip()
    })

    async function verify({ certificatePem }: Pair, ...args: readonly string[]): Promise<void> {
      writeFileSync(path('leaf.pem'), certificatePem)
      const { isContent, said } = openssl(
        'verify',
        '-x509_strict',
        '-CAfile',
        path('ca.pem'),
        ...args,
        path('leaf.pem'),
      )
      if (!isContent) throw new Error(said)
    }

    it('is good for the purposes and the names that it was made for', async () => {
      const leaf = await issue()
      for (const args of [
        ['-purpose', 'sslserver', '-verify_hostname', 'server.example.org'],
        ['-purpose', 'sslserver', '-verify_hostname', 'wiki.apps.example.org'],
        ['-purpose', 'sslserver', '-verify_ip', '127.0.0.1'],
        ['-purpose', 'sslserver', '-verify_ip', '::1'],
        ['-purpose', 'sslclient'],
      ]) {
        await verify(leaf, ...args)
      }
    })

    it('is good for no other name', async () => {
      const leaf = await issue()
      await assert.rejects(verify(leaf, '-verify_hostname', 'other.example.org'), /hostname mismatch/i)
      await assert.rejects(verify(leaf, '-verify_ip', '127.0.0.2'), /ip address mismatch/i)
    })

    it('is good for no other purpose', async () => {
      await assert.rejects(verify(await issue({ purposes: ['client'] }), '-purpose', 'sslserver'), /purpose/)
      await assert.rejects(verify(await issue({ purposes: ['server'] }), '-purpose', 'sslclient'), /purpose/)
    })

    it('is not good before or after its time', async () => {
      const leaf = await issue({ validity: { fromMs: WIDE.fromMs + 3_600_000, untilMs: WIDE.untilMs - 3_600_000 } })
      const at = (timeMs: number) => ['-attime', String(Math.floor(timeMs / 1_000))]
      await verify(leaf, ...at(WIDE.fromMs + 3_601_000))
      await assert.rejects(verify(leaf, ...at(WIDE.fromMs + 3_598_000)), /not yet valid/)
      await assert.rejects(verify(leaf, ...at(WIDE.untilMs - 3_598_000)), /expired/)
    })

    it('is none of another authority that is called the same', async () => {
      const leaf = await issue()
      await createAuthority(path('other'), 'Größe, "of" O=us = #1', WIDE)
      writeFileSync(path('leaf.pem'), leaf.certificatePem)
      assert.equal(openssl('verify', '-CAfile', path('other/ca.pem'), path('leaf.pem')).isContent, false)
    })

    it('may not sign another, though it is signed itself', async () => {
      const leaf = await issue()
      const between = {
        certificate: new X509Certificate(leaf.certificatePem).raw,
        privateKey: createPrivateKey(leaf.privateKeyPem),
      }
      const forged = await signedBy(between, { ...SERVER, purposes: BOTH })
      writeFileSync(path('between.pem'), leaf.certificatePem)
      await assert.rejects(verify(forged, '-untrusted', path('between.pem')), /invalid CA certificate/)
    })

    it('says its uses and names in the extensions of version 3, and which of them must be understood', async () => {
      writeFileSync(path('leaf.pem'), (await issue({ purposes: ['server'] })).certificatePem)
      const leaf = openssl('x509', '-noout', '-text', '-in', path('leaf.pem')).said
      assert.match(leaf, /Basic Constraints: critical\s+CA:FALSE/)
      assert.match(leaf, /Key Usage: critical\s+Digital Signature\n/)
      assert.match(leaf, /Extended Key Usage: \n\s+TLS Web Server Authentication\n/)
      assert.match(leaf, /Subject Alternative Name: \n\s+DNS:server\.example\.org, .*IP Address:127\.0\.0\.1/)
      const authority = openssl('x509', '-noout', '-text', '-in', path('ca.pem')).said
      assert.match(authority, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
      assert.match(authority, /Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
      const identifier = /Subject Key Identifier: \n\s+(\S+)/.exec(authority)![1]!
      assert.match(leaf, new RegExp(`Authority Key Identifier: \n\\s+(?:keyid:)?${identifier}`))
    })

    it('of a host whose name is too long for a subject has none, and says so in the way that must be understood', async () => {
      const value = `${'a'.repeat(60)}.example.org`
      const leaf = await issue({ names: [{ type: 'dns', value }] })
      await verify(leaf, '-purpose', 'sslserver', '-verify_hostname', value)
      const { said } = openssl('x509', '-noout', '-text', '-in', path('leaf.pem'))
      assert.match(said, /Subject: *\n/)
      assert.match(said, /Subject Alternative Name: critical/)
    })
  })

  it('names its authority by exactly the bytes by which that calls itself', async () => {
    const authority = new X509Certificate(openAuthority(path('.'), Date.now()).certificate)
    const leaf = new X509Certificate((await issue()).certificatePem)
    assert.equal(leaf.issuer, authority.subject)
    assert.equal(authority.subject, 'CN=Größe\\, \\"of\\" O=us = #1')
    assert.ok(leaf.checkIssued(authority))
  })

  it('has a number of 128 bits that no other has', async () => {
    const numbers = new Set<string>()
    for (let time = 0; time < 8; time++) {
      const { serialNumber } = new X509Certificate((await issue()).certificatePem)
      assert.ok(serialNumber.length > 24, serialNumber) // 32 digits, but for zeros in front, of which eight are a miracle
      numbers.add(serialNumber)
    }
    assert.equal(numbers.size, 8)
  })

  describe('in a handshake with certificates on both sides', () => {
    const ca = (): string => new X509Certificate(openAuthority(path('.'), Date.now()).certificate).toString()
    const shown = ({ certificatePem: cert, privateKeyPem: key }: Pair) => ({ cert, key, ca: ca() })

    /** What the server says to a client: by which name it believes it, or why not. Rejects with what the client has against the server. */
    async function greet(server: Pair, client: Pair | null, servername: string): Promise<string> {
      const listener = createServer({ ...shown(server), requestCert: true, rejectUnauthorized: false }, (socket) => {
        socket.end(
          socket.authorized ? String(socket.getPeerCertificate().subject.CN) : String(socket.authorizationError),
        )
      })
      const peer = await startPeer(listener, {})
      const trust = client === null ? { ca: ca() } : shown(client)
      const socket = connect({ port: peer.port, host: '127.0.0.1', servername, ...trust })
      try {
        const [text] = (await once(socket.setEncoding('utf8'), 'data')) as [string]
        return text
      } finally {
        socket.destroy()
        await peer.close()
      }
    }

    it('is believed by either', async () => {
      const client = await issue({ names: [{ type: 'dns', value: 'provider.example.org' }], purposes: ['client'] })
      const server = await issue({ purposes: ['server'] })
      assert.equal(await greet(server, client, 'server.example.org'), 'provider.example.org')
    })

    it('is not believed for another name, for another purpose, or where there is none', async () => {
      const [server, client] = [await issue({ purposes: ['server'] }), await issue({ purposes: ['client'] })]
      await assert.rejects(greet(server, client, 'other.example.org'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
      await assert.rejects(greet(client, client, 'server.example.org'), { code: 'INVALID_PURPOSE' })
      assert.equal(await greet(server, server, 'server.example.org'), 'INVALID_PURPOSE')
      assert.equal(await greet(server, null, 'server.example.org'), 'UNABLE_TO_GET_ISSUER_CERT')
    })
  })
})

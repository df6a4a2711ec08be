// Builds certificates: ECDSA P-256, X.509 version 3 (RFC 5280). The only file that knows the package which writes them; it is loaded when one
// is made and by no daemon, for it takes longer to load than all the rest of edgerq.

import 'reflect-metadata' // the package behind the next one looks for it as soon as it is loaded
import { type KeyObject, randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { CertificateName } from './names.ts'

/** A certificate and the private key that belongs to it, as the files hold them. */
export interface Pair {
  readonly certificatePem: string
  /** PKCS #8. */
  readonly privateKeyPem: string
}

export interface Validity {
  readonly fromMs: number
  readonly untilMs: number
}

/** `client`, `server`: on which side of a TLS connection it may be shown. */
export type Purpose = 'client' | 'server'

export interface LeafOrder {
  /** At least one. */
  readonly names: readonly CertificateName[]
  /** At least one. */
  readonly purposes: readonly Purpose[]
  readonly validity: Validity
}

export interface Issuer {
  /** DER. */
  readonly certificate: Uint8Array
  /** ECDSA P-256. */
  readonly privateKey: KeyObject
}

/** It may sign certificates and revocation lists, and no further authorities. */
export async function selfSigned(name: string, validity: Validity): Promise<Pair> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...frame(validity),
    name: nameOf(name),
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return pairOf(certificate, keys)
}

export async function signedBy(issuer: Issuer, { names, purposes, validity }: LeafOrder): Promise<Pair> {
  const authority = new x509.X509Certificate(issuer.certificate)
  const keys = await newKeys()
  const subject = names.find(({ value }) => value.length <= MOST_COMMON_NAME_CHARACTERS)?.value
  const certificate = await x509.X509CertificateGenerator.create({
    ...frame(validity),
    issuer: authority.subjectName,
    subject: nameOf(subject),
    publicKey: keys.publicKey,
    signingKey: await signingKeyOf(issuer.privateKey),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(purposes.map((purpose) => PURPOSES[purpose])),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await authorityKeyIdentifier(authority),
      // Critical where there is no subject (RFC 5280 §4.2.1.6).
      new x509.SubjectAlternativeNameExtension([...names], subject === undefined),
    ],
  })
  return pairOf(certificate, keys)
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const PURPOSES = { client: x509.ExtendedKeyUsage.clientAuth, server: x509.ExtendedKeyUsage.serverAuth } as const
/** RFC 5280 appendix A, ub-common-name. Hosts' names may be longer, and then stand in the alternative names alone. */
const MOST_COMMON_NAME_CHARACTERS = 64
const SERIAL_BYTES = 16

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function signingKeyOf(privateKey: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
}

/** A serial number at random: nobody has to keep count, and none can be foretold (RFC 5280 §4.1.2.2 allows 20 bytes). */
function frame({ fromMs, untilMs }: Validity) {
  return {
    serialNumber: randomBytes(SERIAL_BYTES).toString('hex'),
    notBefore: new Date(fromMs),
    notAfter: new Date(untilMs),
    signingAlgorithm: ALGORITHM,
  }
}

/** As UTF-8 said outright: the package gives a plain text with `#` or quotes in it a meaning of its own. */
function nameOf(commonName: string | undefined): x509.Name {
  return new x509.Name(commonName === undefined ? [] : [{ CN: [{ utf8String: commonName }] }])
}

/** The identifier as it stands in the authority's certificate: others may have made it by another rule. */
function authorityKeyIdentifier(authority: x509.X509Certificate): Promise<x509.AuthorityKeyIdentifierExtension> {
  const told = authority.getExtension(x509.SubjectKeyIdentifierExtension)
  if (told === null) return x509.AuthorityKeyIdentifierExtension.create(authority.publicKey)
  return Promise.resolve(new x509.AuthorityKeyIdentifierExtension(told.keyId))
}

async function pairOf(certificate: x509.X509Certificate, { privateKey }: webcrypto.CryptoKeyPair): Promise<Pair> {
  const key = await webcrypto.subtle.exportKey('pkcs8', privateKey)
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
  }
}

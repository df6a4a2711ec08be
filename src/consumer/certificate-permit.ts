// What a peer is allowed that has shown a certificate: what the certificate's names allow, and of that only what its key allows.

import { RefusalCode } from '../protocol/index.ts'
import type { EntryRefusal, Permit, ServiceRefusal } from './admission.ts'
import type { Allowed, CertificateName, CertificateRules } from './certificate-rules.ts'

/** Of many names the first are told: what is said to the peer must fit into a message, and what is logged into a line. */
const MOST_NAME_CHARACTERS = 120

export class CertificatePermit implements Permit {
  readonly certificate: string
  readonly #ofKey: Permit
  readonly #allowed: Allowed | null

  constructor(ofKey: Permit, names: readonly CertificateName[], rules: CertificateRules) {
    const told = names.map(({ value }) => value).join(', ')
    this.certificate = told.length > MOST_NAME_CHARACTERS ? `${told.slice(0, MOST_NAME_CHARACTERS)}…` : told
    this.#ofKey = ofKey
    this.#allowed = rules.allowedFor(names)
  }

  get key(): string | undefined {
    return this.#ofKey.key
  }

  get mostStreams(): number {
    return this.#ofKey.mostStreams
  }

  enter(): EntryRefusal | null {
    if (this.#allowed !== null) return this.#ofKey.enter()
    const sentence = `The consumer takes nobody with this certificate: it allows none of its names (${this.certificate}).`
    return { code: 'unknownCertificate', sentence }
  }

  isAsBefore(): boolean {
    return this.#ofKey.isAsBefore()
  }

  /** A certificate counts for as long as its connection. */
  stayRefusal() {
    return this.#ofKey.stayRefusal()
  }

  serviceRefusal(uuid: string): ServiceRefusal | null {
    const refusal = this.#ofKey.serviceRefusal(uuid)
    if (refusal !== null || this.#allowed === 'all' || this.#allowed?.has(uuid)) return refusal
    const remedy = `add it to services="…" of an <allow> for one of these names in <tls> of the consumer's listener`
    const sentence = `the certificate of ${this.certificate} is not allowed ${uuid}; ${remedy}`
    return { code: RefusalCode.notCertified, sentence }
  }

  leave(): void {
    this.#ofKey.leave()
  }
}

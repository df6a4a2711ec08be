// Opens connections to one target, in plain or with TLS. With TLS a connection that is not to whom the configuration says is no
// connection: nothing of a request has been sent on it when it fails.

import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import type { ProviderService } from '../config/read.ts'
import { writeDirectly } from '../sockets/direct-writes.ts'
import { hearOut } from '../sockets/peer-reset.ts'
import { connectOptions } from './target.ts'

interface Verification {
  /** Made once: reading the authorities is the dearest part of a connection. */
  readonly context: SecureContext
  /** Whom the certificate must be for. */
  readonly name: string
}

export class TargetConnector {
  readonly service: ProviderService
  readonly #verification: Verification | null
  /** Of the last connection that was in order: resuming it spares both sides the signatures. */
  #session: Buffer | undefined

  /** `ca`: what the file of <ca> holds; null without one. */
  constructor(service: ProviderService, ca: string | null) {
    this.service = service
    this.#verification = verificationFor(service, ca)
  }

  /** The event by which a socket says that it may be used; before it `error` says why not. */
  get openedEvent(): 'connect' | 'secureConnect' {
    return this.#verification === null ? 'connect' : 'secureConnect'
  }

  connect(): Socket {
    const verification = this.#verification
    const socket = verification === null ? connectPlain(connectOptions(this.service)) : this.#connectTls(verification)
    // Between two requests Node leaves a connection without a listener for a moment: a reset just then must not end the process.
    socket.on('error', () => {})
    writeDirectly(socket)
    hearOut(socket)
    return socket
  }

  #connectTls({ context, name }: Verification): Socket {
    const socket = connectTls({
      ...connectOptions(this.service),
      secureContext: context,
      rejectUnauthorized: true,
      // RFC 6066 §3: an address is no name, and a name has no dot at its end.
      servername: isIP(name) === 0 ? name.replace(/\.$/, '') : '',
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      ALPNProtocols: ['http/1.1'],
      ...(this.#session !== undefined && { session: this.#session }),
    })
    socket.setNoDelay(true)
    // Told only after the certificate was found in order; a resumed connection is not asked for its name again.
    socket.on('session', (session) => {
      this.#session = session
    })
    socket.once('error', () => {
      this.#session = undefined
    })
    return socket
  }
}

function verificationFor({ target, tls }: ProviderService, ca: string | null): Verification | null {
  if (tls === null) return null
  const name = tls.name ?? (target.kind === 'tcp' ? target.hostname : null)
  if (name === null) throw new Error('a certificate cannot be verified without a name that it must be for')
  const context = createSecureContext({ ...(ca !== null && { ca }), minVersion: 'TLSv1.2' })
  return { context, name }
}

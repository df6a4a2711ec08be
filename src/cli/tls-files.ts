// The files that the <tls> of a <listener> or a <pipe> names: certificates, private keys, authorities.

import type { DialTls, ListenTls } from '../carriers/tls-settings.ts'
import type { ConsumerConfig, Listener, Outcome, Pipe, ProviderConfig } from '../config/read.ts'
import { NamedFiles } from './named-files.ts'
import { isPair, readCertificates, readPrivateKey } from './pem-files.ts'

/** What a pipe believes and shows. */
export type PipeTlsTexts = Omit<DialTls, 'servername'>

/** By listener, for those with TLS; or a line for each thing that cannot be used. */
export function readListenerTls(config: ConsumerConfig, configPath: string): Outcome<ReadonlyMap<Listener, ListenTls>> {
  const files = new NamedFiles(configPath)
  const found = new Map<Listener, ListenTls>()
  for (const [index, listener] of config.listeners.entries()) {
    if (listener.tls === null) continue
    const whose = config.listeners.length === 1 ? 'the listener' : `listener ${index + 1}`
    const { certificatePath, privateKeyPath, caPath } = listener.tls
    const pair = readPair(files, whose, certificatePath, privateKeyPath)
    const ca = readAuthorities(files, whose, caPath)
    if (pair !== null) found.set(listener, { ...pair, ca })
  }
  return outcomeOf(files, found)
}

/** By pipe, likewise. */
export function readPipeTls(config: ProviderConfig, configPath: string): Outcome<ReadonlyMap<Pipe, PipeTlsTexts>> {
  const files = new NamedFiles(configPath)
  const found = new Map<Pipe, PipeTlsTexts>()
  for (const pipe of config.pipes) {
    if (pipe.tls === null) continue
    const whose = `pipe ${pipe.name}`
    const { caPath, certificatePath, privateKeyPath } = pipe.tls
    const isShown = certificatePath !== null && privateKeyPath !== null
    const pair = isShown ? readPair(files, whose, certificatePath, privateKeyPath) : NOTHING_SHOWN
    const ca = readAuthorities(files, whose, caPath)
    if (pair !== null) found.set(pipe, { ...pair, ca })
  }
  return outcomeOf(files, found)
}

const NOTHING_SHOWN = { cert: null, key: null }

/** Null: they cannot be used. */
function readPair(files: NamedFiles, whose: string, certificatePath: string, keyPath: string) {
  const cert = files.read(`<certificate> of ${whose}`, certificatePath, readCertificates)
  const key = files.read(`<private_key> of ${whose}`, keyPath, readPrivateKey)
  if (cert === null || key === null) return null
  if (isPair(cert, key)) return { cert, key }
  const remedy = 'give the key that the certificate was made for, and put that certificate before others in its file'
  files.complain(`<private_key> of ${whose}`, `${keyPath} does not belong to ${certificatePath}; ${remedy}`)
  return null
}

/** Null: there are none, or they cannot be used. */
function readAuthorities(files: NamedFiles, whose: string, path: string | null): string | null {
  return path === null ? null : files.read(`<ca> of ${whose}`, path, readCertificates)
}

function outcomeOf<Found>({ problems }: NamedFiles, value: Found): Outcome<Found> {
  return problems.length === 0 ? { ok: true, value } : { ok: false, problems }
}

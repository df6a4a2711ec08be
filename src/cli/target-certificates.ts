// The files that <ca> names in provider.xml. They are part of the configuration: without one of them the program does not start.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { Outcome, ProviderConfig, ProviderService } from '../config/read.ts'

/** What each file holds, by its path as the configuration writes it; or a line for each that cannot be used. */
export function readTargetCertificates(
  config: ProviderConfig,
  configPath: string,
): Outcome<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  const problems: string[] = []
  for (const [caPath, service] of firstUsers(config)) {
    const path = resolve(dirname(configPath), caPath)
    try {
      texts.set(caPath, readCertificates(path))
    } catch (error) {
      const where = `${basename(configPath)}: <ca> of service ${service.name}`
      problems.push(`${where}: ${path}: ${complaintAbout(error as NodeJS.ErrnoException)}`)
    }
  }
  return problems.length === 0 ? { ok: true, value: texts } : { ok: false, problems }
}

/** Each path once, with the first service that names it. */
function firstUsers(config: ProviderConfig): ReadonlyMap<string, ProviderService> {
  const users = new Map<string, ProviderService>()
  for (const service of config.pipes.flatMap(({ services }) => services)) {
    const caPath = service.tls?.caPath ?? null
    if (caPath !== null && !users.has(caPath)) users.set(caPath, service)
  }
  return users
}

const BEGIN = '-----BEGIN CERTIFICATE-----'

class NoCertificate extends Error {}

/** Node passes over what it cannot read in such a file, and would then trust nobody, or not whom it should. */
function readCertificates(path: string): string {
  const text = readFileSync(path, 'latin1')
  const found = text.split(BEGIN).slice(1)
  if (found.length === 0) throw new NoCertificate('there is no certificate in it; it must be a PEM file')
  for (const [index, certificate] of found.entries()) {
    try {
      new X509Certificate(BEGIN + certificate)
    } catch (cause) {
      throw new NoCertificate(`certificate ${index + 1} in it cannot be read`, { cause })
    }
  }
  return text
}

function complaintAbout(error: NodeJS.ErrnoException): string {
  if (error instanceof NoCertificate) return error.message
  if (error.code === 'ENOENT') return 'there is no such file'
  if (error.code === 'EACCES') return 'this user may not read the file; change its owner or mode'
  if (error.code === 'EISDIR') return 'this is a directory; give the path of a PEM file'
  return `the file cannot be read: ${error.message}`
}

// The files that <ca> names for targets in provider.xml. They are part of the configuration: without one of them the program does not start.

import type { Outcome, ProviderConfig, ProviderService } from '../config/read.ts'
import { NamedFiles } from './named-files.ts'
import { readCertificates } from './pem-files.ts'

/** What each file holds, by its path as the configuration writes it; or a line for each that cannot be used. */
export function readTargetCertificates(
  config: ProviderConfig,
  configPath: string,
): Outcome<ReadonlyMap<string, string>> {
  const files = new NamedFiles(configPath)
  const texts = new Map<string, string>()
  for (const [caPath, service] of firstUsers(config)) {
    const text = files.read(`<ca> of service ${service.name}`, caPath, readCertificates)
    if (text !== null) texts.set(caPath, text)
  }
  const { problems } = files
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

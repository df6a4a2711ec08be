// The files that <identity> and <authorized_providers> name in consumer.xml. They are part of the configuration: without a usable one of
// each the program does not start.

import { basename, dirname, resolve } from 'node:path'
import type { ConsumerConfig, Outcome } from '../config/read.ts'
import { readAuthorizedFile } from '../keys/authorized-file.ts'
import { type Identity, readIdentity } from '../keys/identity.ts'
import { KeyFileError } from '../keys/key-file-error.ts'

export interface ConsumerKeys {
  readonly identity: Identity
  /** Of the file of authorized providers, which is good as far as it was looked at now. */
  readonly authorizedPath: string
}

/** Null: the consumer has no keys. */
export function readConsumerKeys({ keys }: ConsumerConfig, configPath: string): Outcome<ConsumerKeys | null> {
  if (keys === null) return { ok: true, value: null }
  const folder = dirname(configPath)
  const authorizedPath = resolve(folder, keys.authorizedPath)
  const { outcome } = readAuthorizedFile(authorizedPath)
  const problems = outcome.ok ? [] : outcome.problems
  try {
    const identity = readIdentity(resolve(folder, keys.identityPath))
    if (outcome.ok) return { ok: true, value: { identity, authorizedPath } }
    return { ok: false, problems }
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    return { ok: false, problems: [`${basename(configPath)}: <identity>: ${error.message}`, ...problems] }
  }
}

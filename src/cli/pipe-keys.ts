// What the keys of a <pipe> in provider.xml stand for: the files of <identity> and <psk_file>, and the bytes of <consumer_key>. They are part
// of the configuration: with one that cannot be used the program does not start.

import type { Outcome, Pipe, PipeKeyNames, ProviderConfig } from '../config/read.ts'
import { type Identity, readIdentity } from '../keys/identity.ts'
import { readKey } from '../keys/key-text.ts'
import { readPreSharedKey } from '../keys/pre-shared-key.ts'
import { NamedFiles } from './named-files.ts'

export interface PipeKeys {
  readonly identity: Identity
  /** One or two of 32 bytes. */
  readonly consumerKeys: readonly Uint8Array[]
  /** Null: none. */
  readonly psk: Uint8Array | null
}

/** By pipe, for those that have keys; or a line for each thing that cannot be used. */
export function readPipeKeys(config: ProviderConfig, configPath: string): Outcome<ReadonlyMap<Pipe, PipeKeys>> {
  const reading = new Reading(configPath)
  const found = new Map<Pipe, PipeKeys>()
  for (const pipe of config.pipes) {
    const keys = pipe.keys && reading.keysOf(pipe.name, pipe.keys)
    if (keys !== null) found.set(pipe, keys)
  }
  const { problems } = reading.files
  return problems.length === 0 ? { ok: true, value: found } : { ok: false, problems }
}

class Reading {
  readonly files: NamedFiles
  /** Many pipes may have one identity: it is read, and complained about, once. */
  readonly #identities = new Map<string, Identity | null>()

  constructor(configPath: string) {
    this.files = new NamedFiles(configPath)
  }

  keysOf(pipe: string, { identityPath, consumerKeys, pskPath }: PipeKeyNames): PipeKeys | null {
    const identity = this.#identity(identityPath)
    const keys = consumerKeys.map((text) => readKey('public', text))
    const psk = pskPath === null ? null : this.files.read(`<psk_file> of pipe ${pipe}`, pskPath, readPreSharedKey)
    for (const [index, key] of keys.entries()) {
      if (key === null)
        this.files.complain(`<consumer_key> of pipe ${pipe}`, `${consumerKeys[index]} is no key that can be used`)
    }
    const good = keys.filter((key) => key !== null)
    if (identity === null || good.length < keys.length || (psk === null && pskPath !== null)) return null
    return { identity, consumerKeys: good, psk }
  }

  #identity(path: string): Identity | null {
    const known = this.#identities.get(path)
    if (known !== undefined) return known
    const identity = this.files.read('<identity>', path, readIdentity)
    this.#identities.set(path, identity)
    return identity
  }
}

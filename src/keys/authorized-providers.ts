// The file of providers that a consumer believes: its text in, who may do what out, or every problem at once.
//
//   # the lab
//   services="11111111-2222-3333-4444-555555555555",from="10.0.0.0/8" eqpk1:hSDw…  lab, second floor
//   revoked eqpk1:mNxP…  the notebook that was lost
//
// A key may serve the services that its line lists and no others. A line that lists none is a problem: to let such a key serve
// everything would be too much, to let it serve nothing would be a mistake that nobody notices.

import { type LineParts, takeApart } from './authorized-line.ts'
import { type OptionsDraft, type PreSharedKeys, type ProviderOptions, readOption } from './authorized-options.ts'
import { apparentKind, readKey } from './key-text.ts'

export interface AuthorizedProvider extends ProviderOptions {
  /** As text, `eqpk1:…`. */
  readonly publicKey: string
  /** What the operator wrote behind the key; may be empty. */
  readonly comment: string
  /** Counts from 1. */
  readonly line: number
}

/** By public key as text, `eqpk1:…`. */
export type AuthorizedProviders = ReadonlyMap<string, AuthorizedProvider>

/** Each of `problems` is a line `FILE:LINE:COLUMN: what is wrong and what is allowed`. */
export type AuthorizedOutcome =
  | { readonly ok: true; readonly value: AuthorizedProviders }
  | { readonly ok: false; readonly problems: readonly string[] }

/** As for configuration files. */
export const MOST_AUTHORIZED_BYTES = 1_048_576

/** Ten times as many providers as one consumer is built for. */
const MOST_LINES = 10_000

/** Nobody reads further, and a hostile file must not buy a report larger than itself. */
const MOST_PROBLEMS = 100

/** `fileName` is only for the problems; `preSharedKeys` reads the files that `psk-file=` names. */
export function parseAuthorizedProviders(
  text: string,
  fileName: string,
  preSharedKeys: PreSharedKeys,
): AuthorizedOutcome {
  const reading = new Reading(fileName, preSharedKeys)
  if (Buffer.byteLength(text) > MOST_AUTHORIZED_BYTES) {
    reading.refuse(1, 1, `the file is too large; it must have at most ${MOST_AUTHORIZED_BYTES} bytes`)
    return reading.outcome()
  }
  const lines = text.replace(/^\uFEFF|(?:\r\n|\n|\r)$/g, '').split(/\r\n|\n|\r/)
  if (lines.length > MOST_LINES) {
    reading.refuse(MOST_LINES + 1, 1, `there are too many lines; there must be at most ${MOST_LINES}`)
    return reading.outcome()
  }
  for (const [index, line] of lines.entries()) {
    if (reading.isFull) break
    reading.read(line, index + 1)
  }
  return reading.outcome()
}

class Reading {
  readonly #fileName: string
  readonly #preSharedKeys: PreSharedKeys
  readonly #providers = new Map<string, AuthorizedProvider>()
  readonly #problems: string[] = []

  constructor(fileName: string, preSharedKeys: PreSharedKeys) {
    this.#fileName = fileName
    this.#preSharedKeys = preSharedKeys
  }

  /** True: what is found from now on is not told, so it need not be looked for. */
  get isFull(): boolean {
    return this.#problems.length >= MOST_PROBLEMS
  }

  outcome(): AuthorizedOutcome {
    if (this.#problems.length === 0) return { ok: true, value: this.#providers }
    const problems = [...this.#problems]
    if (this.isFull)
      problems.push(`${this.#fileName}: no more than ${MOST_PROBLEMS} problems are shown; there may be others`)
    return { ok: false, problems }
  }

  refuse(line: number, column: number, what: string): void {
    if (!this.isFull) this.#problems.push(`${this.#fileName}:${line}:${column}: ${what}`)
  }

  read(text: string, line: number): void {
    if (/^\s*(?:#|$)/.test(text)) return
    const parts = takeApart(text)
    if ('what' in parts) this.refuse(line, parts.column, parts.what)
    else this.#add(parts, line)
  }

  #add(parts: LineParts, line: number): void {
    const provider = withoutOptions(parts, line)
    this.#readOptions(parts.options, provider)
    const isSilent = !provider.isRevoked && !parts.options.some(({ name }) => name === 'services')
    const what = this.#keyProblem(parts.key) ?? (isSilent ? SERVES_NOTHING : null)
    if (what !== null) this.refuse(line, parts.keyColumn, what)
    if (!this.#providers.has(parts.key)) this.#providers.set(parts.key, Object.freeze(provider))
  }

  #readOptions(options: LineParts['options'], provider: OptionsDraft & { readonly line: number }): void {
    const seen = new Set<string>()
    for (const option of options) {
      if (this.isFull) return
      const what = seen.has(option.name)
        ? `${option.name} stands in this line twice; one of the two must go`
        : readOption(option, provider, this.#preSharedKeys)
      if (what !== null) this.refuse(provider.line, option.column, what)
      seen.add(option.name)
    }
  }

  #keyProblem(text: string): string | null {
    const first = this.#providers.get(text)
    if (first !== undefined) return `this key stands in line ${first.line} already; one of the two lines must go`
    if (readKey('public', text) !== null) return null
    // What may be a secret is not repeated: problems go to logs and screens.
    const kind = apparentKind(text)
    if (kind === 'private') return PRIVATE_KEY_HERE
    if (kind === 'preShared') return 'this is a pre-shared key; it belongs in a file of its own, which psk-file= names'
    return 'this is no public key; it must be eqpk1: and 43 characters, as edgerq pubkey prints them'
  }
}

function withoutOptions({ key, comment }: LineParts, line: number): AuthorizedProvider & OptionsDraft {
  return {
    publicKey: key,
    comment,
    line,
    services: NO_SERVICE,
    from: null,
    expiresAtMs: Infinity,
    maxSessions: Infinity,
    maxStreams: Infinity,
    preSharedKey: null,
    isRevoked: false,
  }
}

const NO_SERVICE: ReadonlySet<string> = new Set()

const SERVES_NOTHING =
  'this key may serve nothing: services="UUID,…" must list what it may serve (or write revoked, if it may not connect)'

const PRIVATE_KEY_HERE =
  'this is a PRIVATE key, which must never leave its file: make a new one, since others may have seen it, and write the public key here'

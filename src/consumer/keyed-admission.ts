// Lets in the keys that a file of authorized providers lists, for as long as it lists them, and for what it lists them for. Who shows a good
// token gets onto the list.

import { answerRefusal, connectRefusal, mayServe, type Refusal, stayRefusal } from '../keys/authority.ts'
import type { AuthorizedProvider } from '../keys/authorized-providers.ts'
import { type AuthorizedWatch, watchAuthorizedFile } from '../keys/authorized-watch.ts'
import { fingerprint, keyText } from '../keys/key-text.ts'
import { tokenPreSharedKey } from '../keys/token.ts'
import type { Log } from '../log.ts'
import { RefusalCode, type SessionHandle } from '../protocol/index.ts'
import { type Authorise, NO_PSK } from '../runtime/noise-crypto.ts'
import type { Admission, EntryRefusal, Permit, ServiceRefusal } from './admission.ts'
import { claimIn, type NewcomerParts, Newcomers } from './newcomers.ts'

/** Keys expire and peers move without a word from the file. */
const ASK_ANEW_EVERY_MS = 1_000

export type AdmissionStart =
  | { readonly ok: true; readonly value: KeyedAdmission }
  /** Each a line for the operator. */
  | { readonly ok: false; readonly problems: readonly string[] }

/** Reads the file and follows its changes. Its timers keep no program alive. */
export function openKeyedAdmission(parts: NewcomerParts): AdmissionStart {
  const { authorizedPath, log } = parts
  let admission: KeyedAdmission | null = null
  const started = watchAuthorizedFile(authorizedPath, {
    onChange(providers) {
      log.info('providersReloaded', { file: authorizedPath, keys: providers.size })
      admission?.onChange()
    },
    onProblems([problem, ...more]) {
      log.error('providersNotReloaded', { problem, more: more.length, meaning: 'what was read before still counts' })
    },
  })
  if (!started.ok) return started
  admission = new KeyedAdmission(started.value, new Newcomers(parts), log)
  return { ok: true, value: admission }
}

export class KeyedAdmission implements Admission {
  onChange: () => void = () => {}
  readonly newcomers: Newcomers
  readonly #watch: AuthorizedWatch
  readonly #log: Log
  readonly #timer: NodeJS.Timeout
  /** How many sessions each instance has, by key. */
  readonly #sessions = new Map<string, Map<string, number>>()

  constructor(watch: AuthorizedWatch, newcomers: Newcomers, log: Log) {
    this.newcomers = newcomers
    this.#watch = watch
    this.#log = log
    this.#timer = setInterval(() => this.onChange(), ASK_ANEW_EVERY_MS).unref()
  }

  /**
   * Strangers and revoked keys hear nothing. Who is listed, or knows the secret of a token, is answered, and told afterwards if something
   * else speaks against it.
   */
  readonly authorise: Authorise = (peerKey, initPayload) => {
    const provider = this.lineOf(keyText('public', peerKey))
    const claim = claimIn(initPayload)
    const isNewcomer = provider === undefined && claim !== null
    if (isNewcomer && !this.newcomers.isExpected(peerKey, claim)) return null
    const refusal = isNewcomer ? null : answerRefusal(provider)
    if (refusal !== null) {
      const key = fingerprint(peerKey)
      this.#log.some('strangerRefused', { key, code: refusal.code, why: refusal.sentence }, `${key} ${refusal.code}`)
      return null
    }
    if (claim !== null) this.newcomers.remember(peerKey, claim)
    return { psk: provider?.preSharedKey ?? (claim === null ? NO_PSK : tokenPreSharedKey(claim.secret)) }
  }

  permitOf(session: SessionHandle, address: () => string): Permit {
    return new KeyedPermit(this, session, address)
  }

  /** `key` as text, `eqpk1:…`. */
  lineOf(key: string): AuthorizedProvider | undefined {
    return this.#watch.providers.get(key)
  }

  /** Instances of this key that are here, but this one: a provider that changes its carrier has two sessions for a while, and counts once. */
  othersThan(instance: string, key: string): number {
    const sessions = this.#sessions.get(key)
    if (sessions === undefined) return 0
    return sessions.size - (sessions.has(instance) ? 1 : 0)
  }

  /** One session more, or one less. */
  count({ peerInstance }: SessionHandle, key: string, change: 1 | -1): void {
    const sessions = this.#sessions.get(key) ?? new Map<string, number>()
    const count = (sessions.get(peerInstance) ?? 0) + change
    if (count === 0) sessions.delete(peerInstance)
    else sessions.set(peerInstance, count)
    if (sessions.size === 0) this.#sessions.delete(key)
    else this.#sessions.set(key, sessions)
  }

  reload(): void {
    this.#watch.reload()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#watch.close()
  }
}

class KeyedPermit implements Permit {
  readonly key: string
  readonly #admission: KeyedAdmission
  readonly #session: SessionHandle
  readonly #address: () => string
  readonly #keyText: string
  #hasEntered = false
  /** The line and the path that were found good last: thousands of sessions are asked about each second, and seldom anything has changed. */
  #goodLine: AuthorizedProvider | undefined
  #goodPath = -1

  constructor(admission: KeyedAdmission, session: SessionHandle, address: () => string) {
    this.#admission = admission
    this.#session = session
    this.#address = address
    this.key = fingerprint(session.peerKey)
    this.#keyText = keyText('public', session.peerKey)
  }

  get mostStreams(): number {
    return this.#line?.maxStreams ?? 0
  }

  enter(): EntryRefusal | null {
    const refused = this.#enrol()
    if (refused !== null) return refused
    const sessions = this.#admission.othersThan(this.#session.peerInstance, this.#keyText)
    const refusal = connectRefusal(this.#line, { address: this.#address(), nowMs: Date.now(), sessions })
    if (refusal !== null) return refusal
    this.#hasEntered = true
    this.#admission.count(this.#session, this.#keyText, 1)
    return null
  }

  isAsBefore(): boolean {
    const line = this.#line
    if (line === undefined || line !== this.#goodLine || Date.now() >= line.expiresAtMs) return false
    return this.#session.path === this.#goodPath
  }

  stayRefusal(): Refusal | null {
    const line = this.#line
    const refusal = stayRefusal(line, { address: this.#address(), nowMs: Date.now() })
    if (refusal !== null) return refusal
    this.#goodLine = line
    this.#goodPath = this.#session.path
    return null
  }

  serviceRefusal(uuid: string): ServiceRefusal | null {
    if (mayServe(this.#line, uuid)) return null
    const remedy = `add it to services="…" of that key among the consumer's authorized providers`
    return { code: RefusalCode.notAuthorised, sentence: `key ${this.key} is not listed for ${uuid}; ${remedy}` }
  }

  leave(): void {
    if (!this.#hasEntered) return
    this.#hasEntered = false
    this.#admission.count(this.#session, this.#keyText, -1)
  }

  /** Who is not listed gets its line now, if it has shown a good token. Null: it has one, or never will by a token. */
  #enrol(): EntryRefusal | null {
    const { newcomers } = this.#admission
    const { peerKey } = this.#session
    if (this.#line !== undefined) {
      newcomers.welcomeBack(peerKey)
      return null
    }
    const refusal = newcomers.enrol(peerKey, this.#address())
    if (refusal === null) this.#admission.reload()
    return refusal ?? null
  }

  /** As the file says now. */
  get #line(): AuthorizedProvider | undefined {
    return this.#admission.lineOf(this.#keyText)
  }
}

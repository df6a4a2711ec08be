import type { Micros, PacketNumber, PathId } from './units.ts'

/** Where the core's randomness comes from: the kernel in the product, a printed seed in tests. */
export interface Random {
  /** Fills `into` with random bytes. */
  fill(into: Uint8Array): void
  /** A number in [0, 1): for jitter, never for secrets. */
  fraction(): number
}

/**
 * Protects the packets of one direction under one key. Works in place, in the caller's buffer: nothing is allocated.
 * `headerStart…headerEnd` is authenticated but not encrypted (the whole header is associated data).
 */
export interface Sealer {
  /** Encrypts `headerEnd…plainEnd` in place and writes the tag (TAG_BYTES) at `plainEnd`. */
  seal(counter: PacketNumber, buffer: Uint8Array, headerStart: number, headerEnd: number, plainEnd: number): void
}

export interface Opener {
  /**
   * Checks and decrypts `headerEnd…sealedEnd` (the tag is its last TAG_BYTES) in place.
   * False: forged or damaged; the bytes are then meaningless and no state may change.
   */
  open(counter: PacketNumber, buffer: Uint8Array, headerStart: number, headerEnd: number, sealedEnd: number): boolean
}

/** What both directions of a session are protected with once a handshake is through. */
export interface SessionKeys {
  readonly sealer: Sealer
  readonly opener: Opener
  /** How the same two sides agree on other keys; those of the first handshake serve for the whole session. */
  readonly renewal: Renewal
}

/** The further handshakes of a session. Either side may begin one; no other than the two that met in the first can take part. */
export interface Renewal {
  /** Of two handshakes that were begun at once ours goes on. On the other side it is the other way round. */
  readonly prevails: boolean
  dial(prologue: Uint8Array): DialHandshake
  /** Null: damaged, or not written by the peer of the first handshake. */
  answer(prologue: Uint8Array, header: Uint8Array, body: Uint8Array): AnswerHandshake | null
}

/** The half of a handshake that begins it: the dialler's, or that of whoever wants new keys. */
export interface DialHandshake {
  /**
   * Writes what follows the INIT header (ephemeral 32, static 48, payload + 16) at `at`; returns the end.
   * `header` is what stands before it and is authenticated with it.
   */
  writeInit(header: Uint8Array, payload: Uint8Array, into: Uint8Array, at: number): number
  /**
   * Reads what follows the RESP header. Null: not the answer to our INIT; the handshake stays as it was and can still finish.
   */
  readResp(header: Uint8Array, body: Uint8Array): RespRead | null
}

export interface RespRead {
  readonly payload: Uint8Array
  readonly keys: SessionKeys
  /** The listener's static public key, 32 bytes; empty: it has none of its own. */
  readonly peerKey: Uint8Array
}

/** The half that answers: made only after the INIT's own check passed. */
export interface AnswerHandshake {
  readonly payload: Uint8Array
  /** The dialler's static public key, 32 bytes: whom the INIT is from, or who is replayed. Empty: what it showed says nothing. */
  readonly peerKey: Uint8Array
  /** Writes what follows the RESP header (ephemeral 32, payload + 16) at `at`; returns the end, and the keys of the session. */
  writeResp(
    header: Uint8Array,
    payload: Uint8Array,
    into: Uint8Array,
    at: number,
  ): { readonly end: number; readonly keys: SessionKeys }
}

/** What shows that a sender gets what is sent to its address, without anything being kept of it meanwhile. */
export interface AddressProofs {
  /** 32 secret bytes that only this side can make of `label`; the same ones after a restart. */
  secretFor(label: Uint8Array): Uint8Array
  /** Writes 16 bytes over what stands before `end` that only holders of `key` can make. */
  macWith(key: Uint8Array, packet: Uint8Array, end: number, into: Uint8Array, at: number): void
  /** 32 bytes that everybody has who knows the listener's public key. COOKIEs are sealed with them. */
  readonly cookieKey: Uint8Array
  /** Seals what is small and seldom; the nonce has `NONCE_BYTES` and is not used twice with a key that is secret. */
  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array
  /** Null: forged or damaged. */
  open(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null
}

/** Key agreement, sealing and tokens: Noise in the product (src/runtime/noise-crypto.ts), something that hides nothing in the simulator. */
export interface Crypto extends AddressProofs {
  /** What a dialler shows in its INITs besides its key; only the listener can read it. */
  readonly credential?: Uint8Array | undefined
  /** `prologue` is bound into the handshake: both sides must have built the same one. */
  dial(prologue: Uint8Array): DialHandshake
  /** Null: the INIT does not verify; nothing is answered and nothing is kept. */
  answer(prologue: Uint8Array, header: Uint8Array, body: Uint8Array): AnswerHandshake | null
  /** Writes the 16-byte MAC that lets a listener drop foreign handshake packets before any work. */
  mac(packet: Uint8Array, end: number, into: Uint8Array, at: number): void
  /** The token that proves a RESET comes from whoever chose `connectionId`: HMAC(reset key, id), 16 bytes. */
  resetToken(connectionId: Uint8Array): Uint8Array
  /** Compares without telling by its duration where the difference is. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}

/** Bytes that a sealer adds behind what it protects. */
export const TAG_BYTES = 16
/** What `AddressProofs.seal` wants: the nonce of RFC 8439. */
export const NONCE_BYTES = 12

/**
 * What happens inside, for logs, counters and pictures. The core never logs; every method here may do nothing.
 * Called on the hot path: numbers only, nothing is built for it.
 */
export interface Trace {
  /** A datagram was thrown away unanswered; `reason` is one of `DropReason` in errors.ts. */
  dropped(reason: number, from: PathId, now: Micros): void
  packetSent(session: number, packet: PacketNumber, bytes: number, now: Micros): void
  packetReceived(session: number, packet: PacketNumber, bytes: number, now: Micros): void
  packetLost(session: number, packet: PacketNumber, bytes: number, now: Micros): void
  windowChanged(session: number, windowBytes: number, bytesInFlight: number, now: Micros): void
  /** Full datagrams of the session have so many bytes from now on: the path carries them, or has stopped carrying larger ones. */
  datagramsResized(session: number, bytes: number, now: Micros): void
  /** From now on the session seals with the keys of this `number`; `why` is one of `RekeyReason` in rekey/rekey.ts. */
  keysChanged(session: number, number: number, why: number, now: Micros): void
  /** The session ends for want of new keys: one sealed too many packets, or went on for too long. `why` as there. */
  keysExhausted(session: number, why: number, now: Micros): void
}

/** The trace that costs nothing. */
export const silentTrace: Trace = {
  dropped() {},
  packetSent() {},
  packetReceived() {},
  packetLost() {},
  windowChanged() {},
  datagramsResized() {},
  keysChanged() {},
  keysExhausted() {},
}

// What we use of sodium-native, which may be installed or not and brings no types.

declare module 'sodium-native' {
  const sodium: {
    /** `sealed` is TAG_BYTES longer than `plain` and may begin where it does. */
    crypto_aead_chacha20poly1305_ietf_encrypt(
      sealed: Uint8Array,
      plain: Uint8Array,
      associated: Uint8Array,
      unused: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    /** Throws if the bytes are not authentic, and then leaves zeros in `plain`. */
    crypto_aead_chacha20poly1305_ietf_decrypt(
      plain: Uint8Array,
      unused: null,
      sealed: Uint8Array,
      associated: Uint8Array,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
  }
  export default sodium
}

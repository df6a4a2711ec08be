// Bytes as text that survives shells, URLs and double clicks: base64url without padding (RFC 4648 §5), in its one canonical form.

export function base64urlOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** Null: not exactly what `base64urlOf` writes. Node's own decoder skips what it does not know and takes unused bits for nothing. */
export function bytesOfBase64url(text: string): Uint8Array | null {
  const decoded = Buffer.from(text, 'base64url')
  if (base64urlOf(decoded) !== text) return null
  const bytes = new Uint8Array(decoded) // a copy that is ours alone: small buffers share their memory with others
  decoded.fill(0)
  return bytes
}

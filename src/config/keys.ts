// What may stand in <consumer_key>: one public key, or two while a consumer changes its own. Whether a key can be used at all is found
// out where keys are read; here only its form counts.

const PUBLIC_KEY = /^eqpk1:[\w-]{43}$/

const MOST_KEYS = 2

/** Null: `text` is such a list. Otherwise what is wrong with it, without any part of it. */
export function keysComplaint(text: string): string | null {
  const keys = keysIn(text)
  if (keys.some((key) => key.startsWith('eqsk1:'))) {
    return 'a PRIVATE key must never leave its file: make a new one, since others may have seen it, and write its public key here'
  }
  if (keys.some((key) => key.startsWith('eqps1:'))) return 'this is a pre-shared key, whose file <psk_file> names'
  if (keys.length > MOST_KEYS) return `there are ${keys.length} in it`
  if (new Set(keys).size < keys.length) return 'both are the same'
  return keys.every((key) => PUBLIC_KEY.test(key)) ? null : 'this is none, or was cut short'
}

/** The keys of a list that was found good. */
export function keysIn(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((key) => key !== '')
}

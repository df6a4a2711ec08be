// Makes bad bytes out of good ones. All chance comes from one generator, so that a seed replays a run.

import { joined } from '../protocol/bytes.ts'
import type { Prng } from '../sim/prng.ts'

/** What one datagram holds: no decoder of the link takes more in one piece. */
export const MOST_BYTES = 1_400

type Words = readonly Uint8Array[]
type Change = (bytes: Uint8Array, random: Prng, others: Words, words: Words) => Uint8Array

const CHANGES: readonly Change[] = [
  flipBit,
  setByte,
  putWord,
  insertWord,
  truncate,
  cutOut,
  repeat,
  splice,
  append,
  append,
]

/** One to four changes of one of `seeds`; now and then none, since what comes before and after changes its meaning. */
export function mutated(seeds: Words, random: Prng, words: Words): Uint8Array {
  // Not `slice`: that of a Buffer copies nothing.
  let bytes = new Uint8Array(random.pick(seeds)) as Uint8Array
  if (random.chance(0.1)) return bytes
  for (let left = random.int(1, 4); left > 0; left--) bytes = random.pick(CHANGES)(bytes, random, seeds, words)
  return bytes
}

function flipBit(bytes: Uint8Array, random: Prng): Uint8Array {
  if (bytes.length > 0) bytes[random.int(0, bytes.length - 1)]! ^= 1 << random.int(0, 7)
  return bytes
}

function setByte(bytes: Uint8Array, random: Prng): Uint8Array {
  if (bytes.length > 0) bytes[random.int(0, bytes.length - 1)] = random.int(0, 255)
  return bytes
}

function putWord(bytes: Uint8Array, random: Prng, _others: Words, words: Words): Uint8Array {
  const word = random.pick(words)
  const at = random.int(0, bytes.length)
  return joined(bytes.subarray(0, at), word, bytes.subarray(at + word.length))
}

function insertWord(bytes: Uint8Array, random: Prng, _others: Words, words: Words): Uint8Array {
  const at = random.int(0, bytes.length)
  return joined(bytes.subarray(0, at), random.pick(words), bytes.subarray(at))
}

function truncate(bytes: Uint8Array, random: Prng): Uint8Array {
  return bytes.slice(0, random.int(0, bytes.length))
}

function cutOut(bytes: Uint8Array, random: Prng): Uint8Array {
  const from = random.int(0, bytes.length)
  return joined(bytes.subarray(0, from), bytes.subarray(random.int(from, bytes.length)))
}

function repeat(bytes: Uint8Array, random: Prng): Uint8Array {
  const from = random.int(0, bytes.length)
  const piece = bytes.subarray(from, random.int(from, bytes.length))
  const times = random.pick([1, 1, 1, 2, 2, 8, 64])
  // What is longer than a datagram already is not made much longer.
  const most = Math.ceil(MOST_BYTES / Math.max(piece.length, 1))
  return joined(bytes, ...Array.from({ length: Math.min(times, most) }, () => piece))
}

/** The beginning of one and the end of another. */
function splice(bytes: Uint8Array, random: Prng, others: Words): Uint8Array {
  const other = random.pick(others)
  return joined(bytes.subarray(0, random.int(0, bytes.length)), other.subarray(random.int(0, other.length)))
}

function append(bytes: Uint8Array, random: Prng, others: Words): Uint8Array {
  return joined(bytes, random.pick(others))
}

// Makes bad bytes out of good ones. All chance comes from one generator, so that a seed replays a run.

import { joined } from '../protocol/bytes.ts'
import type { Prng } from '../sim/prng.ts'

/** No decoder takes more in one piece. */
const MOST_BYTES = 1_400

/** Where fields end, lengths wrap and doubles stop being exact; one, two, four and eight bytes long. */
const BOUNDARIES: readonly Uint8Array[] = [
  '00',
  '01',
  '3f',
  '40',
  '7f',
  '80',
  'c0',
  'ff',
  '0000',
  '4000',
  '4040',
  '7fff',
  'ffff',
  '80000000',
  '80004000',
  'bfffffff',
  'ffffffff',
  'c000000000000000',
  'c000000040000000',
  'c0000000ffffffff',
  'c000000100000000',
  'c01ffffffffffffe',
  'c01fffffffffffff',
  'c020000000000000',
  'ffffffffffffffff',
].map((digits) => Uint8Array.from(Buffer.from(digits, 'hex')))

type Change = (bytes: Uint8Array, random: Prng, others: readonly Uint8Array[]) => Uint8Array

const CHANGES: readonly Change[] = [
  flipBit,
  setByte,
  putBoundary,
  insertBoundary,
  truncate,
  cutOut,
  repeat,
  splice,
  append,
  append,
]

/** One to four changes of one of `seeds`; now and then none, since what comes before and after changes its meaning. */
export function mutated(seeds: readonly Uint8Array[], random: Prng): Uint8Array {
  let bytes: Uint8Array = random.pick(seeds).slice()
  if (random.chance(0.1)) return bytes
  for (let left = random.int(1, 4); left > 0; left--) bytes = random.pick(CHANGES)(bytes, random, seeds)
  return bytes.slice(0, MOST_BYTES)
}

function flipBit(bytes: Uint8Array, random: Prng): Uint8Array {
  if (bytes.length > 0) bytes[random.int(0, bytes.length - 1)]! ^= 1 << random.int(0, 7)
  return bytes
}

function setByte(bytes: Uint8Array, random: Prng): Uint8Array {
  if (bytes.length > 0) bytes[random.int(0, bytes.length - 1)] = random.int(0, 255)
  return bytes
}

function putBoundary(bytes: Uint8Array, random: Prng): Uint8Array {
  const boundary = random.pick(BOUNDARIES)
  const at = random.int(0, bytes.length)
  return joined(bytes.subarray(0, at), boundary, bytes.subarray(at + boundary.length))
}

function insertBoundary(bytes: Uint8Array, random: Prng): Uint8Array {
  const at = random.int(0, bytes.length)
  return joined(bytes.subarray(0, at), random.pick(BOUNDARIES), bytes.subarray(at))
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
  const times = random.pick([1, 1, 2, 8, 64])
  return joined(bytes, ...Array.from({ length: times }, () => piece)).slice(0, MOST_BYTES)
}

/** The beginning of one and the end of another. */
function splice(bytes: Uint8Array, random: Prng, others: readonly Uint8Array[]): Uint8Array {
  const other = random.pick(others)
  return joined(bytes.subarray(0, random.int(0, bytes.length)), other.subarray(random.int(0, other.length)))
}

function append(bytes: Uint8Array, random: Prng, others: readonly Uint8Array[]): Uint8Array {
  return joined(bytes, random.pick(others))
}

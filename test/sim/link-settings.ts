// What one direction of a simulated link does to datagrams. All shares are in [0, 1]; times are µs.

import type { Micros } from '../../src/protocol/units.ts'

/** The link carries nothing in [start, start + length). */
export interface Blackout {
  readonly start: Micros
  readonly length: Micros
}

/** Gilbert–Elliott: per datagram, the chance to fall into the losing state and the chance to leave it again. */
export interface Bursts {
  readonly enter: number
  readonly leave: number
}

export interface LinkSettings {
  readonly delay: Micros
  /** Every datagram is late by up to this much more, evenly drawn: datagrams overtake each other. */
  readonly jitter: Micros
  /** Share lost, each datagram on its own. */
  readonly loss: number
  readonly bursts: Bursts | null
  /** After so many random losses in a row the next datagram passes. */
  readonly longestBurst: number
  /** Datagrams lost by their index, counted from 0 in the order they were sent. */
  readonly dropList: readonly number[]
  /** Share held back by `reorderBy`, so that later ones overtake it. */
  readonly reorder: number
  readonly reorderBy: Micros
  readonly duplicate: number
  /** Share in which one to three bits or bytes are changed. */
  readonly corrupt: number
  readonly bitsPerSecond: number
  /** Datagrams that may wait behind the one being sent; further ones are dropped. */
  readonly queuePackets: number
  /** Larger datagrams, in bytes of UDP payload, are dropped. */
  readonly mtu: number
  readonly blackouts: readonly Blackout[]
}

/** Does nothing to anybody. */
export const clearLink: LinkSettings = {
  delay: 0,
  jitter: 0,
  loss: 0,
  bursts: null,
  longestBurst: Infinity,
  dropList: [],
  reorder: 0,
  reorderBy: 0,
  duplicate: 0,
  corrupt: 0,
  bitsPerSecond: Infinity,
  queuePackets: Infinity,
  mtu: 65_507, // the largest UDP payload over IPv4
  blackouts: [],
}

/** The settings in which a link differs from a clear one, for messages. */
export function describeLink(link: Partial<LinkSettings>): string {
  const keys = Object.keys(link) as (keyof LinkSettings)[]
  const told = keys.filter((key) => link[key] !== clearLink[key])
  return told.map((key) => `${key}=${described(link[key])}`).join(' ') || 'clear'
}

function described(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

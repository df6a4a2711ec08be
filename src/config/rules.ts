// What both files have in common beyond the table: the settings of the link, and that some values may not be given twice.

import type { Fields } from './fields.ts'
import { inOrder, type Place, type Problems } from './problems.ts'
import { AUTO, CONGESTIONS, LEAST_DATAGRAM_BYTES, MOST_DATAGRAM_BYTES } from './schema.ts'

export type Congestion = (typeof CONGESTIONS)[number]

interface LinkSettings {
  readonly surviveSeconds: number
  readonly maxDatagramBytes: number
  /** Up to which size a path is searched. */
  readonly ceilingDatagramBytes: number
  readonly congestion: Congestion
  /** The kernel's batching of datagrams may be used. */
  readonly udpOffload: boolean
}

export function linkSettings(root: Fields): LinkSettings {
  const isAuto = root.text('max_datagram') === AUTO
  return {
    surviveSeconds: root.number('survive'),
    maxDatagramBytes: isAuto ? LEAST_DATAGRAM_BYTES : root.number('max_datagram'),
    ceilingDatagramBytes: isAuto ? MOST_DATAGRAM_BYTES : root.number('max_datagram'),
    congestion: root.word('congestion', CONGESTIONS),
    udpOffload: root.isYes('udp_offload'),
  }
}

/** Port 0 is a wish for any free port: many may have it. */
const SHAREABLE = '0'

/** Something of which a file may not hold two alike. */
export interface Given {
  readonly value: string
  readonly place: Place
}

/** What the siblings give for one element, but for what was refused. */
export function givenBy(siblings: readonly Fields[], name: string): readonly Given[] {
  return siblings
    .filter((sibling) => sibling.isSound(name) && sibling.text(name) !== SHAREABLE)
    .map((sibling) => ({ value: sibling.text(name), place: sibling.placeOf(name) }))
}

/** No two may be the same; `clash` ends a sentence that has named both lines. */
export function refuseRepeats(given: readonly Given[], problems: Problems, clash: (value: string) => string): void {
  const firsts = new Map<string, Place>()
  for (const { value, place } of given.toSorted((a, b) => inOrder(a.place, b.place))) {
    const first = firsts.get(value)
    if (first === undefined) firsts.set(value, place)
    else problems.add(place, `lines ${first.line} and ${place.line} ${clash(value)}`)
  }
}

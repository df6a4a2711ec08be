// What both files have in common beyond the table: the settings of the link, and that some values may not be given twice.

import type { Fields } from './fields.ts'
import type { Place, Problems } from './problems.ts'
import { AUTO, LEAST_DATAGRAM_BYTES } from './schema.ts'

interface LinkSettings {
  readonly surviveSeconds: number
  readonly maxDatagramBytes: number
  readonly congestion: 'cubic'
}

export function linkSettings(root: Fields): LinkSettings {
  const isAuto = root.text('max_datagram') === AUTO
  return {
    surviveSeconds: root.number('survive'),
    maxDatagramBytes: isAuto ? LEAST_DATAGRAM_BYTES : root.number('max_datagram'),
    congestion: root.word('congestion', ['cubic']),
  }
}

/** Port 0 is a wish for any free port: many may have it. */
const SHAREABLE = '0'

/** No two of `siblings` may give the same value; `clash` ends a sentence that has named both lines. */
export function refuseRepeats(
  siblings: readonly Fields[],
  name: string,
  problems: Problems,
  clash: (value: string) => string,
): void {
  const firsts = new Map<string, Place>()
  for (const sibling of siblings) {
    const value = sibling.text(name)
    if (!sibling.isSound(name) || value === SHAREABLE) continue
    const place = sibling.placeOf(name)
    const first = firsts.get(value)
    if (first === undefined) firsts.set(value, place)
    else problems.add(place, `lines ${first.line} and ${place.line} ${clash(value)}; each needs its own`)
  }
}

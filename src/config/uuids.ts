// What may stand where services are listed: their UUIDs, or all of them.

import { quote } from './problems.ts'

/** Instead of a list: every service, also those that are added later. */
export const ALL_SERVICES = '*'

/** Any version and variant: the UUIDs in the samples of old are of none. */
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** Null: `text` is such a list. Otherwise what is wrong with it. */
export function servicesComplaint(text: string): string | null {
  if (text === ALL_SERVICES) return null
  const members = membersOf(text)
  if (members.length === 0) return 'there is none in it'
  const stranger = members.find((member) => !isUuid(member))
  if (stranger !== undefined) return `${quote(stranger)} is no UUID`
  return new Set(members).size < members.length ? 'one stands there twice' : null
}

/** The UUIDs, in lower case, of a list that was found good; null: all. */
export function servicesIn(text: string): readonly string[] | null {
  return text === ALL_SERVICES ? null : membersOf(text)
}

function membersOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((member) => member !== '')
}

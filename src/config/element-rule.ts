// What the table of elements is made of: what may be said of an element that holds a value.

import type { GroupName } from './groups.ts'

/** What an element (or attribute) takes. What `later` lists is known, but not built in this version. */
export type Taken =
  | {
      readonly kind: 'number'
      readonly least: number
      readonly most: number
      readonly unit: string
      /** Digits allowed behind the point. */
      readonly decimals: number
      /** A word that may stand instead of the number. */
      readonly word?: string
    }
  | { readonly kind: 'word'; readonly words: readonly string[]; readonly later: readonly string[] }
  | { readonly kind: 'path or word'; readonly words: readonly string[] }
  /** Of a request: no query behind it. */
  | { readonly kind: 'url path' }
  | { readonly kind: 'websocket url' }
  | { readonly kind: 'uuid' }
  /** UUIDs, or all of them. */
  | { readonly kind: 'services' }
  | { readonly kind: 'host' }
  | { readonly kind: 'certificate name' }
  | { readonly kind: 'networks' }
  | { readonly kind: 'name' }
  /** Public keys, one or two. */
  | { readonly kind: 'keys' }
  /** On the disk of the program that reads it. */
  | { readonly kind: 'path'; readonly of: 'socket' | 'file' }
  /** The whole element is for a later version. */
  | { readonly kind: 'nothing yet' }

export interface AttributeRule {
  readonly name: string
  readonly takes: Taken
  /** As it would be typed. Null: the attribute must be there. Empty: what `absent` says. */
  readonly fallback: string | null
  readonly absent?: string
  readonly meaning: string
  /** The whole element. */
  readonly example: string
}

/** An element that holds a value. */
export interface ElementRule {
  readonly name: string
  readonly under: readonly GroupName[]
  readonly takes: Taken
  /** As it would be typed. Null: the element must be there. Empty: what `absent` says. */
  readonly fallback: string | null
  /** What holds without the element, where that is no fixed value. */
  readonly absent?: string
  readonly meaning: string
  readonly example: string
  readonly attributes?: readonly AttributeRule[]
  /** How many may stand side by side; left out: one. */
  readonly most?: number
}

export const YES_NO: Taken = { kind: 'word', words: ['yes', 'no'], later: [] }
export const PORT = integer(1, 65_535, '')
export const PORT_OR_ANY = integer(0, 65_535, '')

export function integer(least: number, most: number, unit: string): Taken {
  return { kind: 'number', least, most, unit, decimals: 0 }
}

import type { Answer } from './handshake/answer.ts'
import type { Dial } from './handshake/dial.ts'
import type { Micros } from './units.ts'
import type { CloseFrame } from './wire/close-frame.ts'

/** What a session is doing; each phase carries only its own facts. */
export type Phase =
  | { readonly kind: 'dialling'; readonly dial: Dial }
  | { readonly kind: 'unconfirmed'; readonly answer: Answer }
  | { readonly kind: 'open' }
  | { readonly kind: 'closing'; goodbyes: number; readonly leavesAt: Micros; readonly frame: CloseFrame }
  | { readonly kind: 'closed' }

export const OPEN: Phase = { kind: 'open' }
export const CLOSED: Phase = { kind: 'closed' }

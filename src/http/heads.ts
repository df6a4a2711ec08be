// The heads of a request and of its answer as they travel: structure, never lines. Who writes them to a socket again decides there how
// lines, lengths and chunks look, so that both ends of a link cannot come to read one message as two.
//
//   request   method | target | body | expects continue | upgrade, empty: none | fields
//   answer    status | reason | body | fields                                      interim heads too
//   fields    count | name | value | name | value …
//   body      0: none, 1: of a length, which follows, 2: of unknown length
//
// Numbers are varints, texts are latin1 behind their length. More than MOST_FIELDS fields are refused by who reads them, so who writes looks
// first.

import type { BodyFraming, FieldList } from './fields.ts'
import { HeadReader } from './head-reader.ts'
import { HeadWriter } from './head-writer.ts'

export interface RequestHead {
  readonly method: string
  /** As it stands in the request line. */
  readonly target: string
  readonly body: BodyFraming
  /** The client waits for 100 before it sends the body. */
  readonly expectsContinue: boolean
  /** What the client offers to speak instead of HTTP; never empty. */
  readonly upgrade: string | null
  readonly fields: FieldList
}

export interface AnswerHead {
  readonly status: number
  readonly reason: string
  readonly body: BodyFraming
  /** Both directions are opaque from here. The same as status 101. */
  readonly isUpgrade: boolean
  readonly fields: FieldList
}

const SWITCHING_PROTOCOLS = 101
const LEAST_STATUS = 100
/** What three digits can say; RFC 9110 §15 stops at 599, targets do not. */
const MOST_STATUS = 999

const writer = new HeadWriter()

export function encodeRequestHead(head: RequestHead): Uint8Array {
  writer.begin().text(head.method).text(head.target).body(head.body)
  writer.number(head.expectsContinue ? 1 : 0).text(head.upgrade ?? '')
  return writer.fields(head.fields).finish()
}

/** Null: not a head that may be written to a target. */
export function decodeRequestHead(payload: Uint8Array): RequestHead | null {
  const reader = new HeadReader(payload)
  const method = reader.token()
  const target = reader.target()
  const body = reader.body()
  const expectsContinue = reader.isSet()
  const upgrade = reader.fieldText()
  const fields = reader.fields()
  // It would make a tunnel of the connection to the target.
  if (!reader.isWhole || method === 'CONNECT') return null
  return { method, target, body, expectsContinue, upgrade: upgrade === '' ? null : upgrade, fields }
}

/** For HEAD and for INTERIM. */
export function encodeAnswerHead(head: AnswerHead): Uint8Array {
  if (head.isUpgrade !== (head.status === SWITCHING_PROTOCOLS)) throw new RangeError('101 and only 101 is an upgrade')
  return writer.begin().number(head.status).text(head.reason).body(head.body).fields(head.fields).finish()
}

/** What HEAD holds. Null: not a head that may be written to a client as the answer. */
export function decodeAnswerHead(payload: Uint8Array): AnswerHead | null {
  const head = readAnswerHead(payload)
  return head === null || isInterim(head.status) ? null : head
}

/** What INTERIM holds. Null: not a head that may be written to a client before the answer. */
export function decodeInterimHead(payload: Uint8Array): AnswerHead | null {
  const head = readAnswerHead(payload)
  return head === null || !isInterim(head.status) ? null : head
}

/** What TRAILERS holds. */
export function encodeFields(fields: FieldList): Uint8Array {
  return writer.begin().fields(fields).finish()
}

/** Null: not fields that may be written to a socket. */
export function decodeFields(payload: Uint8Array): FieldList | null {
  const reader = new HeadReader(payload)
  const fields = reader.fields()
  return reader.isWhole ? fields : null
}

function readAnswerHead(payload: Uint8Array): AnswerHead | null {
  const reader = new HeadReader(payload)
  const status = reader.number()
  const reason = reader.fieldText()
  const body = reader.body()
  const fields = reader.fields()
  if (!reader.isWhole || status < LEAST_STATUS || status > MOST_STATUS) return null
  return { status, reason, body, isUpgrade: status === SWITCHING_PROTOCOLS, fields }
}

/** RFC 9110 §15.2: another head follows. Nothing of HTTP follows 101. */
function isInterim(status: number): boolean {
  return status < 200 && status !== SWITCHING_PROTOCOLS
}

// What node's parser could not read, and what the client is told about it.

import type { AnswerCode } from '../http/own-answers.ts'

interface ParserError extends Error {
  readonly code?: string
  readonly reason?: string
  readonly rawPacket?: Uint8Array
}

export interface BrokenHead {
  readonly code: AnswerCode
  readonly detail?: string
}

/** The first byte of a TLS record that begins a handshake (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16

/** Null: the connection is gone, there is nobody to answer. */
export function causeOfBrokenHead(error: ParserError): BrokenHead | null {
  const { code = '', reason = '', rawPacket } = error
  if (code === 'HPE_HEADER_OVERFLOW') return { code: 'EDGERQ-HEAD-TOO-LARGE' }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return refused('the chunk extensions are too long')
  if (!code.startsWith('HPE_')) return null
  if (rawPacket?.[0] === TLS_HANDSHAKE) return refused('this port speaks plain HTTP, and what came looks like TLS')
  return refused(reason === '' ? code : reason)
}

function refused(detail: string): BrokenHead {
  return { code: 'EDGERQ-BAD-REQUEST', detail }
}

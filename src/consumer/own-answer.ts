// Gives a client an answer of the tunnel's own, and closes behind it in a way that lets the client read it.

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type AnswerFacts, renderOwnAnswer } from '../http/answer-page.ts'
import type { FieldList } from '../http/fields.ts'
import type { AnswerCode } from '../http/own-answers.ts'

/** A client that still sends is listened to for this long, so that the reset for what nobody read does not overtake the answer. */
const LINGER_MS = 2_000

/** The head must not have been sent. The connection closes behind it: what of the request was not read would be taken for the next. */
export function writeOwnAnswer(response: ServerResponse, code: AnswerCode, facts: AnswerFacts): void {
  const { method, headers } = response.req
  const answer = renderOwnAnswer(code, facts, headers.accept)
  response.writeHead(answer.status, answer.reason, [...answer.fields, 'Connection', 'close'])
  response.end(method === 'HEAD' ? undefined : answer.body)
}

/** For a request of which there is no more than a broken head. */
export function sendOwnAnswer(socket: Socket, code: AnswerCode, facts: AnswerFacts): void {
  const answer = renderOwnAnswer(code, facts, undefined)
  const fields: FieldList = [...answer.fields, 'Connection', 'close']
  const lines = [`HTTP/1.1 ${answer.status} ${answer.reason}`]
  for (let at = 0; at < fields.length; at += 2) lines.push(`${fields[at]}: ${fields[at + 1]}`)
  socket.write(`${lines.join('\r\n')}\r\n\r\n${answer.body}`)
  closeLingering(socket)
}

/** Ends our half and reads on, into nothing, until the client ends its own or time is up. */
export function closeLingering(socket: Socket): void {
  if (socket.destroyed) return
  socket.end()
  socket.removeAllListeners('data')
  socket.on('data', ignore)
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('end', () => socket.destroy())
  socket.once('close', () => clearTimeout(timer))
}

function ignore(): void {}

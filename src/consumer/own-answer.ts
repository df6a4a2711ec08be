// Gives a client an answer of the tunnel's own. The connection closes behind it.

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type AnswerFacts, renderOwnAnswer } from '../http/answer-page.ts'
import type { AnswerCode } from '../http/own-answers.ts'
import { answerHeadText } from './answer-head.ts'

/** Such an answer fits into any socket's buffer; a client that takes nothing for this long reads nothing at all. */
const TAKEN_WITHIN_MS = 60_000

/** The head must not have been sent. What of the request was not read would be taken for the next one, so there is no next one. */
export function writeOwnAnswer(response: ServerResponse, code: AnswerCode, facts: AnswerFacts): void {
  const { method, headers } = response.req
  const answer = renderOwnAnswer(code, facts, headers.accept)
  const timer = setTimeout(() => response.socket?.destroy(), TAKEN_WITHIN_MS)
  response.once('close', () => clearTimeout(timer))
  response.writeHead(answer.status, answer.reason, [...answer.fields, 'Connection', 'close'])
  response.end(method === 'HEAD' ? undefined : answer.body)
}

/** For a request of which there is no more than a broken head. Whoever calls it closes the socket. */
export function sendOwnAnswer(socket: Socket, code: AnswerCode, facts: AnswerFacts): void {
  const answer = renderOwnAnswer(code, facts, undefined)
  const head = answerHeadText(answer.status, answer.reason, [...answer.fields, 'Connection', 'close'])
  socket.write(`${head}${answer.body}`)
}

// What an answer of the tunnel's own must be like, whoever asks for it and in whatever form.

import assert from 'node:assert/strict'
import { type AnswerCode, OWN_ANSWERS } from '../../src/http/own-answers.ts'
import { textOf } from './clients.ts'
import { ask, type Question } from './http-clients.ts'

const FORMS = [
  ['application/json', /^application\/json/],
  ['text/html,application/xhtml+xml,*/*;q=0.8', /^text\/html/],
] as const

/** Asks as a program and as a browser, at the same time. */
export async function assertOwnAnswer(
  port: number,
  expected: `${number} ${AnswerCode}`,
  question: Question = {},
): Promise<void> {
  const [status, code] = expected.split(' ') as [string, AnswerCode]
  await Promise.all(
    FORMS.map(async ([accept, type]) => {
      const answer = await ask(port, { ...question, headers: { ...question.headers, accept } })
      const body = await textOf(answer)
      assert.equal(answer.statusCode, Number(status), body)
      assert.match(answer.headers['content-type'] ?? '', type)
      assert.equal(answer.headers['x-edgerq-error'], code)
      assert.equal(answer.headers['retry-after'], OWN_ANSWERS[code].retryAfterSeconds?.toString() ?? undefined)
      assert.match(answer.headers['x-request-id'] as string, /^[\da-f-]{36}$/)
      for (const words of [code, OWN_ANSWERS[code].side, answer.headers['x-request-id'] as string])
        assert.ok(body.includes(words), body)
      if (accept === 'application/json') assert.equal(JSON.parse(body).error.code, code)
    }),
  )
}

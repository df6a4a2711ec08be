import assert from 'node:assert/strict'
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http'
import fc from 'fast-check'
import { type AnswerFacts, renderOwnAnswer } from '../../src/http/answer-page.ts'
import { type AnswerCode, OWN_ANSWERS, REASONS } from '../../src/http/own-answers.ts'

const FACTS: AnswerFacts = { requestId: '0189-abc', service: 'web' }
const BROWSER = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'
const CODES = Object.keys(OWN_ANSWERS) as AnswerCode[]

const fieldsOf = ({ fields }: { readonly fields: readonly string[] }) =>
  new Map(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]!] as const] : [])))

const errorOf = (code: AnswerCode, facts: AnswerFacts) => JSON.parse(renderOwnAnswer(code, facts, undefined).body).error

describe("the table of the tunnel's own answers", () => {
  it('has the reasons that Node knows', () => {
    for (const [status, reason] of Object.entries(REASONS)) assert.equal(reason, STATUS_CODES[status])
  })

  it('asks to come again for 503, and for nothing else', () => {
    for (const [code, { status, retryAfterSeconds }] of Object.entries(OWN_ANSWERS)) {
      assert.equal(status === 503, retryAfterSeconds !== undefined && retryAfterSeconds > 0, code)
    }
  })

  it('blames clients with 4xx or 501 and nobody else', () => {
    for (const [code, { status, side }] of Object.entries(OWN_ANSWERS)) {
      assert.equal(status < 500 || status === 501, side === 'client', code)
    }
  })

  it('speaks in whole sentences', () => {
    for (const { message, remedy } of Object.values(OWN_ANSWERS)) {
      for (const words of [message, remedy]) assert.match(words, /^[A-Z].*[^.]\.$/)
    }
  })
})

describe('renderOwnAnswer', () => {
  for (const code of CODES) {
    it(`tells ${code} to programs and to people`, () => {
      const { status, side, message, remedy, retryAfterSeconds } = OWN_ANSWERS[code]
      const asJson = renderOwnAnswer(code, FACTS, '*/*')
      assert.deepEqual(JSON.parse(asJson.body), { error: { code, status, side, message, remedy, ...FACTS } })
      const asPage = renderOwnAnswer(code, FACTS, BROWSER)
      for (const words of [
        code,
        message,
        remedy,
        FACTS.requestId,
        FACTS.service,
        `${status} ${REASONS[status as 400]}`,
      ]) {
        assert.ok(asPage.body.includes(words), words)
      }
      assert.ok(asPage.body.includes(`<li aria-current="true">${side}</li>`))
      for (const answer of [asJson, asPage]) {
        const fields = fieldsOf(answer)
        assert.equal(answer.status, status)
        assert.equal(answer.reason, STATUS_CODES[status])
        assert.equal(fields.get('Content-Length'), String(Buffer.byteLength(answer.body)))
        assert.equal(fields.get('Cache-Control'), 'no-store')
        assert.equal(fields.get('Vary'), 'Accept')
        assert.equal(fields.get('X-Edgerq-Error'), code)
        assert.equal(fields.get('X-Request-Id'), FACTS.requestId)
        assert.equal(fields.get('Retry-After'), retryAfterSeconds?.toString())
      }
      assert.match(fieldsOf(asJson).get('Content-Type')!, /^application\/json\b/)
      assert.match(fieldsOf(asPage).get('Content-Type')!, /^text\/html; charset=utf-8$/)
    })
  }

  it('ends JSON with a line end, for terminals', () => {
    assert.match(renderOwnAnswer('EDGERQ-BUSY', FACTS, undefined).body, /\}\n$/)
  })

  it('adds what exactly was wrong if that is known', () => {
    const facts = { ...FACTS, detail: 'two Host fields' }
    assert.equal(errorOf('EDGERQ-BAD-REQUEST', facts).detail, 'two Host fields')
    assert.ok(renderOwnAnswer('EDGERQ-BAD-REQUEST', facts, BROWSER).body.includes('<p>two Host fields</p>'))
  })

  it('shows words of others as words, never as a part of the page', () => {
    const facts = { requestId: '<r>', service: `"quo'ted" & co`, detail: '</p><script>alert(1)</script>' }
    const { body } = renderOwnAnswer('EDGERQ-BAD-REQUEST', facts, BROWSER)
    assert.ok(body.includes('&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;'))
    assert.ok(body.includes('&quot;quo&#39;ted&quot; &amp; co'))
    assert.ok(body.includes('<dd>&lt;r&gt;</dd>'))
    assert.ok(!body.includes('<script'))
  })

  it('leaves out controls and what turns text around', () => {
    const detail = 'a\r\nb\0c\x7fd\x9be\u202ef\u2066g\u200fh\u061ci\u2028j\ud800k'
    assert.equal(errorOf('EDGERQ-BAD-REQUEST', { ...FACTS, detail }).detail, 'abcdefghijk')
  })

  it('cuts a long detail, and never through a character', () => {
    assert.equal(errorOf('EDGERQ-BAD-REQUEST', { ...FACTS, detail: 'x'.repeat(5_000) }).detail, 'x'.repeat(256))
    assert.equal(errorOf('EDGERQ-BAD-REQUEST', { ...FACTS, detail: `${'x'.repeat(255)}😀` }).detail, 'x'.repeat(255))
  })

  it('makes of whatever it is told an answer that Node writes, whose page is the same page', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 100 })
    const tags = (body: string) => body.match(/<[^>]*>/g)
    fc.assert(
      fc.property(
        anything,
        anything,
        anything,
        fc.option(anything, { nil: undefined }),
        (requestId, service, more, accept) => {
          const detail = `.${more}`
          const answer = renderOwnAnswer('EDGERQ-BAD-REQUEST', { requestId, service, detail }, accept)
          for (const [name, value] of fieldsOf(answer)) {
            validateHeaderName(name)
            validateHeaderValue(name, value)
          }
          assert.equal(fieldsOf(answer).get('Content-Length'), String(Buffer.from(answer.body).length))
          const page = renderOwnAnswer('EDGERQ-BAD-REQUEST', { requestId, service, detail }, BROWSER).body
          const plain = renderOwnAnswer('EDGERQ-BAD-REQUEST', { ...FACTS, detail: 'x' }, BROWSER).body
          assert.deepEqual(tags(page), tags(plain))
        },
      ),
    )
  })
})

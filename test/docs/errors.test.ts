// docs/errors.md and the tables of codes say the same, both ways.

import assert from 'node:assert/strict'
import { ExitStatus } from '../../src/cli/exit.ts'
import { ANSWER_SIDES, OWN_ANSWERS } from '../../src/http/own-answers.ts'
import {
  CloseCode,
  closeSentence,
  DropReason,
  RefusalCode,
  StreamCode,
  streamSentence,
} from '../../src/protocol/index.ts'
import { entries, page, section } from './sections.ts'

const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`

interface Table {
  readonly title: string
  readonly codes: Readonly<Record<string, number>>
  readonly spell: (code: number) => string
  /** What the program itself says of a code; the page must begin with it. */
  readonly sentence?: (code: number) => string
}

const TABLES: readonly Table[] = [
  { title: 'Exit statuses', codes: ExitStatus, spell: String },
  { title: 'Refused registrations', codes: RefusalCode, spell: String },
  { title: 'Close codes', codes: CloseCode, spell: hex, sentence: closeSentence },
  { title: 'Stream codes', codes: StreamCode, spell: hex, sentence: streamSentence },
  { title: 'Drop reasons', codes: DropReason, spell: String },
]

describe('docs/errors.md', () => {
  const text = page('docs/errors.md')

  for (const { title, codes, spell, sentence } of TABLES) {
    const told = entries(section(text, title))
    const headings = Object.entries(codes).map(([name, code]) => `\`${name}\` — ${spell(code)}`)

    it(`has an entry for each of the ${title.toLowerCase()}, and for nothing else, in order`, () => {
      assert.deepEqual([...told.keys()], headings)
    })

    it(`says of each of the ${title.toLowerCase()} what it means`, () => {
      for (const [heading, paragraph] of told) assert.ok(paragraph.length > 60, `${heading}: "${paragraph}"`)
    })

    if (sentence === undefined) continue
    it(`begins each of the ${title.toLowerCase()} with the words that the program uses`, () => {
      for (const [name, code] of Object.entries(codes)) {
        const paragraph = told.get(`\`${name}\` — ${spell(code)}`)?.replaceAll('\n', ' ')
        const words = sentence(code).replace(/\.$/, '')
        assert.ok(paragraph?.startsWith(words), `${name}: the program says "${words}", the page "${paragraph}"`)
      }
    })
  }

  describe("on answers of the tunnel's own", () => {
    const told = entries(section(text, "Answers of the tunnel's own"))
    const answers = Object.entries(OWN_ANSWERS)

    it('has an entry for each, with its status and side, and for nothing else, in order', () => {
      const headings = answers.map(([code, { status, side }]) => `\`${code}\` — ${status}, ${side}`)
      assert.deepEqual([...told.keys()], headings)
    })

    it('begins each with the words that the program uses, and says more than them', () => {
      for (const [code, { status, side, message }] of answers) {
        const paragraph = (told.get(`\`${code}\` — ${status}, ${side}`) ?? '').replaceAll('\n', ' ')
        assert.ok(
          paragraph.startsWith(`${message} `),
          `${code}: the program says "${message}", the page "${paragraph}"`,
        )
        assert.ok(paragraph.length > message.length + 60, `${code}: "${paragraph}"`)
      }
    })

    it('tells of Retry-After where the program sends it, and only there', () => {
      for (const [heading, paragraph] of told) {
        const { retryAfterSeconds } = answers.find(([code]) => heading.startsWith(`\`${code}\``))![1]
        assert.equal(paragraph.includes('Retry-After'), retryAfterSeconds !== undefined, heading)
      }
    })

    it('goes along the way of a request', () => {
      const sides = answers.map(([, { side }]) => ANSWER_SIDES.indexOf(side))
      assert.deepEqual(
        sides,
        sides.toSorted((a, b) => a - b),
      )
    })
  })

  it('gives no number of a table to two names', () => {
    for (const { title, codes } of TABLES) {
      assert.equal(new Set(Object.values(codes)).size, Object.keys(codes).length, title)
    }
  })
})

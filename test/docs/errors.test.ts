// docs/errors.md and the tables of codes say the same, both ways.

import assert from 'node:assert/strict'
import { ExitStatus } from '../../src/cli/exit.ts'
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

  it('gives no number of a table to two names', () => {
    for (const { title, codes } of TABLES) {
      assert.equal(new Set(Object.values(codes)).size, Object.keys(codes).length, title)
    }
  })
})

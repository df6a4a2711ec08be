// docs/protocol.md can be cited: its ids are unique and without holes, and its tables are those of the code.

import assert from 'node:assert/strict'
import { FrameType } from '../../src/protocol/wire/frame-types.ts'
import { page, rows, section } from './sections.ts'

describe('docs/protocol.md', () => {
  const text = page('docs/protocol.md')

  it('gives each requirement an id of its own, numbered without holes', () => {
    const ids = [...text.matchAll(/^- \[([A-Z])-(\d+)\]/gm)].map(
      ([, letter, number]) => [letter!, Number(number)] as const,
    )
    assert.ok(ids.length > 0)
    for (const letter of new Set(ids.map(([name]) => name))) {
      const numbers = ids.filter(([name]) => name === letter).map(([, number]) => number)
      assert.deepEqual(
        numbers.toSorted((a, b) => a - b),
        numbers.map((_, index) => index + 1),
        letter,
      )
    }
  })

  it('says MUST only where there is an id to cite', () => {
    const items = text.split(/\n(?=- |\n|#|\|)/)
    for (const item of items.filter((each) => /\bMUST\b/.test(each))) assert.match(item.trim(), /^- \[[A-Z]-\d+\]/)
  })

  it('lists every frame with its number', () => {
    const listed = rows(section(text, 'Frames')).map(([type]) => Number(type))
    assert.deepEqual(listed, Object.values(FrameType))
  })
})

// docs/protocol.md can be cited: its ids are unique and without holes, and its tables are those of the code.

import assert from 'node:assert/strict'
import { FrameKind, MOST_HEAD_BYTES } from '../../src/http/frames.ts'
import { MOST_FIELDS } from '../../src/http/head-reader.ts'
import { FrameType } from '../../src/protocol/wire/frame-types.ts'
import { readSourceTree } from '../architecture/source-tree.ts'
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

  it('has a test for each requirement, which cites it in its name, and for nothing else', () => {
    const ids = new Set([...text.matchAll(/^- \[([A-Z]-\d+)\]/gm)].map(([, id]) => id!))
    const cited = new Set([...readSourceTree('test').values()].flatMap(idsInNames))
    const without = (some: ReadonlySet<string>, others: ReadonlySet<string>) =>
      [...some].filter((id) => !others.has(id))
    assert.deepEqual(without(ids, cited), [], 'no test cites these')
    assert.deepEqual(without(cited, ids), [], 'there is no such requirement')
  })

  it('lists every frame with its number', () => {
    const listed = rows(section(text, 'Frames')).map(([type]) => Number(type))
    assert.deepEqual(listed, Object.values(FrameType))
  })

  it('lists the frames of HTTP with their numbers and limits', () => {
    const told = section(text, 'HTTP messages on a data stream')
    const listed = rows(told).map(([kind, name]) => [name!.toLowerCase(), Number(kind)])
    assert.deepEqual(Object.fromEntries(listed), FrameKind)
    assert.ok(told.includes(`longer than ${MOST_HEAD_BYTES.toLocaleString('en')} bytes`))
    assert.ok(told.includes(`at most ${MOST_FIELDS.toLocaleString('en')} fields`))
  })
})

/** What the names of tests cite, such as `(W-5, H-14)`. */
function idsInNames(source: string): string[] {
  const names = [...source.matchAll(/\b(?:it|describe)\((['"`])(.*?)\1/g)].map(([, , name]) => name!)
  const lists = names.flatMap((name) => [...name.matchAll(/\(((?:[A-Z]-\d+(?:, )?)+)\)/g)])
  return lists.flatMap(([, list]) => list!.split(', '))
}

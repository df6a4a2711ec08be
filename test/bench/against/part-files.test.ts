import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reportMarkdown } from '../../../bench/against/markdown.ts'
import { readParts, writePart } from '../../../bench/against/part-files.ts'
import { loopbackPart, narrowPart } from './parts.ts'

describe('a part in a file', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgerq-parts-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('gives the same report as one that was just measured', () => {
    const fresh = [loopbackPart(), narrowPart()]
    for (const part of fresh) writePart(folder, part)
    const stored = readParts(folder)
    assert.equal(reportMarkdown(stored, []), reportMarkdown(fresh, []))
    assert.deepEqual(JSON.parse(JSON.stringify(stored)), JSON.parse(JSON.stringify(fresh)))
  })

  it('takes the place of the one before of its ground, and of no other', () => {
    for (const part of [loopbackPart(), narrowPart(), narrowPart({ title: 'again' })]) writePart(folder, part)
    assert.deepEqual(
      readParts(folder).map(({ ground, title }) => `${ground}: ${title}`),
      [`loopback: ${loopbackPart().title}`, 'narrow: again'],
    )
  })

  it('is read in the order of the grounds, not of names', () => {
    const grounds = ['loopback', '0/1', '40/0.1', '40/1', '40/5', '100/0', 'narrow']
    for (const ground of grounds.toReversed()) writePart(folder, narrowPart({ ground }))
    assert.deepEqual(
      readParts(folder).map(({ ground }) => ground),
      grounds,
    )
  })

  it('is refused with the name of its file and of its field when it is broken', () => {
    const file = join(folder, 'parts', 'narrow.json')
    writePart(folder, narrowPart())
    const whole = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    const wrong: Readonly<Record<string, unknown>> = {
      ground: 'wifi',
      machine: { ...narrowPart().machine, cores: 'two' },
      contenders: [{ name: 'edgerq tcp' }],
      samples: [{ name: 'download', unit: 'Mbit/s', digits: 2, values: { direct: [1, null] } }],
      failures: 'none',
      options: undefined,
    }
    for (const [field, value] of Object.entries(wrong)) {
      writeFileSync(file, JSON.stringify({ ...whole, [field]: value }))
      assert.throws(() => readParts(folder), hasBoth(file, `"${field}"`))
    }
  })

  it('is refused with the name of its file when it is no part at all', () => {
    mkdirSync(join(folder, 'parts'))
    const file = join(folder, 'parts', 'narrow.json')
    for (const text of ['', '{"ground": "nar', '[]', 'null', '7']) {
      writeFileSync(file, text)
      assert.throws(() => readParts(folder), hasBoth(file, ''))
    }
  })

  it('has all values of a figure and a contender on one line', () => {
    writePart(folder, narrowPart())
    assert.match(readFileSync(join(folder, 'parts', 'narrow.json'), 'utf8'), /^ *"direct · cubic": \[9\.5, 9\.6\],?$/m)
  })
})

function hasBoth(file: string, field: string): (error: Error) => boolean {
  return ({ message }) => message.startsWith(`${file} `) && message.includes(field) && !message.includes('\n')
}

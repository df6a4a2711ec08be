// Whole files: each in `valid` must give the value beside it, each in `invalid` the problems beside it, word for word.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { type Outcome, readConsumer, readProvider } from '../../src/config/read.ts'

const FIXTURES = 'test/fixtures/config'

describe('configuration files', () => {
  for (const file of filesIn(`${FIXTURES}/valid`)) {
    it(`${file} is read to the value beside it`, () => {
      const outcome = read(`${FIXTURES}/valid`, file)
      const expected: unknown = JSON.parse(readFileSync(`${FIXTURES}/valid/${file.replace('.xml', '.json')}`, 'utf8'))
      assert.deepEqual(outcome, { ok: true, value: expected })
    })
  }

  for (const file of filesIn(`${FIXTURES}/invalid`)) {
    it(`${file} is refused with the problems beside it`, () => {
      const outcome = read(`${FIXTURES}/invalid`, file)
      const expected = readFileSync(`${FIXTURES}/invalid/${file.replace('.xml', '.problems')}`, 'utf8')
      assert.deepEqual(outcome, { ok: false, problems: expected.trimEnd().split('\n') })
    })
  }
})

function filesIn(folder: string): readonly string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.xml'))
  assert.notEqual(files.length, 0, `no files in ${folder}`)
  return files
}

function read(folder: string, file: string): Outcome<unknown> {
  const bytes = readFileSync(`${folder}/${file}`)
  return file.startsWith('consumer') ? readConsumer(bytes, file) : readProvider(bytes, file)
}

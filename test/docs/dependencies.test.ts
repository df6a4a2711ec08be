// docs/dependencies.md, package.json and the import lines agree on which packages there are.

import assert from 'node:assert/strict'
import { importLines } from '../architecture/import-lines.ts'
import { targetOf } from '../architecture/layering.ts'
import { readSourceTree } from '../architecture/source-tree.ts'
import { page, rows, section } from './sections.ts'

type Versions = Readonly<Record<string, string>>

const { dependencies, optionalDependencies, devDependencies } = JSON.parse(page('package.json')) as {
  dependencies: Versions
  optionalDependencies: Versions
  devDependencies: Versions
}

describe('docs/dependencies.md', () => {
  const text = page('docs/dependencies.md')

  for (const [title, versions] of [
    ['At run time', dependencies],
    ['At run time, if it can be had', optionalDependencies],
    ['For building and testing', devDependencies],
  ] as const) {
    it(`lists the packages that are needed ${title.toLowerCase()}, with their versions and a reason`, () => {
      const listed = rows(section(text, title))
      assert.deepEqual(
        listed.map(([name]) => name),
        Object.entries(versions).map(([name, version]) => `${name} ${version}`),
      )
      for (const [name, reason] of listed) assert.ok(reason!.length > 15, name)
    })
  }
})

/** Not imported by us: `ws` looks for it by itself. */
const FOUND_BY_OTHERS = ['bufferutil']

describe('the packages that src imports', () => {
  it('are the dependencies of package.json, all of them and no others', () => {
    const imported = new Set(FOUND_BY_OTHERS)
    for (const [path, text] of readSourceTree('src')) {
      for (const { from } of importLines(text)) {
        if (!from.startsWith('.') && !from.startsWith('node:')) imported.add(targetOf(path, from))
      }
    }
    assert.deepEqual([...imported].sort(), Object.keys({ ...dependencies, ...optionalDependencies }).sort())
  })
})

// The checks of the house are given bad trees: each must find what is wrong, and nothing that is right.

import assert from 'node:assert/strict'
import { bareCode } from './bare-code.ts'
import { importCycles } from './cycles.ts'
import { hotPathProblems } from './hot-path.ts'
import { importLines, UNREADABLE } from './import-lines.ts'
import { type House, layeringProblems } from './layering.ts'

const HOUSE: House = {
  doors: { 'src/core/': 'src/core/index.ts' },
  rules: [
    { files: /^src\/core\//, mayImport: ['src/core/'], neverNames: ['Date', 'process', 'Math.random'] },
    {
      files: /^src\/shell\//,
      mayImport: ['src/shell/', 'src/core/index.ts', 'type src/views.ts', 'node:net', 'saxes'],
    },
    { files: /^src\/shell\/pure\.ts$/, mayImport: ['src/core/index.ts'] },
    { files: /^src\/(?:views|cli)\.ts$/, mayImport: ['*'] },
  ],
}

function judge(path: string, text: string): readonly string[] {
  return layeringProblems(new Map([[path, text]]), HOUSE)
}

describe('the import reader', () => {
  it('reads every form of import, on one line and on several', () => {
    const text = `import a from 'one'
import type { B } from './two.ts'
import {
  c,
  type D,
} from "three"
import * as e from 'node:four'
import 'five'
export { f } from './six.ts'
export type { G } from './seven.ts'
export * from './eight.ts'
const lazy = () => import('nine')
`
    assert.deepEqual(
      importLines(text).map(({ from, isType, line }) => [from, isType, line]),
      [
        ['one', false, 1],
        ['./two.ts', true, 2],
        ['three', false, 3],
        ['node:four', false, 7],
        ['five', false, 8],
        ['./six.ts', false, 9],
        ['./seven.ts', true, 10],
        ['./eight.ts', false, 11],
        ['nine', false, 12],
      ],
    )
  })

  it('takes nothing for an import that is none', () => {
    const text = `// import a from 'comment'
/* import b from 'comment' */
const text = "import c from 'string'"
export const d = 1
const here = import.meta.dirname
export interface E {
  from: 'nowhere'
}
`
    assert.deepEqual(importLines(text), [])
  })

  it('says of an import that it cannot read that there is one', () => {
    for (const text of ['await import(name)', 'import defer * as x from\n']) {
      assert.deepEqual(
        importLines(text).map(({ from }) => from),
        [UNREADABLE],
        text,
      )
    }
  })
})

describe('bare code', () => {
  it('is without comments, strings and regular expressions, and keeps what a template computes', () => {
    const text = `const a = 'Date' // Date\nconst b = /Date['\`]/.test(c) /* Date\nDate */ + \`Date \${Date.now()} Date\``
    assert.equal(bareCode(text).match(/Date/g)?.length, 1)
    assert.equal(bareCode(text).length, text.length)
    assert.equal(bareCode(text).split('\n').length, 3)
  })

  it('does not take a division for a regular expression', () => {
    assert.equal(bareCode('const a = b / Date / c'), 'const a = b / Date / c')
  })
})

describe('the layering check', () => {
  it('passes what the table allows', () => {
    assert.deepEqual(judge('src/core/a.ts', "import { b } from './b.ts'\n"), [])
    assert.deepEqual(judge('src/core/deep/a.ts', "import { b } from '../b.ts'\n"), [])
    assert.deepEqual(judge('src/shell/a.ts', "import { b } from '../core/index.ts'\nimport net from 'node:net'\n"), [])
    assert.deepEqual(judge('src/shell/a.ts', "import type { V } from '../views.ts'\n"), [])
    assert.deepEqual(judge('src/cli.ts', "import fs from 'node:fs'\nimport './shell/a.ts'\n"), [])
  })

  const BAD: readonly (readonly [string, string, string, string])[] = [
    ['a core that uses Node', 'src/core/a.ts', "import fs from 'node:fs'", 'may not import node:fs'],
    ['a core that reaches out', 'src/core/a.ts', "import { x } from '../shell/x.ts'", 'may not import src/shell/x.ts'],
    ['a type past the door', 'src/shell/a.ts', "import type { B } from '../core/b.ts'", 'goes past src/core/index.ts'],
    ['even the root past the door', 'src/cli.ts', "import { b } from './core/b.ts'", 'goes past src/core/index.ts'],
    [
      'a value where only types may cross',
      'src/shell/a.ts',
      "import { v } from '../views.ts'",
      'may not import src/views',
    ],
    ['a package that is not in the table', 'src/shell/a.ts', "import 'left-pad/x'", 'may not import left-pad'],
    ['a neighbour of an allowed name', 'src/shell/a.ts', "import 'node:net2'", 'may not import node:net2'],
    ['a pure file that opens sockets', 'src/shell/pure.ts', "import 'node:net'", 'may not import node:net'],
    ['a test in the product', 'src/cli.ts', "import '../test/x.ts'", 'leaves src'],
    ['a bench in the product', 'src/shell/a.ts', "export * from '../../bench/x.ts'", 'leaves src'],
    ['a relative import without its ending', 'src/core/a.ts', "import { b } from './b'", 'ends in .ts'],
    ['a file in no room', 'src/attic/a.ts', '', 'stands in no room'],
    ['an import that is computed', 'src/cli.ts', 'await import(name)', 'cannot be read'],
    ['a clock in the core', 'src/core/a.ts', 'const t = Date.now()', 'may not use Date'],
    ['a clock in a template', 'src/core/a.ts', `const t = \`at \${Date.now()}\``, 'may not use Date'],
    ['a spread of the environment', 'src/core/a.ts', 'const e = { ...process.env }', 'may not use process'],
    ['dice in the core', 'src/core/a.ts', 'const r = Math.random()', 'may not use Math.random'],
  ]
  for (const [name, path, text, expected] of BAD) {
    it(`finds ${name}`, () => {
      const problems = judge(path, `${text}\n`)
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.ok(problems[0]!.includes(expected), problems[0])
    })
  }

  it('lets a member or a longer name be called like something forbidden', () => {
    assert.deepEqual(
      judge('src/core/a.ts', 'queue.process(); this.#Date; const processed = Math.randomish, Dates = 1\n'),
      [],
    )
  })
})

describe('the ring check', () => {
  it('finds a ring of three, and of one', () => {
    const tree = new Map([
      ['src/a.ts', "import './b.ts'\n"],
      ['src/b.ts', "import type { C } from './deep/c.ts'\n"],
      ['src/deep/c.ts', "export * from '../a.ts'\n"],
      ['src/self.ts', "import './self.ts'\n"],
    ])
    assert.deepEqual(importCycles(tree), [
      'src/a.ts → src/b.ts → src/deep/c.ts → src/a.ts',
      'src/self.ts → src/self.ts',
    ])
  })

  it('does not take two ways to one file for a ring', () => {
    const tree = new Map([
      ['src/a.ts', "import './b.ts'\nimport './c.ts'\n"],
      ['src/b.ts', "import './c.ts'\n"],
      ['src/c.ts', ''],
    ])
    assert.deepEqual(importCycles(tree), [])
  })
})

describe('the hot-path check', () => {
  const NOTHING_COLD = new Set<string>()
  const method = (body: string): string =>
    `// hot\nclass A {\n  readonly #m = new Map()\n  constructor() {\n    this.b = [...c]\n  }\n\n  act(): void {\n    ${body}\n  }\n}\n`

  for (const body of [
    'send(...frames)',
    'this.queue = packet.slice(1)',
    'frames.forEach(act)',
    'const seen = new Set()',
    `const name = \`stream \${id}\``,
    'const [first] = ranges',
    'return 5n',
    'await turn()',
    'JSON.stringify(frame)',
  ]) {
    it(`finds "${body}" in a method, and not what the class is made with`, () => {
      const problems = hotPathProblems(new Map([['src/a.ts', method(body)]]), NOTHING_COLD)
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0]!, /^src\/a\.ts:9: .* in act$/)
    })
  }

  it('finds them in functions and in arrows that are fields', () => {
    const text =
      '// hot\nfunction f(\n  a: B,\n): void {\n  let b\n  g(...h)\n}\nclass A {\n  readonly #on = (a: B): void => {\n    a.map(c)\n  }\n}\n'
    assert.deepEqual(hotPathProblems(new Map([['src/a.ts', text]]), NOTHING_COLD), [
      'src/a.ts:6: a spread or a rest in f',
      'src/a.ts:10: a callback or an array in #on',
    ])
  })

  it('leaves files alone that are not marked', () => {
    assert.deepEqual(hotPathProblems(new Map([['src/a.ts', method('x.map(y)').slice(7)]]), NOTHING_COLD), [])
  })

  it('takes an exception, and says when it is not needed any more', () => {
    const tree = new Map([['src/a.ts', method('x.map(y)')]])
    assert.deepEqual(hotPathProblems(tree, new Set(['src/a.ts#act'])), [])
    assert.deepEqual(hotPathProblems(tree, new Set(['src/a.ts#act', 'src/a.ts#gone'])), [
      'src/a.ts#gone needs no exception any more',
    ])
  })
})

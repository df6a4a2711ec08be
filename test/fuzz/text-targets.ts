// What operators write, and what others may have slipped into it: both configurations, the list of authorized providers, tokens.

import assert from 'node:assert/strict'
import { GROUPS } from '../../src/config/groups.ts'
import { readConsumer, readProvider } from '../../src/config/read.ts'
import { ELEMENTS } from '../../src/config/schema.ts'
import { parseAuthorizedProviders } from '../../src/keys/authorized-providers.ts'
import { readToken, tokenText } from '../../src/keys/token.ts'
import type { Prng } from '../sim/prng.ts'
import { blockCorpus, fixture } from './corpus.ts'
import type { FuzzTarget } from './fuzzer.ts'
import { Maker } from './maker.ts'

type Outcome = { readonly ok: true } | { readonly ok: false; readonly problems: readonly string[] }

const MARKUP =
  '< > / " \' = & ; <!-- --> <![CDATA[ ]]> <!DOCTYPE <!ENTITY <?xml ?> &amp; &#x41; &#0; &#xD800; &lt; %'.split(' ')
const VALUES = [
  '',
  '0',
  '1',
  '65536',
  '-1',
  '1e9',
  'yes',
  'no',
  'tcp',
  'http',
  '::1',
  '0.0.0.0/0',
  '\u00a0',
  '\ufeff',
  ' ',
]
const TEXTS = [
  ...MARKUP,
  ...VALUES,
  '11111111-2222-3333-4444-555555555555',
  '__proto__',
  'constructor',
  'x'.repeat(200),
]
const WORDS = TEXTS.map((text) => Buffer.from(text))
const MOST_DEPTH = 4
/** What the longest document of the corpus grows into by a few changes. */
const MOST_DOCUMENT_BYTES = 4_000
const MOST_PROBLEM_LENGTH = 2_000

export function newConfigReading(kind: 'consumer' | 'provider'): FuzzTarget {
  const read = kind === 'consumer' ? readConsumer : readProvider
  return {
    seeds: [
      ...['everything', 'keys'].map((name) => fixture(`config/valid/${kind}-${name}.xml`)).map(shortened),
      ...blockCorpus('xml.txt'),
    ],
    words: WORDS,
    mostBytes: MOST_DOCUMENT_BYTES,
    make: (random) => madeDocument(kind, random),
    run: (input) => assertTold(read(input, 'FILE')),
  }
}

/** Comments teach nobody here, and inputs have a length. */
function shortened(document: Uint8Array): Uint8Array {
  return Buffer.from(
    Buffer.from(document)
      .toString()
      .replace(/<!--[\s\S]*?-->/g, '')
      .replace(/\n\s*/g, '\n'),
  )
}

/** Elements of the schema, and others, in each other. */
function madeDocument(kind: 'consumer' | 'provider', random: Prng): Uint8Array {
  const maker = new Maker(random)
  addElement(maker, GROUPS[kind].name, 0)
  return maker.made()
}

const NAMES = [...Object.values(GROUPS), ...ELEMENTS].map(({ name }) => name).concat('a')

function addElement(maker: Maker, name: string, depth: number): void {
  const { random } = maker
  maker.text(`<${name}`)
  if (random.chance(0.1)) maker.text(` ${random.pick(NAMES)}="${random.pick(VALUES)}"`)
  maker.text('>')
  if (depth === MOST_DEPTH || random.chance(0.4)) maker.text(random.pick(TEXTS))
  else
    for (let left = random.int(0, 5); left > 0 && !maker.isFull; left--)
      addElement(maker, random.pick(NAMES), depth + 1)
  maker.text(`</${random.chance(0.97) ? name : random.pick(NAMES)}>`)
}

const OPTION_WORDS = [
  'services="',
  'from="',
  'expiry-time="20270101"',
  'max-sessions=',
  'max-streams=',
  'psk-file="',
  'revoked',
  'eqpk1:',
  'eqsk1:',
  ',',
  '"',
  '\n',
  '\r',
  '#',
  '10.0.0.0/8',
  'fd00::/129',
  ' ',
].map((text) => Buffer.from(text))

export function newAuthorizedReading(): FuzzTarget {
  return {
    seeds: blockCorpus('authorized.txt'),
    words: [...WORDS, ...OPTION_WORDS],
    make(random) {
      const maker = new Maker(random)
      for (let left = random.int(1, 20); left > 0; left--) maker.bytes(random.pick(OPTION_WORDS))
      return maker.made()
    },
    run(input) {
      const text = Buffer.from(input).toString()
      return assertTold(parseAuthorizedProviders(text, 'FILE', () => 'there is no such file'))
    },
  }
}

export const tokenReading: FuzzTarget = {
  seeds: ['192.0.2.1', 'edge.example.net', '::1'].map((host, i) =>
    Buffer.from(
      tokenText({
        address: { host, port: 12_345 },
        consumerKey: new Uint8Array(32).fill(9 + i),
        id: '00f1e2d3c4b5a697',
        secret: new Uint8Array(16).fill(i),
      }),
    ),
  ),
  words: ['.', 'eqtok1', 'eqtok2', '=', '-', '_', 'A', '00f1e2d3c4b5a697', ' ', '\n'].map((text) => Buffer.from(text)),
  run(input) {
    const text = Buffer.from(input).toString()
    const reading = readToken(text)
    if (reading.ok) assert.equal(tokenText(reading.value), text, 'two texts for one token')
    else assert.ok(reading.what.length < 300)
    return reading.ok
  },
}

/** A file is taken, or every problem says where it is, in a line that a screen can show. */
function assertTold(outcome: Outcome): boolean {
  if (outcome.ok) return true
  assert.ok(outcome.problems.length > 0 && outcome.problems.length <= 101, `${outcome.problems.length} problems`)
  for (const problem of outcome.problems) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (problem.length > MOST_PROBLEM_LENGTH || /[\x00-\x1f\x7f]/.test(problem)) assert.fail(JSON.stringify(problem))
  }
  return false
}

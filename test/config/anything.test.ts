import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { readConsumer } from '../../src/config/read.ts'
import { ELEMENTS } from '../../src/config/schema.ts'
import { readSource, type XmlElement } from '../../src/config/source.ts'
import { problemsOf, provider, UUID } from './documents.ts'

describe('reading anything at all', () => {
  const names = [
    ...new Set(ELEMENTS.map((rule) => rule.name)),
    'service',
    'services',
    'listener',
    'pipe',
    'pipes',
    'tls',
    'constructor',
  ]
  const values = [
    '',
    '0',
    '1',
    '65535',
    'yes',
    'no',
    'auto',
    'tcp',
    'websocket',
    '/edgerq',
    'wss://server.example.org/',
    '::1',
    'far',
    UUID,
    '&lt;',
    '&bad;',
    '<',
    '\u0000',
    'x'.repeat(300),
  ]
  const attributes = ['services', 'hostname', 'port', 'tls', 'url', 'interval']
  const attribute = fc
    .tuple(fc.constantFrom(...attributes), fc.constantFrom(...values.filter((value) => value !== '<')))
    .map(([name, value]) => ` ${name}="${value}"`)
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc
      .tuple(
        fc.constantFrom(...names),
        fc.option(attribute, { nil: '', freq: 3 }),
        fc.array(fc.oneof({ maxDepth: 5 }, fc.constantFrom(...values), tie('tree')), { maxLength: 6 }),
      )
      .map(([name, written, inner]) => `<${name}${written}>${inner.join('\n')}</${name}>`),
  }))

  it('never throws, and every problem has its form', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('service_consumer', 'service_provider'),
        fc.array(tree, { maxLength: 8 }),
        (root, trees) => {
          for (const problem of problemsOf(`<${root}>${trees.join('')}</${root}>`))
            assert.match(problem, /^f:[1-9]\d*:[1-9]\d*: [^\n]+$/)
        },
      ),
    )
  })

  it('never throws on text or bytes that are not even XML', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 200 })), (source) => {
        const outcome = readConsumer(source, 'f')
        assert.ok(!outcome.ok && outcome.problems.length > 0)
      }),
    )
  })

  it('never throws on a good file in which a few characters were changed', () => {
    const good = provider('<health interval="9">off</health><!-- c --><![CDATA[ ]]>', '::1')
    const change = fc.tuple(
      fc.nat(good.length),
      fc.constantFrom('<', '>', '/', '&', '"', '=', ' ', ']]>', '<!--', '<?x?>', '\r', '\ud800', ''),
    )
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = changes.reduce((text, [at, piece]) => text.slice(0, at) + piece + text.slice(at + 1), good)
        for (const problem of problemsOf(damaged)) assert.match(problem, /^f:[1-9]\d*:[1-9]\d*: [^\n]+$/)
      }),
      { numRuns: 1000 },
    )
  })

  it('both parsers see the same elements in whatever the gate lets through', () => {
    let accepted = 0
    const pieces = fc.constantFrom(
      '<a>',
      '</a>',
      '<b/>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      ' ',
      '\n',
      '\t',
      'x="1"',
      "y='>'",
      '<c ',
      '/>',
      '>',
      '"',
      "'",
      '&lt;',
      '&#13;',
      '=',
      '<?',
      '?>',
      '\ud83e',
      '\udd8a',
      '!',
      '-',
      '#text',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (inner) => {
        const text = `<r>${inner.join('')}</r>`
        const outcome = readSource(text)
        if (!outcome.ok) return
        accepted++
        assert.deepEqual(startsIn(outcome.root), startsBySaxes(text))
      }),
      { numRuns: 5000 },
    )
    assert.ok(accepted > 100, `only ${accepted} documents were accepted`)
  })
})

/** Names and attributes of all elements in the order of their start tags. */
function startsIn(element: XmlElement): readonly unknown[] {
  return [[element.name, ...element.attributes], ...element.children.flatMap(startsIn)]
}

function startsBySaxes(text: string): readonly unknown[] {
  const starts: unknown[] = []
  const parser = new SaxesParser()
  parser.on('opentag', (tag) => starts.push([tag.name, ...Object.entries(tag.attributes)]))
  parser.write(text).close()
  return starts
}

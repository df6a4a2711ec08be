// Files that were made to harm whoever reads them: what they ask for is refused, and what they cost is bounded.

import assert from 'node:assert/strict'
import { readSource } from '../../src/config/source.ts'
import { assertRefused, problemsOf, rootOf } from './sources.ts'

describe('what a configuration has no business containing', () => {
  const laughs = Array.from({ length: 10 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('\n')

  it('a document type is refused where it starts, before any entity is looked at', () => {
    assertRefused(
      `<?xml version="1.0"?>\n <!DOCTYPE a [<!ENTITY l0 "ha">\n${laughs}]><a>&l10;</a>`,
      '2:2',
      /^<!DOCTYPE is not allowed/,
    )
    assertRefused('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', '1:1', /DOCTYPE/)
    assertRefused('<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]><a/>', '1:1', /DOCTYPE/)
    assertRefused('<!DOCTYPE a [<!-- <!DOCTYPE b> --> <!ENTITY b "]>">]><a/>', '1:1', /DOCTYPE/)
  })

  it('an entity declaration or a document type elsewhere is no XML', () => {
    for (const text of [
      '<!ENTITY a "b"><a/>',
      '<a><!ENTITY b "c"></a>',
      '<a><!DOCTYPE a></a>',
      '<a/><!DOCTYPE a>',
      '<!doctype a><a/>',
    ]) {
      assert.notEqual(problemsOf(readSource(text)).length, 0, text)
    }
  })

  it('a comment may tell of document types', () => {
    assert.equal(rootOf('<!-- <!DOCTYPE a [<!ENTITY b "c">]> --><a/>').name, 'a')
  })

  it('processing instructions are refused where they start', () => {
    assertRefused(
      '<?xml version="1.0"?>\n<?xml-stylesheet href="x"?><a/>',
      '2:1',
      /processing instructions are not allowed: leave out <\?xml-stylesheet …\?>/,
    )
    assertRefused('<a>\n <?php ?></a>', '2:2', /processing instructions/)
  })

  it('another XML version or another encoding is refused', () => {
    assertRefused('<?xml version="1.1"?><a/>', '1:1', /version must be 1\.0/)
    assertRefused('<?xml version="1.0" encoding="UTF-7"?><a>+ADw-</a>', '1:1', /encoding must be UTF-8, not "UTF-7"/)
    assert.equal(rootOf('<?xml version="1.0" encoding="utf-8"?><a/>').name, 'a')
  })
})

describe('limits', () => {
  const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth)

  it('elements stand 32 deep, not 33', () => {
    assert.equal(rootOf(nested(32)).name, 'a')
    assertRefused(nested(33), '1:97', /32 deep/)
    assertRefused('<a>'.repeat(340_000), '1:97', /32 deep/)
  })

  it('a file holds 50000 elements, not 50001', () => {
    assert.equal(rootOf(`<a>${'<b/>'.repeat(49_999)}</a>`).children.length, 49_999)
    assertRefused(`<a>${'<b/>'.repeat(50_000)}</a>`, `1:${4 + 4 * 49_999}`, /50000 elements/)
  })

  it('an element has 64 attributes, not 65, and the next one may have 64 again', () => {
    const attributes = (count: number) => Array.from({ length: count }, (_, i) => ` a${i}="1"`).join('')
    assert.equal(rootOf(`<a${attributes(64)}><b${attributes(64)}/></a>`).attributes.size, 64)
    assertRefused(`<a><b${attributes(65)}/></a>`, '1:4', /64 attributes/)
  })

  it('a file has 1 MiB, not a byte more, as bytes and as text', () => {
    const text = `<a>${' '.repeat(1_048_576 - 7)}</a>`
    assert.equal(rootOf(text).text, '')
    assert.equal(rootOf(new TextEncoder().encode(text)).text, '')
    assertRefused(`${text} `, '1:1', /1 MiB/)
    assertRefused(new TextEncoder().encode(`${text} `), '1:1', /1 MiB/)
    assertRefused(`<a>${'&#65;'.repeat(1_000_000)}</a>`, '1:1', /1 MiB/)
  })

  it('references cannot make text longer than the file', () => {
    assert.equal(rootOf(`<a>${'&#65;'.repeat(200_000)}</a>`).text, 'A'.repeat(200_000))
  })

  it('the problems of one file are bounded, and so is each', () => {
    for (const text of [
      '<'.repeat(1_000_000),
      '&'.repeat(1_000_000),
      `<a>${'&x;'.repeat(300_000)}</a>`,
      `<${'a'.repeat(1_000_000)}></b>`,
    ]) {
      const problems = problemsOf(readSource(text))
      assert.ok(problems.length >= 1 && problems.length <= 20, `${problems.length} problems`)
      for (const { what } of problems) assert.ok(what.length < 250, what)
    }
  })

  // Each of these costs minutes, not milliseconds, where some step is quadratic; mocha's own limit then ends the test.
  it('time grows with the size of the file, not with its square', () => {
    const megabyte = 1_000_000
    const files = [
      `<a>x${' '.repeat(megabyte)}x</a>`,
      `<a>${'<b/>'.repeat(49_000)}${' '.repeat(megabyte / 2)}</a>`,
      `<a b="${' '.repeat(megabyte)}x"/>`,
      `<a${' '.repeat(megabyte)}/>`,
      `<a>${'<!---->'.repeat(megabyte / 8)}</a>`,
      `<a>${'<![CDATA[x]]>'.repeat(megabyte / 16)}</a>`,
      `<a>${'&lt;'.repeat(megabyte / 5)}</a>`,
      `<a>${'\r\n'.repeat(megabyte / 3)}</a>`,
    ]
    for (const file of files) assert.equal(rootOf(file).name, 'a')
  })
})

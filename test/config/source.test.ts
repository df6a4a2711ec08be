import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readSource } from '../../src/config/source.ts'
import { assertRefused, problemsOf, rootOf } from './sources.ts'
import { writtenDocuments } from './written-documents.ts'

describe('the tree of elements', () => {
  it('has the place of every <, counted from 1', () => {
    const root = rootOf('<?xml version="1.0"?>\n<!-- <x> -->\n  <a\n x="1"><b/>é🦊<b\n/>\n<!-- -->\t<c></c></a>\n')
    const places = [root, ...root.children].map(({ name, line, column }) => `${name} ${line}:${column}`)
    assert.deepEqual(places, ['a 3:3', 'b 4:8', 'b 4:15', 'c 6:10'])
  })

  it('counts a line end once, whether LF, CR LF or CR', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const [b] = rootOf(`<a>${end}${end} <b/></a>`).children
      assert.deepEqual([b!.line, b!.column], [3, 2])
    }
  })

  it('resolves the five entities and numeric references in text and attributes, and nothing in CDATA', () => {
    const root = rootOf('<a b="&quot;&#x41;&#10;&apos;"> &lt;&#65;&amp;lt;&gt;<![CDATA[&lt;<b/>]]>&#x1F98A; </a>')
    assert.equal(root.text, '<A&lt;>&lt;<b/>🦊')
    assert.equal(root.attributes.get('b'), '"A\n\'')
  })

  it("has an element's own text without that of its children and without comments", () => {
    const root = rootOf('<a>1<!-- 2 --><b>3</b>4</a>')
    assert.deepEqual([root.text, root.children[0]!.text], ['14', '3'])
  })

  it('takes every legal name for a name, also those that JavaScript objects have already', () => {
    const names = [
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'hasOwnProperty',
      'valueOf',
      'length',
      'é',
      'x:y',
      '_',
      'a.b-c',
    ]
    const root = rootOf(`<a>${names.map((name) => `<${name} ${name}="1"/><${name}>t</${name}>`).join('')}</a>`)
    assert.deepEqual(
      root.children.map((child) => child.name),
      names.flatMap((name) => [name, name]),
    )
    assert.deepEqual(
      root.children.map((child) => [...child.attributes.keys()].join()),
      names.flatMap((name) => [name, '']),
    )
  })

  it('is what was written, for any document', () => {
    fc.assert(fc.property(writtenDocuments(), ({ text, root }) => assert.deepEqual(rootOf(text), root)))
  })
})

describe('what is not well-formed', () => {
  const cases: readonly (readonly [text: string, place: string, pattern: RegExp])[] = [
    ['', '1:1', /must contain a root element/],
    ['<a>\n<b></a>', '2:4', /^<b> of line 2 must be closed before <\/a>$/],
    ['<a>\n <b>', '2:2', /^<b> is never closed$/],
    ['<a><b', '1:1', /^<a> is never closed$/],
    ['<a/>\n<b/>', '2:3', /only one root/],
    ['<a/>text', '1:8', /text data outside of root/],
    ['<a>&nbsp;</a>', '1:9', /undefined entity/],
    ['<a>&constructor;</a>', '1:16', /undefined entity/],
    ['<a>&#0;</a>', '1:7', /malformed character entity/],
    ['<a>\u0001</a>', '1:4', /disallowed character/],
    ['<a>\ud800<b/></a>', '1:4', /half a surrogate pair/],
    ['<a b="1" b="2"/>', '1:16', /duplicate attribute: b/],
    ['<a b=1 />', '1:6', /unquoted attribute value/],
    ['<a><!-- -- --></a>', '1:11', /malformed comment/],
    ['<a>]]></a>', '1:6', /"]]>" is disallowed/],
    [' <?xml version="1.0"?><a/>', '1:7', /XML declaration must be at the start/],
  ]
  for (const [text, place, pattern] of cases) {
    it(`${JSON.stringify(text)} is refused at ${place}`, () => assertRefused(text, place, pattern))
  }

  it('is told completely, as far as the parser can go on', () => {
    const places = problemsOf(readSource('<a>\n&x;\n&y;\n</a>')).map((problem) => problem.line)
    assert.deepEqual(places, [2, 3])
  })
})

describe('bytes', () => {
  const utf8 = (text: string) => new TextEncoder().encode(text)
  const utf16 = (text: string, order: 'le' | 'be') => {
    const bytes = Buffer.from(text, 'utf16le')
    return new Uint8Array(order === 'le' ? bytes : bytes.swap16())
  }

  it('a UTF-8 byte order mark counts as nothing, in bytes and in text', () => {
    for (const source of [utf8('\ufeff<a/>'), '\ufeff<a/>', utf8('<a/>')]) assert.equal(rootOf(source).column, 1)
  })

  it('UTF-16 and UTF-32 are refused by name, with a byte order mark or without', () => {
    for (const order of ['le', 'be'] as const) {
      assertRefused(
        utf16('\ufeff<?xml version="1.0" encoding="UTF-16"?><a/>', order),
        '1:1',
        /is UTF-16; save it as UTF-8/,
      )
      assertRefused(utf16('<a/>', order), '1:1', /is UTF-16/)
    }
    assertRefused(new Uint8Array([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), '1:1', /is UTF-32/)
  })

  it('other bytes are refused where they stop being UTF-8', () => {
    const latin1 = new Uint8Array(Buffer.from('<a>\n<!-- é -->\n', 'latin1'))
    assertRefused(latin1, '2:6', /not UTF-8/)
    assertRefused(new Uint8Array([...utf8('<a>\né'), 0xc3]), '2:2', /not UTF-8/)
    assertRefused(new Uint8Array([...utf8('<a>'), 0xc0, 0xbc]), '1:4', /not UTF-8/)
  })
})

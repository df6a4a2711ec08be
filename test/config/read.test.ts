import assert from 'node:assert/strict'
import { readConsumer, readProvider } from '../../src/config/read.ts'
import { ELEMENTS, type ElementRule, exampleOf, type Taken } from '../../src/config/schema.ts'
import { assertProblem, consumer, problemsOf, provider } from './documents.ts'

describe('values of settings', () => {
  const refused: readonly (readonly [name: string, text: string, rest: string])[] = [
    ['max_connections', '0', 'must be 1 to 100000 connections, not "0"'],
    ['max_connections', '100001', 'must be 1 to 100000 connections, not "100001"'],
    ['max_connections', '1e3', 'must be 1 to 100000 connections, not "1e3"'],
    ['max_connections', '0x10', 'must be 1 to 100000 connections, not "0x10"'],
    ['max_connections', '-1', 'must be 1 to 100000 connections, not "-1"'],
    ['max_connections', '+5', 'must be 1 to 100000 connections, not "+5"'],
    ['max_connections', '5 0', 'must be 1 to 100000 connections, not "5 0"'],
    ['max_connections', '٥', 'must be 1 to 100000 connections, not "٥"'],
    ['max_connections', '50\u00a0', 'must be 1 to 100000 connections, not "50\\u00a0"'],
    ['max_connections', '9'.repeat(400), `must be 1 to 100000 connections, not "${'9'.repeat(60)}…"`],
    ['request_buffer', '1023', 'must be 1024 to 16777216 bytes, not "1023"'],
    ['request_ttl', '0.0999', 'must be 0.1 to 86400 seconds, not "0.0999"'],
    ['request_ttl', '0.1234', 'must be a number with at most 3 decimals, 0.1 to 86400 seconds, not "0.1234"'],
    ['request_ttl', '.5', 'must be 0.1 to 86400 seconds, not ".5"'],
    ['request_ttl', '86400.1', 'must be 0.1 to 86400 seconds, not "86400.1"'],
    ['hold', '2.0', 'must be a whole number, 0 to 300 seconds, not "2.0"'],
    ['hold', '301', 'must be 0 to 300 seconds, not "301"'],
    ['balance', 'Least', 'must be least, round_robin or source_hash, not "Least"'],
    ['protocol', 'https', 'must be http or tcp, not "https"'],
    ['insecure', 'true', 'must be yes or no, not "true"'],
    ['survive', '', 'is empty; it must be 1 to 3600 seconds'],
    ['survive', ' \n\t', 'is empty; it must be 1 to 3600 seconds'],
    ['max_datagram', '65508', 'must be auto or 1200 to 65507 bytes, not "65508"'],
  ]
  for (const [name, text, rest] of refused) {
    it(`<${name}> refuses ${JSON.stringify(text.slice(0, 20))} and says what is allowed`, () => {
      const problems = problemsOf(consumer(`<${name}>${text}</${name}>`))
      assert.deepEqual(problems, [`f:1:136: <${name}> ${rest}`])
    })
  }

  const taken: readonly (readonly [name: string, text: string, key: string, value: unknown])[] = [
    ['max_datagram', 'auto', 'maxDatagramBytes', 1200],
    ['max_datagram', '1452', 'maxDatagramBytes', 1452],
    ['survive', ' 0060\n', 'surviveSeconds', 60],
    ['survive', '&#51;<!-- three, then six -->&#x36;', 'surviveSeconds', 36],
    ['survive', '<![CDATA[7]]>', 'surviveSeconds', 7],
    ['insecure', 'yes', 'insecure', true],
    ['udp_offload', 'no', 'udpOffload', false],
    ['udp_offload', 'yes', 'udpOffload', true],
  ]
  for (const [name, text, key, value] of taken) {
    it(`<${name}> takes ${JSON.stringify(text)}`, () => {
      const outcome = readConsumer(consumer(`<${name}>${text}</${name}>`), 'f')
      assert.ok(outcome.ok)
      assert.equal((outcome.value as unknown as Record<string, unknown>)[key], value)
    })
  }

  it('a service takes its own element, then that of the root, then the default', () => {
    const both = readConsumer(consumer('<hold>7</hold><request_ttl>0.25</request_ttl>', '<hold>9</hold>'), 'f')
    assert.ok(both.ok)
    const [service] = both.value.services
    assert.deepEqual([service!.holdSeconds, service!.requestTtlSeconds, service!.maxConnections], [9, 0.25, 50])
  })

  it('a bad default at the root is told once, not again for each service', () => {
    assertProblem(consumer('<hold>x</hold>'), /^f:1:136: <hold>/)
  })

  it('an inherited health check keeps its interval, and its own has the default interval', () => {
    const text = provider('<health interval="99">off</health>', '::1')
    const inherited = readProvider(text, 'f')
    const own = readProvider(text.replace('<port>80</port>', '<port>80</port><health>connect</health>'), 'f')
    assert.ok(inherited.ok && own.ok)
    assert.deepEqual(inherited.value.pipes[0]!.services[0]!.health, { kind: 'off', intervalSeconds: 99 })
    assert.deepEqual(own.value.pipes[0]!.services[0]!.health, { kind: 'connect', intervalSeconds: 10 })
  })

  it('a health interval outside its range is a problem', () => {
    assertProblem(
      provider('<health interval="0">off</health>', '::1'),
      /attribute interval of <health> must be 1 to 3600 seconds, not "0"/,
    )
  })

  it('a name may have 255 characters of any script, and no control characters', () => {
    const named = (name: string) => problemsOf(consumer('', `<name>${name}</name>`))
    assert.deepEqual(named('ж'.repeat(255)), [])
    assert.deepEqual(named('🦊'.repeat(255)), [])
    assert.match(
      named('ж'.repeat(256))[0]!,
      /<name> must be 1 to 255 characters without control characters, not "ж{60}…"$/,
    )
    assert.match(named('two\nlines')[0]!, /not "two\\u000alines"$/)
  })

  it('a problem is one line whatever stands in the file', () => {
    assertProblem(
      consumer('<hold>1&#10;f:9:9: forged&#x202e;</hold>'),
      /^f:1:136: .*not "1\\u000af:9:9: forged\\u202e"$/,
    )
  })
})

describe('what is not in this version', () => {
  const later: readonly (readonly [text: string, pattern: RegExp])[] = [
    [consumer('<admin path="/"><port>1</port></admin>'), /<admin> is not in this version/],
    [consumer('', '<inspect>yes</inspect>'), /<inspect> is not in this version/],
  ]
  for (const [text, pattern] of later) {
    it(`is refused as such: ${pattern.source}`, () => assertProblem(text, pattern))
  }
})

describe('elements and attributes that do not belong', () => {
  const cases: readonly (readonly [text: string, rest: string])[] = [
    [
      consumer('<Survive>60</Survive>'),
      '136: unknown element <Survive> in <service_consumer>; did you mean <survive>?',
    ],
    [
      consumer('<request-ttl>3</request-ttl>'),
      '136: unknown element <request-ttl> in <service_consumer>; did you mean <request_ttl>?',
    ],
    [consumer('<zebra/>'), '136: unknown element <zebra> in <service_consumer>'],
    [consumer('<constructor/>'), '136: unknown element <constructor> in <service_consumer>'],
    [consumer('<__proto__/>'), '136: unknown element <__proto__> in <service_consumer>'],
    [consumer('<toString>x</toString>'), '136: unknown element <toString> in <service_consumer>'],
    [
      consumer('<pipes/>'),
      '136: <pipes> may not stand in <service_consumer>; it belongs in <service_provider> of provider.xml',
    ],
    [consumer('<service/>'), '136: <service> may not stand in <service_consumer>; it belongs in <services>'],
    [
      consumer('<port>1</port>'),
      '136: <port> may not stand in <service_consumer>; it belongs in <listener> or <service>',
    ],
    [
      consumer('<service_consumer/>'),
      '136: <service_consumer> may not stand in <service_consumer>; it belongs at the root',
    ],
    [consumer('<hold unit="ms">3</hold>'), '136: unknown attribute unit of <hold>'],
    [consumer('<hold><b>3</b></hold>'), '142: <b> may not stand in <hold>, which holds a value'],
    [consumer('<services/>'), '136: <services> may stand only once in <service_consumer>; the first is on line 1'],
    [consumer('stray'), '1: text may not stand in <service_consumer>, only elements may: "stray"'],
    [consumer('').replace('<listener/>', ''), '1: <listener> is missing in <service_consumer>'],
    ['<service_consumer><listener/></service_consumer>', '1: <services> is missing in <service_consumer>'],
    ['<service_provider/>', '1: <pipes> is missing in <service_provider>'],
  ]
  for (const [text, rest] of cases) {
    it(rest.slice(rest.indexOf(' ') + 1), () => assert.deepEqual(problemsOf(text), [`f:1:${rest}`]))
  }

  it('an attribute by which editors find the schema may stand at the root only', () => {
    const naming = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="consumer.xsd"'
    assert.deepEqual(problemsOf(consumer('').replace('<service_consumer', `<service_consumer${naming}`)), [])
    assert.equal(problemsOf(consumer('').replace('<services', `<services${naming}`)).length, 2)
  })
})

describe('the outcome', () => {
  it('is frozen through and through', () => {
    for (const outcome of [readConsumer(consumer(''), 'f'), readProvider(provider('', '::1'), 'f')]) {
      assert.ok(outcome.ok)
      const pending: unknown[] = [outcome.value]
      for (const thing of pending) {
        assert.ok(Object.isFrozen(thing))
        if (typeof thing === 'object' && thing !== null) pending.push(...Object.values(thing))
      }
    }
  })

  it('tells a file for the other program from an unknown root', () => {
    assert.deepEqual(problemsOf('<service_provider/>').length, 1)
    const given = (outcome: ReturnType<typeof readConsumer>) => !outcome.ok && outcome.problems
    assert.deepEqual(given(readConsumer(provider('', '::1'), 'p.xml')), [
      'p.xml:1:1: this is a provider file; run edgerq-sp',
    ])
    assert.deepEqual(given(readConsumer('\n <consumer/>', 'x')), [
      'x:2:2: the root of a consumer file must be <service_consumer>, not <consumer>',
    ])
  })

  it('shows a bounded number of problems however many there are', () => {
    const problems = problemsOf(consumer('<zebra/>'.repeat(40_000)))
    assert.equal(problems.length, 101)
    assert.match(problems.at(-1)!, /no more than 100 problems are shown/)
  })
})

describe('the table of elements', () => {
  for (const rule of ELEMENTS.filter((candidate) => candidate.takes.kind === 'number')) {
    it(`<${rule.name}> in ${rule.under[0]} takes its limits and its example, and nothing beyond`, () => {
      const { least, most, decimals } = rule.takes as Taken & { kind: 'number' }
      const step = decimals === 0 ? 1 : 0.001
      for (const text of [String(least), String(most), rule.example]) assert.deepEqual(problemsAt(rule, text), [], text)
      for (const value of [least - step, most + step])
        assert.equal(problemsAt(rule, String(value)).length, 1, String(value))
    })
  }

  it('every example is accepted where its element may stand', () => {
    for (const rule of ELEMENTS.filter((candidate) => candidate.example !== '')) {
      for (const element of [exampleOf(rule), ...(rule.attributes ?? []).map(({ example }) => example)]) {
        assert.deepEqual(problemsWith(rule, element), [], element)
      }
    }
  })
})

function problemsAt(rule: ElementRule, text: string): readonly string[] {
  return problemsWith(rule, `<${rule.name}>${text}</${rule.name}>`)
}

/** The problems of a file that is in order but for `element`, which `rule` is about, in the first place where it may stand. */
function problemsWith(rule: ElementRule, element: string): readonly string[] {
  const [home] = rule.under
  if (home === 'listenerTls') return problemsOf(listenerTlsFile(rule.name, element))
  if (home === 'pipeTls') return problemsOf(pipeTlsFile(rule.name, element))
  if (rule.name === 'path') {
    const listener = `<listener><carrier>websocket</carrier>${element}</listener>`
    return problemsOf(consumer('').replace('<listener/>', listener))
  }
  if (KEY_ELEMENTS.includes(rule.name)) return problemsOf(keyedFile(home === 'consumer', rule.name, element))
  if (home === 'consumer') return problemsOf(consumer(element))
  if (home === 'provider') return problemsOf(provider(element, '::1'))
  if (home === 'listener')
    return problemsOf(consumer('<insecure>yes</insecure>').replace('<listener/>', `<listener>${element}</listener>`))
  if (home === 'tls') return problemsOf(provider('', '::1', `<tls>${element}</tls>`))
  if (rule.name === 'socket')
    return problemsOf(provider('', '::1').replace('<hostname>a</hostname><port>80</port>', element))
  const file = home === 'consumerService' ? consumer('') : provider('', '::1')
  const start = home === 'pipe' ? '<pipe>' : '<service>'
  const own = new RegExp(`(${start}(?:(?!<services>).)*?)<${rule.name}>[^<]*</${rule.name}>`)
  return problemsOf(own.test(file) ? file.replace(own, `$1${element}`) : file.replace(start, start + element))
}

/** None of them may stand alone. */
const KEY_ELEMENTS = ['identity', 'authorized_providers', 'consumer_key', 'psk_file']

function keyedFile(isConsumer: boolean, name: string, element: string): string {
  const [identity, authorized, consumerKey, pskFile] = KEY_ELEMENTS.map((each) => {
    const value = each === 'consumer_key' ? `eqpk1:${'A'.repeat(43)}` : 'file'
    return each === name ? element : `<${each}>${value}</${each}>`
  })
  if (isConsumer) return consumer(identity! + authorized!)
  return provider(identity!, '::1').replace('<pipe>', `<pipe>${consumerKey}${pskFile}`)
}

function listenerTlsFile(name: string, element: string): string {
  const tls = `<tls>${element}${others(['certificate', 'private_key', 'ca'], name)}</tls>`
  return consumer('').replace('<listener/>', `<listener><carrier>tcp</carrier>${tls}</listener>`)
}

function pipeTlsFile(name: string, element: string): string {
  const tls = `<tls>${element}${others(['certificate', 'private_key'], name)}</tls>`
  return provider('', '::1').replace('<pipe>', `<pipe><carrier>tcp</carrier>${tls}`)
}

function others(names: readonly string[], but: string): string {
  return names.map((name) => (name === but ? '' : `<${name}>file</${name}>`)).join('')
}

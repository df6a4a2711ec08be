// How a <listener> carries links: its carrier, its <path> and its <tls>, and whom it is open to.

import assert from 'node:assert/strict'
import { type Listener, readConsumer } from '../../src/config/read.ts'
import { consumer, OTHER_UUID, problemsOf, UUID } from './documents.ts'

const FILES = '<certificate>c.pem</certificate><private_key>k.pem</private_key>'
const CA = '<ca>ca.pem</ca>'
const REACHABLE = '<inaddr_any>yes</inaddr_any>'

function allow(services: string, name: string): string {
  return `<allow services="${services}">${name}</allow>`
}

/** One line, so that the columns can be counted: what `listener` holds begins at 29. */
function fileWith(listener: string, root = ''): string {
  return consumer(root).replace('<listener/>', `<listener>${listener}</listener>`)
}

function listenerOf(listener: string, root = ''): Listener {
  const outcome = readConsumer(fileWith(listener, root), 'f')
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problems.join('\n'))
  return outcome.value.listeners[0]!
}

describe('the carrier of a listener', () => {
  it('is udp unless another is named', () => {
    assert.equal(listenerOf('').carrier, 'udp')
    for (const carrier of ['udp', 'tcp', 'websocket']) {
      assert.equal(listenerOf(`<carrier>${carrier}</carrier>`).carrier, carrier)
    }
  })

  it('has a path of its own if it is websocket', () => {
    assert.equal(listenerOf('<carrier>websocket</carrier>').path, '/edgerq')
    assert.equal(listenerOf('<path>/a/b</path><carrier>websocket</carrier>').path, '/a/b')
  })

  for (const path of ['/', '//a', '/a/', '/a.b/..c', '/%2F', '/~(x)!']) {
    it(`may have ${path} for a path`, () =>
      assert.equal(listenerOf(`<carrier>websocket</carrier><path>${path}</path>`).path, path))
  }

  for (const path of ['edgerq', '/a?b', '/a#b', '/a b', '/é', '/%4', '/a/../b', '/./a', '/%2e%2E/a', 'ws://a/b']) {
    it(`may not have ${path}, which no client would ask for`, () => {
      assert.deepEqual(problemsOf(fileWith(`<carrier>websocket</carrier><path>${path}</path>`)), [
        `f:1:57: <path> must be a path such as /edgerq, not "${path}"`,
      ])
    })
  }

  it('needs no <tls>, which may stand in front of it', () => {
    assert.equal(listenerOf('<carrier>tcp</carrier>').tls, null)
    assert.equal(listenerOf('<carrier>websocket</carrier>').tls, null)
  })
})

describe('<tls> of a listener', () => {
  it('shows a certificate, and asks for none without <ca>', () => {
    assert.deepEqual(listenerOf(`<carrier>tcp</carrier><tls>${FILES}</tls>`).tls, {
      certificatePath: 'c.pem',
      privateKeyPath: 'k.pem',
      caPath: null,
      allows: [],
    })
  })

  it('says by whose certificates which services may be served', () => {
    const allows = allow('*', 'a.example.org') + allow(`${OTHER_UUID.toUpperCase()} ,${UUID}`, '10.0.0.7')
    assert.deepEqual(listenerOf(`<carrier>websocket</carrier><tls>${FILES}${CA}${allows}</tls>`).tls?.allows, [
      { name: 'a.example.org', services: null },
      { name: '10.0.0.7', services: [OTHER_UUID, UUID] },
    ])
  })

  for (const name of [
    'localhost',
    'a_b.example.org',
    '::1',
    'fd00::7',
    'spiffe://example.org/wiki',
    'urn:uuid:1f',
    'urn:x:1',
  ]) {
    it(`may allow ${name}`, () => {
      const { tls } = listenerOf(`<carrier>tcp</carrier><tls>${FILES}${CA}${allow('*', name)}</tls>`)
      assert.deepEqual(tls?.allows, [{ name, services: null }])
    })
  }

  const isNoName = 'must be a DNS name, an IP address or a URI, not'
  const areNoServices = 'attribute services of <allow> must be UUIDs with commas between them, or * for all, not'
  const refused: readonly (readonly [tls: string, ...problems: string[]])[] = [
    [
      '',
      '51: <certificate> is missing in <tls>; it must be the path of a file',
      '51: <private_key> is missing in <tls>; it must be the path of a file',
    ],
    [
      `${FILES}${CA}<allow>a</allow>`,
      '135: attribute services is missing in <allow>; it must be UUIDs with commas between them, or * for all',
    ],
    [
      `${FILES}${CA}<allow service="*">a</allow>`,
      '135: unknown attribute service of <allow>; did you mean services?',
      '135: attribute services is missing in <allow>; it must be UUIDs with commas between them, or * for all',
    ],
    [
      `${FILES}${CA}${allow('', 'a')}`,
      '135: attribute services of <allow> is empty; it must be UUIDs with commas between them, or * for all',
    ],
    [`${FILES}${CA}${allow(',', 'a')}`, `135: ${areNoServices} "," (there is none in it)`],
    [`${FILES}${CA}${allow(`${UUID},*`, 'a')}`, `135: ${areNoServices} "${UUID},*" ("*" is no UUID)`],
    [
      `${FILES}${CA}${allow(`${UUID} ${UUID}`, 'a')}`,
      `135: ${areNoServices} "${UUID} ${UUID.slice(0, 23)}…" (one stands there twice)`,
    ],
    [
      `${FILES}${CA}${allow('*', '*.a.org')}`,
      `135: <allow> ${isNoName} "*.a.org" (a pattern allows nobody, write each name)`,
    ],
    [`${FILES}${CA}${allow('*', 'DNS:a.org')}`, `135: <allow> ${isNoName} "DNS:a.org" (leave out DNS:)`],
    [
      `${FILES}${CA}${allow('*', 'IP Address:::1')}`,
      `135: <allow> ${isNoName} "IP Address:::1" (leave out IP Address:)`,
    ],
    [`${FILES}${CA}${allow('*', 'a.org:443')}`, `135: <allow> ${isNoName} "a.org:443" (leave out the port)`],
    [`${FILES}${CA}${allow('*', 'a b')}`, `135: <allow> ${isNoName} "a b"`],
    [`${FILES}${CA}${allow('*', 'spiffe://a b')}`, `135: <allow> ${isNoName} "spiffe://a b"`],
    [`${FILES}${CA}${allow('*', `urn:${'x'.repeat(2_045)}`)}`, `135: <allow> ${isNoName} "urn:${'x'.repeat(56)}…"`],
    [
      `${FILES}${CA}${allow('*', 'a')}${allow(UUID, 'A')}`,
      '164: lines 1 and 1 allow the same name; write all of its services in one <allow>',
    ],
    [`${FILES}${allow('*', 'a')}`, '120: <allow> needs <ca> beside it: without it no provider shows a certificate'],
    [`${FILES}${CA}${CA}`, '135: <ca> may stand only once in <tls>; the first is on line 1'],
    [`${FILES}<name>a</name>`, '120: <name> may not stand in <tls>; it belongs in <service>'],
    [`${FILES}<alow>a</alow>`, '120: unknown element <alow> in <tls>; did you mean <allow>?'],
  ]
  for (const [tls, ...problems] of refused) {
    it(`${tls.replace(FILES + CA, '').slice(0, 70) || 'nothing'}: ${problems.map((line) => line.slice(line.indexOf(' ') + 1)).join('; ')}`, () => {
      assert.deepEqual(
        problemsOf(fileWith(`<carrier>tcp</carrier><tls>${tls}</tls>`)),
        problems.map((problem) => `f:1:${problem}`),
      )
    })
  }

  it('and <path> are not for udp, and the problems say why', () => {
    assert.deepEqual(problemsOf(fileWith(`<tls>${FILES}</tls><path>/a</path>`)), [
      'f:1:29: <tls> is for tcp and websocket: there is no TLS over UDP, where the link is sealed by itself and keys say who is there; leave it out, or write <carrier>tcp</carrier>',
      'f:1:104: <path> is for websocket, and this listener is udp; leave it out',
    ])
  })
})

describe('what is wrong with a listener', () => {
  it('is told once, and not again by what depends on it', () => {
    assert.deepEqual(problemsOf(fileWith('<carrier>quic</carrier><path>/a</path>')), [
      'f:1:29: <carrier> must be udp, tcp or websocket, not "quic"',
    ])
    const nameless = allow('*', 'a b')
    const problems = problemsOf(fileWith(`<carrier>tcp</carrier><tls>${FILES}${CA}${nameless}${nameless}</tls>`))
    assert.equal(problems.length, 2)
    assert.ok(problems.every((problem) => problem.includes('<allow> must be a DNS name')))
  })
})

describe('a listener that others can reach and that has no keys', () => {
  const tcp = '<carrier>tcp</carrier>'

  it('is open to those whose certificates it allows', () => {
    const { inaddrAny } = listenerOf(`${REACHABLE}${tcp}<tls>${FILES}${CA}${allow('*', 'a')}</tls>`)
    assert.equal(inaddrAny, true)
  })

  it('is refused if certificates are asked for and nobody is allowed', () => {
    assert.deepEqual(problemsOf(fileWith(`${REACHABLE}${tcp}<tls>${FILES}${CA}</tls>`)), [
      'f:1:79: <allow> is missing in <tls>: without keys it is certificates that say who may serve what; write an <allow> for each provider',
    ])
  })

  it('is refused if it only shows a certificate of its own', () => {
    const [problem, ...others] = problemsOf(fileWith(`${REACHABLE}${tcp}<tls>${FILES}</tls>`))
    assert.match(problem!, /^f:1:29: .*which needs keys or certificates: /)
    assert.deepEqual(others, [])
  })

  it('is refused on udp, whatever stands in <tls>', () => {
    const problems = problemsOf(fileWith(`${REACHABLE}<tls>${FILES}${CA}${allow('*', 'a')}</tls>`))
    assert.match(problems[0]!, /needs keys or certificates/)
    assert.match(problems[1]!, /no TLS over UDP/)
    assert.equal(problems.length, 2)
  })

  it('is not refused once more for what is wrong in <tls>', () => {
    const problems = problemsOf(fileWith(`${REACHABLE}${tcp}<tls>${FILES}<ca/><allow services="x">a</allow></tls>`))
    assert.equal(problems.length, 2, problems.join('\n'))
    assert.match(problems[0]!, /<ca> is empty/)
    assert.match(problems[1]!, /"x" is no UUID/)
  })

  it('with keys needs no <allow>, nor <ca>', () => {
    const keys = '<identity>a</identity><authorized_providers>b</authorized_providers>'
    listenerOf(`${REACHABLE}${tcp}<tls>${FILES}${CA}</tls>`, keys)
    listenerOf(`${REACHABLE}${tcp}`, keys)
  })
})

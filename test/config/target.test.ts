// Where a service has its target, how it is spoken to and how it is probed: what is taken, and every problem word for word.

import assert from 'node:assert/strict'
import { type ProviderService, readProvider } from '../../src/config/read.ts'
import { problemsOf, UUID } from './documents.ts'

const TCP = '<hostname>a</hostname><port>80</port>'
const SOCKET = '<socket>/run/app.sock</socket>'

/** One line, so that the columns can be counted: <service> is at 80, what `service` holds begins at 138. */
function fileWith(service: string, root = ''): string {
  const services = `<services><service><uuid>${UUID}</uuid>${service}</service></services>`
  return `<service_provider><pipes><pipe><hostname>::1</hostname><port>1</port>${services}</pipe></pipes>${root}</service_provider>`
}

function serviceOf(service: string, root = ''): ProviderService {
  const outcome = readProvider(fileWith(service, root), 'f')
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problems.join('\n'))
  return outcome.value.pipes[0]!.services[0]!
}

function pathOfBytes(bytes: number): string {
  return `/${'é'.repeat(20)}${'x'.repeat(bytes - 41)}`
}

describe('the target of a service', () => {
  it('is a host and a port, or a Unix socket', () => {
    assert.deepEqual(serviceOf(TCP).target, { kind: 'tcp', hostname: 'a', port: 80 })
    assert.deepEqual(serviceOf(SOCKET).target, { kind: 'unix', path: '/run/app.sock' })
    assert.deepEqual(serviceOf(`${SOCKET}<protocol>tcp</protocol>`).target, { kind: 'unix', path: '/run/app.sock' })
  })

  it('may be a socket whose path has as many bytes as the system takes', () => {
    assert.deepEqual(serviceOf(`<socket>${pathOfBytes(107)}</socket>`).target.kind, 'unix')
  })

  it('is spoken to in plain unless <tls> is there, which may be empty', () => {
    assert.equal(serviceOf(TCP).tls, null)
    assert.deepEqual(serviceOf(`${TCP}<tls/>`).tls, { caPath: null, name: null })
    const both = '<tls><name>app.example</name><ca>ca/our ca.pem</ca></tls>'
    assert.deepEqual(serviceOf(TCP + both).tls, { caPath: 'ca/our ca.pem', name: 'app.example' })
    assert.deepEqual(serviceOf(`${SOCKET}<tls><name>::1</name></tls>`).tls, { caPath: null, name: '::1' })
  })

  it('is probed by a page where a path is given, for one service or at the root', () => {
    const probed = { kind: 'path', path: '/healthz?full=1&deep=%20', intervalSeconds: 7 }
    const health = '<health interval="7">/healthz?full=1&amp;deep=%20</health>'
    assert.deepEqual(serviceOf(TCP + health).health, probed)
    assert.deepEqual(serviceOf(TCP, health).health, probed)
    assert.deepEqual(serviceOf(`${TCP}<health>off</health>`, health).health, { kind: 'off', intervalSeconds: 10 })
  })

  const needs = 'must be an absolute path of at most 107 bytes, not'
  const isNoHealth = 'must be connect, off or a path such as /healthz, not'
  const refused: readonly (readonly [service: string, ...problems: string[]])[] = [
    ['', '80: the target is missing in <service>; it must be <hostname> and <port>, or <socket>'],
    ['<hostname>a</hostname>', '80: <port> is missing in <service>; it must be 1 to 65535'],
    ['<port>80</port>', '80: <hostname> is missing in <service>; it must be a host name, an IPv4 or an IPv6 address'],
    [TCP + SOCKET, '175: <socket> may not stand beside <hostname> and <port>: one target, one address'],
    [`${SOCKET}<port>80</port>`, '138: <socket> may not stand beside <hostname> and <port>: one target, one address'],
    ['<socket>run/app.sock</socket>', `138: <socket> ${needs} "run/app.sock"`],
    ['<socket>@app</socket>', `138: <socket> ${needs} "@app"`],
    ['<socket>/a&#9;b</socket>', `138: <socket> ${needs} "/a\\u0009b"`],
    ['<socket/>', '138: <socket> is empty; it must be an absolute path of at most 107 bytes'],
    [`<socket>${pathOfBytes(108)}</socket>`, `138: <socket> ${needs} "/${'é'.repeat(20)}${'x'.repeat(39)}…"`],
    [
      `${TCP}<protocol>tcp</protocol><tls/>`,
      '199: <tls> needs an http service: the bytes of a tcp service are carried untouched; leave it out',
    ],
    [
      `${SOCKET}<tls/>`,
      '168: <name> is missing in <tls>; beside <socket> nothing else says whom the certificate must be for',
    ],
    [`${TCP}<tls/><tls/>`, '181: <tls> may stand only once in <service>; the first is on line 1'],
    [
      `${TCP}<tls><ca></ca><name>https://a</name></tls>`,
      '180: <ca> is empty; it must be the path of a file',
      '189: <name> must be a host name, an IPv4 or an IPv6 address, not "https://a" (leave out the scheme)',
    ],
    [`${TCP}<tls><ca>a&#10;b</ca></tls>`, '180: <ca> must be the path of a file, not "a\\u000ab"'],
    [`${TCP}<tls><cert>x</cert></tls>`, '180: unknown element <cert> in <tls>'],
    [`${TCP}<ca>x</ca>`, '175: <ca> may not stand in <service>; it belongs in <tls>'],
    [`${TCP}<health>healthz</health>`, `175: <health> ${isNoHealth} "healthz"`],
    [`${TCP}<health>/a b</health>`, `175: <health> ${isNoHealth} "/a b"`],
    [`${TCP}<health>/a#b</health>`, `175: <health> ${isNoHealth} "/a#b"`],
    [`${TCP}<health>/%4</health>`, `175: <health> ${isNoHealth} "/%4"`],
    [`${TCP}<health>/é</health>`, `175: <health> ${isNoHealth} "/é"`],
    [
      `${TCP}<protocol>tcp</protocol><health>/healthz</health>`,
      '199: "/healthz" for <health> needs an http service; for a tcp service it must be connect or off',
    ],
  ]
  for (const [service, ...problems] of refused) {
    it(`${service.slice(0, 60) || 'nothing'}: ${problems.map((line) => line.slice(line.indexOf(' ') + 1)).join('; ')}`, () => {
      assert.deepEqual(
        problemsOf(fileWith(service)),
        problems.map((problem) => `f:1:${problem}`),
      )
    })
  }

  it('a path for <health> at the root is a problem of the services that cannot have it', () => {
    const text = fileWith(`${TCP}<protocol>tcp</protocol>`, '<health>/healthz</health>')
    assert.deepEqual(problemsOf(text), [
      'f:1:80: "/healthz" for <health> needs an http service; for a tcp service it must be connect or off',
    ])
  })

  it('what is wrong with the protocol is told once, and not again by what needs one', () => {
    assert.deepEqual(problemsOf(fileWith(`${TCP}<protocol>https</protocol><tls/><health>/</health>`)), [
      'f:1:175: <protocol> must be http or tcp, not "https"',
    ])
  })
})

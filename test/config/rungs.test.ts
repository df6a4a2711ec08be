// The ways of a pipe to its consumer: what each <carrier> says, what <tls> of the pipe says about them, and when they may leave this machine.

import assert from 'node:assert/strict'
import { type Pipe, readProvider } from '../../src/config/read.ts'
import { problemsOf, provider } from './documents.ts'

const KEY = `<consumer_key>eqpk1:${'A'.repeat(43)}</consumer_key>`

/** One line, so that the columns can be counted: what `pipe` holds begins at 32. The pipe leads to port 1 of `host`. */
function fileWith(pipe: string, host = '::1', root = ''): string {
  return provider(root, host).replace('<pipe>', `<pipe>${pipe}`)
}

function pipeOf(pipe: string, host = '::1', root = ''): Pipe {
  const outcome = readProvider(fileWith(pipe, host, root), 'f')
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problems.join('\n'))
  return outcome.value.pipes[0]!
}

/** Such as `tcp+tls far:443`. */
function waysOf(pipe: string, host = '::1', root = ''): readonly string[] {
  return pipeOf(pipe, host, root).rungs.map(
    ({ carrier, hostname, port, isTls }) => `${carrier}${isTls ? '+tls' : ''} ${hostname}:${port}`,
  )
}

function websocket(url: string): string {
  return `<carrier url="${url}">websocket</carrier>`
}

describe('the carriers of a pipe', () => {
  it('are UDP alone unless others are named', () => {
    assert.deepEqual(waysOf(''), ['udp ::1:1'])
    assert.deepEqual(pipeOf('').rungs[0]!.place, { line: 1, column: 32 })
    const { probeSeconds, fallbackAfterSeconds, tls } = pipeOf('')
    assert.deepEqual([probeSeconds, fallbackAfterSeconds, tls], [60, 3, null])
  })

  it('stand in the order of preference, and each knows where it is written', () => {
    const pipe = `<carrier>tcp</carrier>${websocket('ws://localhost/a')}<name>x</name><carrier>udp</carrier>`
    assert.deepEqual(waysOf(pipe), ['tcp ::1:1', 'websocket localhost:80', 'udp ::1:1'])
    assert.deepEqual(
      pipeOf(pipe).rungs.map(({ place }) => place.column),
      [32, 54, 119],
    )
  })

  it('lead where the pipe does, or to a host and port of their own', () => {
    assert.deepEqual(
      waysOf(
        '<carrier hostname="localhost">udp</carrier><carrier port="443">tcp</carrier><carrier hostname="127.0.0.1" port="7">tcp</carrier>',
      ),
      ['udp localhost:1', 'tcp ::1:443', 'tcp 127.0.0.1:7'],
    )
  })

  const urls: readonly (readonly [text: string, url: string, way: string])[] = [
    ['wss://LocalHost', 'wss://localhost/', 'websocket+tls localhost:443'],
    ['ws://localhost:80/a?b=c&amp;d', 'ws://localhost/a?b=c&d', 'websocket localhost:80'],
    ['wss://[0:0::1]:8443/edgerq', 'wss://[::1]:8443/edgerq', 'websocket+tls ::1:8443'],
    ['ws://127.0.0.1/a@b', 'ws://127.0.0.1/a@b', 'websocket 127.0.0.1:80'],
  ]
  for (const [text, url, way] of urls) {
    it(`may lead to ${text}`, () => {
      assert.deepEqual(waysOf(websocket(text)), [way])
      assert.equal(pipeOf(websocket(text)).rungs[0]!.url, url)
    })
  }

  it('of tcp run inside TLS if the pipe has <tls>, but for those that say no', () => {
    const tcp = '<carrier>tcp</carrier><carrier tls="no">tcp</carrier><carrier tls="yes" port="2">tcp</carrier>'
    assert.deepEqual(waysOf(`<tls/>${tcp}<carrier>udp</carrier>`), [
      'tcp+tls ::1:1',
      'tcp ::1:1',
      'tcp+tls ::1:2',
      'udp ::1:1',
    ])
    assert.deepEqual(waysOf('<carrier tls="no">tcp</carrier>'), ['tcp ::1:1'])
  })

  it('may be eight', () => {
    const eight = [1, 2, 3, 4, 5, 6, 7, 8].map((port) => `<carrier port="${port}">udp</carrier>`).join('')
    assert.equal(pipeOf(eight).rungs.length, 8)
    assert.deepEqual(problemsOf(fileWith(`${eight}<carrier>tcp</carrier>`)), [
      'f:1:280: <carrier> may stand at most 8 times in <pipe>; the first is on line 1',
    ])
  })

  const isNoUrl = 'attribute url of <carrier> must be a URL such as wss://server.example.org/edgerq, not'
  const refused: readonly (readonly [pipe: string, ...problems: string[]])[] = [
    ['<carrier>quic</carrier>', '32: <carrier> must be udp, tcp or websocket, not "quic"'],
    ['<carrier/>', '32: <carrier> is empty; it must be udp, tcp or websocket'],
    ['<carrier hostnam="a">udp</carrier>', '32: unknown attribute hostnam of <carrier>; did you mean hostname?'],
    [
      '<carrier hostname="a b" port="0" tls="maybe">tcp</carrier>',
      '32: attribute hostname of <carrier> must be a host name, an IPv4 or an IPv6 address, not "a b"',
      '32: attribute port of <carrier> must be 1 to 65535, not "0"',
      '32: attribute tls of <carrier> must be yes or no, not "maybe"',
    ],
    [
      '<carrier>websocket</carrier>',
      '32: attribute url is missing in <carrier>; websocket needs a URL such as wss://server.example.org/edgerq',
    ],
    [
      '<carrier url="ws://[::1]/" hostname="a" port="1" tls="no">websocket</carrier>',
      '32: attribute hostname may not stand at websocket: the url says it; leave it out',
      '32: attribute port may not stand at websocket: the url says it; leave it out',
      '32: attribute tls may not stand at websocket: the url says it: wss:// is with TLS, ws:// without; leave it out',
    ],
    [
      '<carrier url="ws://[::1]/" tls="no">udp</carrier>',
      '32: attribute url may not stand at udp: it is for websocket; leave it out',
      '32: attribute tls may not stand at udp: there is no TLS over UDP, where the link is sealed by itself; leave it out',
    ],
    [
      '<carrier url="ws://[::1]/">tcp</carrier>',
      '32: attribute url may not stand at tcp: it is for websocket; leave it out',
    ],
    ['<carrier tls="yes">tcp</carrier>', '32: tls="yes" needs <tls> in <pipe>, where whom to believe is written'],
    [websocket('https://a/'), `32: ${isNoUrl} "https://a/" (write wss:// for https://, and ws:// for http://)`],
    [websocket('a/b'), `32: ${isNoUrl} "a/b"`],
    [websocket('ws://:x@localhost/'), `32: ${isNoUrl} "…@localhost/" (leave out the user and the password)`],
    [websocket('ws:///'), `32: ${isNoUrl} "ws:///"`],
    [websocket('ws://a b/'), `32: ${isNoUrl} "ws://a b/"`],
    [websocket('ws://a..b/'), `32: ${isNoUrl} "ws://a..b/" (that is no host)`],
    [websocket('ws://a:0/'), `32: ${isNoUrl} "ws://a:0/" (nobody listens on port 0)`],
    [websocket('ws://a/#b'), `32: ${isNoUrl} "ws://a/#b" (leave out what begins with #)`],
    [websocket('ws://a/#'), `32: ${isNoUrl} "ws://a/#" (leave out what begins with #)`],
    [websocket(`ws://a/${'x'.repeat(2_048)}`), `32: ${isNoUrl} "ws://a/${'x'.repeat(53)}…"`],
    [
      '<carrier>udp</carrier>\n<carrier hostname="::1" port="1">udp</carrier>',
      '1: lines 1 and 2 are one and the same way to the consumer; leave one out',
    ],
    [
      `${websocket('ws://LOCALHOST:80/a')}${websocket('ws://localhost/A')}\n${websocket('ws://localhost/a')}`,
      '1: lines 1 and 2 are one and the same way to the consumer; leave one out',
    ],
    [
      '<carrier hostname="localhost">tcp</carrier>\n<carrier hostname="LocalHost">tcp</carrier>',
      '1: lines 1 and 2 are one and the same way to the consumer; leave one out',
    ],
    ['<tls/><carrier tls="maybe">tcp</carrier>', '38: attribute tls of <carrier> must be yes or no, not "maybe"'],
    ['<probe>0</probe>', '32: <probe> must be 1 to 86400 seconds, not "0"'],
    ['<fallback_after>0.01</fallback_after>', '32: <fallback_after> must be 0.1 to 60 seconds, not "0.01"'],
  ]
  for (const [pipe, ...problems] of refused) {
    it(`${pipe.slice(0, 70).replace('\n', ' ')}: ${problems.map((line) => line.slice(line.indexOf(' ') + 1)).join('; ')}`, () => {
      const line = pipe.includes('\n') ? 2 : 1
      assert.deepEqual(
        problemsOf(fileWith(pipe)),
        problems.map((problem) => `f:${line}:${problem}`),
      )
    })
  }

  it('never repeat what may be a password', () => {
    for (const url of ['wss://user:secret@a/', 'wss://:secret@', 'wss://x:secret@a b/', 'https://u:secret@a/']) {
      const [problem] = problemsOf(fileWith(websocket(url)))
      assert.match(problem!, /attribute url of <carrier> must be/)
      assert.ok(!problem!.includes('secret'), problem)
    }
  })

  it('are not compared, nor judged, while the address cannot be read', () => {
    const file = fileWith('<carrier>udp</carrier><carrier>tcp</carrier>', 'http://far')
    assert.deepEqual(problemsOf(file), [
      'f:1:76: <hostname> must be a host name, an IPv4 or an IPv6 address, not "http://far" (leave out the scheme)',
    ])
  })
})

describe('<tls> of a pipe', () => {
  it('says whom to believe, and what is shown', () => {
    assert.deepEqual(pipeOf('<tls/><carrier>tcp</carrier>').tls, {
      caPath: null,
      serverName: null,
      certificatePath: null,
      privateKeyPath: null,
    })
    const all =
      '<ca>ca.pem</ca><name>a.example.org</name><certificate>c.pem</certificate><private_key>k.pem</private_key>'
    assert.deepEqual(pipeOf(`<carrier>tcp</carrier><tls>${all}</tls>`).tls, {
      caPath: 'ca.pem',
      serverName: 'a.example.org',
      certificatePath: 'c.pem',
      privateKeyPath: 'k.pem',
    })
  })

  it('counts for wss:// too', () => {
    assert.equal(pipeOf(`${websocket('wss://localhost/')}<tls><ca>ca.pem</ca></tls>`).tls?.caPath, 'ca.pem')
  })

  it('shows a certificate with its key, or neither', () => {
    assert.deepEqual(problemsOf(fileWith('<carrier>tcp</carrier><tls><certificate>c</certificate></tls>')), [
      'f:1:54: <private_key> is missing in <tls>; it must be the path of a file',
    ])
    assert.deepEqual(problemsOf(fileWith('<carrier>tcp</carrier><tls><private_key>k</private_key></tls>')), [
      'f:1:54: <certificate> is missing in <tls>; it must be the path of a file',
    ])
  })

  for (const carriers of [
    '',
    '<carrier>udp</carrier>',
    `<carrier tls="no">tcp</carrier>${websocket('ws://localhost/')}`,
  ]) {
    it(`is refused where it would change nothing: ${carriers || 'no <carrier>'}`, () => {
      const [problem, ...others] = problemsOf(fileWith(`<tls/>${carriers}`))
      assert.match(problem!, /^f:1:32: <tls> changes nothing here: no <carrier> of this pipe is tcp/)
      assert.deepEqual(others, [])
    })
  }
})

describe('a pipe without keys', () => {
  const tls = '<tls/>'
  const tcp = '<carrier>tcp</carrier>'
  const wss = websocket('wss://far/')

  it('may lead to another host where certificates say who is there', () => {
    assert.deepEqual(waysOf(tls + tcp, 'far'), ['tcp+tls far:1'])
    assert.deepEqual(waysOf(wss, 'far'), ['websocket+tls far:443'])
    assert.equal(pipeOf(tls + tcp + wss, 'far').keys, null)
  })

  it('may lead to another host through stunnel on this machine', () => {
    const stunnel = '<carrier hostname="127.0.0.1" port="7000" tls="no">tcp</carrier>'
    assert.deepEqual(waysOf(stunnel, 'far'), ['tcp 127.0.0.1:7000'])
    assert.deepEqual(waysOf(tls + tcp + stunnel + wss, 'far').length, 3)
  })

  const exposed: readonly (readonly [pipe: string, host: string, ...ways: string[]])[] = [
    [tcp, 'far', '32: tcp to far:1'],
    [`${tls}${tcp}<carrier tls="no">tcp</carrier>`, 'far', '60: tcp to far:1'],
    [`${tls}${tcp}<carrier>udp</carrier>`, 'far', '60: udp to far:1'],
    [`<carrier>udp</carrier><carrier hostname="2001:db8::1">udp</carrier>`, '::1', '54: udp to [2001:db8::1]:1'],
    [wss + websocket('ws://far:8080/'), '::1', '77: websocket to far:8080'],
    [`<carrier>udp</carrier>${tcp}`, 'far', '32: udp to far:1', '54: tcp to far:1'],
  ]
  for (const [pipe, host, ...ways] of exposed) {
    it(`may not lead there blindly: ${ways.join(', ')}`, () => {
      const problems = problemsOf(fileWith(pipe, host))
      assert.equal(problems.length, ways.length, problems.join('\n'))
      for (const [index, way] of ways.entries()) {
        const [column, what] = way.split(': ')
        const start = `f:1:${column}: a pipe to another host needs keys, and ${what} is one without TLS: run "edgerq keygen`
        assert.ok(problems[index]!.startsWith(start), problems[index])
        assert.match(problems[index]!, /tcp with <tls> in the pipe or as websocket with a wss:\/\/ url/)
      }
    })
  }

  it('may lead anywhere knowingly, and so may one with keys', () => {
    assert.deepEqual(waysOf(`<insecure>yes</insecure>${tcp}`, 'far'), ['tcp far:1'])
    assert.deepEqual(waysOf(`${KEY}${tcp}`, 'far', '<identity>k</identity>'), ['tcp far:1'])
  })

  it('may do without them beside others that have them if every way is inside TLS', () => {
    const identity = '<identity>k</identity>'
    assert.equal(pipeOf(tls + tcp + wss, 'far', identity).keys, null)
    assert.deepEqual(problemsOf(fileWith(`${tls}${tcp}<carrier tls="no">tcp</carrier>`, '::1', identity)), [
      'f:1:26: <consumer_key> is missing in <pipe>; it must be one or two public keys, eqpk1:…, as edgerq keygen prints them',
    ])
    assert.deepEqual(pipeOf(`${tls}${tcp}${KEY}`, 'far', identity).keys?.identityPath, 'k')
  })
})

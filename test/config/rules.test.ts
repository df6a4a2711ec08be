import assert from 'node:assert/strict'
import { readConsumer, readProvider } from '../../src/config/read.ts'
import { assertProblem, consumer, OTHER_UUID, problemsOf, provider, UUID } from './documents.ts'

describe('values that may not be given twice', () => {
  const service = (uuid: string, port: number) => `<service>\n<uuid>${uuid}</uuid>\n<port>${port}</port>\n</service>\n`
  const consumerOf = (...services: readonly string[]) =>
    `<service_consumer><listener/><services>\n${services.join('')}</services></service_consumer>`

  it('two services with one UUID are a problem that names both lines, whatever the case of its digits', () => {
    const problems = problemsOf(
      consumerOf(service(OTHER_UUID, 1), service(UUID, 2), service(OTHER_UUID.toUpperCase(), 3)),
    )
    assert.deepEqual(problems, [`f:11:1: lines 3 and 11 both have the UUID ${OTHER_UUID}; each needs its own`])
  })

  it('two services on one TCP port are a problem that names both lines', () => {
    const problems = problemsOf(consumerOf(service(UUID, 80), service(OTHER_UUID, 80)))
    assert.deepEqual(problems, ['f:8:1: lines 4 and 8 both take TCP port 80; each needs its own'])
  })

  it('two services may both ask for any free port', () => {
    assert.deepEqual(problemsOf(consumerOf(service(UUID, 0), service(OTHER_UUID, 0))), [])
  })

  it('a service may have the number of the listener, for one is TCP and the other UDP', () => {
    assert.deepEqual(problemsOf(consumerOf(service(UUID, 12345))), [])
  })

  const listener = (carrier: string) => `\n<listener><carrier>${carrier}</carrier></listener>`

  it('a UDP and a TCP listener may have one port', () => {
    assert.deepEqual(problemsOf(consumer(listener('tcp'))), [])
    assert.deepEqual(problemsOf(consumer(listener('websocket'))), [])
  })

  it('two listeners of TCP may not, and a WebSocket is one of them', () => {
    for (const carrier of ['tcp', 'websocket']) {
      assertProblem(
        consumer(listener('tcp') + listener(carrier)),
        /^f:3:1: lines 2 and 3 both take TCP port 12345; each needs its own/,
      )
    }
  })

  for (const carrier of ['tcp', 'websocket']) {
    it(`a ${carrier} listener may not have the port of a service, whichever stands first`, () => {
      const own = listener(carrier).replace('</listener>', '<port>3000</port></listener>')
      assertProblem(consumer(own), /^f:2:\d+: lines 1 and 2 both take TCP port 3000/)
      const first = consumer('').replace('<service_consumer>', `<service_consumer>${own}\n`)
      assertProblem(first, /^f:3:\d+: lines 2 and 3 both take TCP port 3000/)
    })
  }

  it('a listener whose carrier cannot be read is compared with nothing', () => {
    assertProblem(consumer(listener('quic') + listener('tcp')), /^f:2:11: <carrier> must be udp, tcp or websocket/)
  })

  it('two listeners that leave out their port are on the same one', () => {
    assertProblem(consumer('\n<listener/>'), /^f:2:1: lines 1 and 2 both take UDP port 12345/)
  })

  it('values that are wrong or missing are not called equal', () => {
    const problems = problemsOf(
      consumerOf('<service><port>x</port></service>\n', '<service><port>x</port></service>\n'),
    )
    assert.equal(problems.length, 4, problems.join('\n'))
    assert.ok(problems.every((problem) => !problem.includes('both')))
  })

  it('a UUID may stand in several pipes, but once in each', () => {
    const target = `<service><uuid>${UUID}</uuid><hostname>a</hostname><port>1</port></service>`
    const pipe = (services: string) =>
      `<pipe><hostname>::1</hostname><port>1</port><services>${services}</services></pipe>\n`
    const file = (...pipes: readonly string[]) =>
      `<service_provider><pipes>\n${pipes.join('')}</pipes></service_provider>`
    assert.deepEqual(problemsOf(file(pipe(target), pipe(target))), [])
    assertProblem(
      file(pipe(target), pipe(target + target)),
      /^f:3:\d+: lines 3 and 3 both offer the UUID 1111.* to the same consumer/,
    )
  })
})

describe('safe by default', () => {
  const listener = (inaddrAny: string) => `<listener><port>1</port><inaddr_any>${inaddrAny}</inaddr_any></listener>`

  it('a listener that others can reach is refused, and the problem says which commands make the keys that it needs', () => {
    assertProblem(
      consumer(listener('yes')),
      /^f:1:160: .*needs keys or certificates: run "edgerq keygen -o consumer\.key" here and "edgerq keygen -o provider\.key" where .* <carrier>tcp<\/carrier> and <tls> with <ca>, .*<allow>.* <insecure>yes<\/insecure> under <service_consumer>/,
    )
  })

  it('<insecure>no</insecure> opens nothing', () => {
    assertProblem(consumer(`<insecure>no</insecure>${listener('yes')}`), /needs keys or certificates/)
  })

  it('<insecure>yes</insecure> opens it knowingly, wherever it stands in the root', () => {
    assert.deepEqual(problemsOf(consumer(`<insecure>yes</insecure>${listener('yes')}`)), [])
    assert.deepEqual(problemsOf(consumer(`${listener('yes')}<insecure>yes</insecure>`)), [])
  })

  it('a port for clients is opened to others without more ado', () => {
    const outcome = readConsumer(consumer('', '<inaddr_any>yes</inaddr_any>'), 'f')
    assert.equal(outcome.ok && outcome.value.services[0]!.inaddrAny, true)
  })

  for (const host of ['localhost', 'LOCALHOST.', '127.0.0.1', '127.255.3.4', '::1', '0:0:0:0:0:0:0:1']) {
    it(`a pipe to ${host} stays on this machine`, () => assert.deepEqual(problemsOf(provider('', host)), []))
  }

  for (const host of [
    'localhost.example.org',
    '128.0.0.1',
    '0.0.0.0',
    '::',
    '::2',
    '127.example.org',
    'consumer',
    '10.0.0.1',
  ]) {
    it(`a pipe to ${host} leaves this machine and is refused`, () => {
      assertProblem(
        provider('', host),
        /^f:1:32: a pipe to another host needs keys, and udp to .*:1 is one without TLS: run "edgerq keygen .* and "edgerq keygen .*<insecure>yes<\/insecure> under <pipe>/,
      )
    })
  }

  it('<insecure> under one pipe opens that pipe only', () => {
    const pipe = (insecure: string) =>
      `<pipe><hostname>far</hostname><port>1</port>${insecure}<services><service><uuid>${UUID}</uuid><hostname>a</hostname><port>1</port></service></services></pipe>\n`
    const text = `<service_provider><pipes>\n${pipe('<insecure>yes</insecure>')}${pipe('')}</pipes></service_provider>`
    assertProblem(text, /^f:3:7: a pipe to another host/)
  })
})

describe('keys of a consumer', () => {
  const identity = '<identity>sc.key</identity>'
  const authorized = '<authorized_providers>providers</authorized_providers>'
  const open = '<listener><port>1</port><inaddr_any>yes</inaddr_any></listener>'

  it('open a listener to other hosts, and are told as they are written', () => {
    const outcome = readConsumer(consumer(identity + authorized + open), 'f')
    assert.ok(outcome.ok)
    assert.deepEqual(outcome.value.keys, { identityPath: 'sc.key', authorizedPath: 'providers' })
  })

  it('are none if none are named', () => {
    const outcome = readConsumer(consumer(''), 'f')
    assert.ok(outcome.ok)
    assert.equal(outcome.value.keys, null)
  })

  it('are of no use one without the other', () => {
    assertProblem(consumer(identity), /<authorized_providers> is missing in <service_consumer>/)
    assertProblem(consumer(authorized + open), /<identity> is missing in <service_consumer>/)
  })

  it('leave <insecure> nothing to open', () => {
    assertProblem(
      consumer(`${identity}${authorized}<insecure>yes</insecure>`),
      /<insecure>.* beside keys.*leave it out/,
    )
    assert.deepEqual(problemsOf(consumer(`${identity}${authorized}<insecure>no</insecure>`)), [])
  })
})

describe('keys of a pipe', () => {
  const KEY = 'eqpk1:hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo'
  const OTHER_KEY = 'eqpk1:Qa1glq2w9Uh1iKvQUMw0tRqxnmmxYIc4QqqPLvxyyD4'
  const identity = '<identity>sp.key</identity>'

  function keysOf(root: string, pipe: string): unknown {
    const outcome = readProvider(withPipe(root, pipe), 'f')
    assert.ok(outcome.ok, outcome.ok ? '' : outcome.problems.join('\n'))
    return outcome.value.pipes[0]!.keys
  }

  function withPipe(root: string, pipe: string, host = 'far.example.org'): string {
    return provider(root, host).replace('<pipe>', `<pipe>${pipe}`)
  }

  it('let it lead to another host', () => {
    assert.deepEqual(keysOf(identity, `<consumer_key>${KEY}</consumer_key>`), {
      identityPath: 'sp.key',
      consumerKeys: [KEY],
      pskPath: null,
    })
  })

  it('may be two of the consumer, and of our own another one than the root names', () => {
    const pipe = `<identity>own.key</identity><consumer_key> ${KEY},\n${OTHER_KEY} </consumer_key><psk_file>a.psk</psk_file>`
    assert.deepEqual(keysOf(identity, pipe), {
      identityPath: 'own.key',
      consumerKeys: [KEY, OTHER_KEY],
      pskPath: 'a.psk',
    })
  })

  it('are needed by every pipe of a provider that has one, unless the pipe says <insecure>', () => {
    assertProblem(withPipe(identity, ''), /<consumer_key> is missing in <pipe>/)
    assertProblem(withPipe(identity, '', '::1'), /<consumer_key> is missing in <pipe>/)
    assert.equal(keysOf(identity, '<insecure>yes</insecure>'), null)
  })

  it('are of no use one without the other', () => {
    assertProblem(withPipe('', `<consumer_key>${KEY}</consumer_key>`), /<identity> is missing in <pipe>/)
    assertProblem(withPipe(identity, '<psk_file>a.psk</psk_file>'), /<consumer_key> is missing in <pipe>/)
  })

  it('leave <insecure> nothing to open', () => {
    const pipe = `<insecure>yes</insecure><consumer_key>${KEY}</consumer_key>`
    assertProblem(withPipe(identity, pipe), /<insecure>.* beside keys.*leave it out/)
  })

  const secret = KEY.replace('pk', 'sk')
  const refused: readonly (readonly [text: string, why: RegExp])[] = [
    ['k', /\(this is none, or was cut short\)$/],
    [KEY.slice(0, -1), /cut short/],
    [`${KEY} x`, /cut short/],
    [`${KEY} ${KEY}`, /both are the same/],
    [`${KEY} ${OTHER_KEY} ${KEY}`, /there are 3 in it/],
    [secret, /PRIVATE key must never leave its file/],
    [KEY.replace('pk', 'ps'), /pre-shared key, whose file <psk_file> names/],
  ]
  for (const [text, why] of refused) {
    it(`are not ${text.slice(0, 12)}… of ${text.length} characters, and nothing of it is repeated`, () => {
      const file = withPipe(identity, `<consumer_key>${text}</consumer_key>`)
      assertProblem(file, why)
      assert.match(problemsOf(file)[0]!, /<consumer_key> must be one or two public keys, eqpk1:…/)
      assert.ok(!problemsOf(file)[0]!.includes(secret.slice(6)))
    })
  }
})

import assert from 'node:assert/strict'
import { readConsumer } from '../../src/config/read.ts'
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

  it('a listener that others can reach is refused, and the problem says what to write for now', () => {
    assertProblem(
      consumer(listener('yes')),
      /^f:1:160: .*needs keys, and keys come in a later version; for now write no, or <insecure>yes<\/insecure> under <service_consumer>/,
    )
  })

  it('<insecure>no</insecure> opens nothing', () => {
    assertProblem(consumer(`<insecure>no</insecure>${listener('yes')}`), /needs keys/)
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
        /^f:1:32: a pipe to another host needs keys.*<insecure>yes<\/insecure> under <pipe>/,
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

// What is printed from the table, and the samples: they must agree with it and with each other.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { withReference } from '../../src/config/manual.ts'
import { type ConsumerConfig, type ProviderConfig, readConsumer, readProvider } from '../../src/config/read.ts'
import { ELEMENTS, exampleOf } from '../../src/config/schema.ts'
import { xsdOf } from '../../src/config/xsd.ts'
import { consumer, problemsOf, provider } from './documents.ts'

const CONSUMER_FILES = [
  'config/consumer.xml',
  'config/overlay/consumer1.xml',
  'config/overlay/consumer2.xml',
  'test/fixtures/config/valid/consumer-everything.xml',
  'test/fixtures/config/valid/consumer-keys.xml',
]
const PROVIDER_FILES = [
  'config/provider.xml',
  'config/overlay/provider1.xml',
  'config/overlay/provider2.xml',
  'test/fixtures/config/valid/provider-everything.xml',
  'test/fixtures/config/valid/provider-keys.xml',
]

function consumerIn(file: string): ConsumerConfig {
  const outcome = readConsumer(readFileSync(file), file)
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problems.join('\n'))
  return outcome.value
}

function providerIn(file: string): ProviderConfig {
  const outcome = readProvider(readFileSync(file), file)
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problems.join('\n'))
  return outcome.value
}

function targetPort(pipe: ProviderConfig['pipes'][number]): number {
  const { target } = pipe.services[0]!
  assert.equal(target.kind, 'tcp')
  return target.kind === 'tcp' ? target.port : 0
}

describe('the printed schemas', () => {
  for (const file of ['consumer', 'provider'] as const) {
    it(`config/${file}.xsd is what the table prints`, () => {
      assert.equal(readFileSync(`config/${file}.xsd`, 'utf8'), xsdOf(file), 'run "npm run xsd"')
    })
  }

  for (const [schema, files] of [
    ['config/consumer.xsd', CONSUMER_FILES],
    ['config/provider.xsd', PROVIDER_FILES],
  ] as const) {
    it(`${schema} takes the files that the program takes`, function () {
      const run = spawnSync('xmllint', ['--noout', '--nonet', '--schema', schema, ...files], { encoding: 'utf8' })
      if (run.error !== undefined) {
        console.warn(
          `      SKIPPED: xmllint is not installed, nothing has checked ${files.length} files against ${schema}`,
        )
        this.skip()
      }
      assert.equal(run.status, 0, run.stderr)
    })
  }
})

describe('the manual', () => {
  const manual = readFileSync('docs/configuration.md', 'utf8')

  it('has the reference that the table prints', () => {
    assert.equal(manual, withReference(manual), 'run "npm run xsd"')
  })

  it('names every element and attribute of the table with its example', () => {
    for (const rule of ELEMENTS) {
      assert.ok(manual.includes(`\`${rule.name}\``), rule.name)
      if (rule.example !== '') assert.ok(manual.includes(`\`${exampleOf(rule)}\``), rule.name)
      for (const { name, example } of rule.attributes ?? []) {
        assert.ok(manual.includes(`attribute \`${name}\` of \`${rule.name}\``), name)
        assert.ok(manual.includes(`\`${example}\``), example)
      }
    }
  })

  it('shows whole files that the programs take', () => {
    const [consumer, provider] = [...manual.matchAll(/```xml\n(.*?)```/gs)].map((block) => block[1]!)
    assert.deepEqual(readConsumer(consumer!, 'manual').ok && readProvider(provider!, 'manual').ok, true)
  })
})

describe('the carriers in the manual', () => {
  const section = /## Carriers\n(.*?)\n## /s.exec(readFileSync('docs/configuration.md', 'utf8'))![1]!
  const [listener, pipe] = [...section.matchAll(/```\n(.*?)```/gs)].map((block) => block[1]!)

  it('are a listener that a consumer without keys may open', () => {
    assert.deepEqual(problemsOf(consumer('').replace('<listener/>', listener!)), [])
  })

  it('are ways of a pipe with keys, for UDP has no certificates', () => {
    const rest = provider('<identity>k</identity>', '::1').replace(/.*<\/port>(?=<services>)/, '')
    const key = `<consumer_key>eqpk1:${'A'.repeat(43)}</consumer_key>`
    assert.deepEqual(problemsOf(`<service_provider><pipes>${pipe}${key}${rest}`), [])
  })
})

describe('the samples', () => {
  it('the provider dials the port on which the consumer listens, for the same service', () => {
    const [consumer, provider] = [consumerIn('config/consumer.xml'), providerIn('config/provider.xml')]
    assert.equal(provider.pipes[0]!.port, consumer.listeners[0]!.port)
    assert.equal(provider.pipes[0]!.services[0]!.uuid, consumer.services[0]!.uuid)
    assert.deepEqual([consumer.services[0]!.port, targetPort(provider.pipes[0]!)], [3000, 3088])
  })

  it('the overlay is one chain from port 3000 to the web server', () => {
    const hops = [1, 2].map((n) => ({
      consumer: consumerIn(`config/overlay/consumer${n}.xml`),
      pipe: providerIn(`config/overlay/provider${n}.xml`).pipes[0]!,
    }))
    for (const { consumer, pipe } of hops) assert.equal(pipe.port, consumer.listeners[0]!.port)
    const [first, second] = hops
    assert.equal(first!.consumer.services[0]!.port, 3000)
    assert.equal(targetPort(first!.pipe), second!.consumer.services[0]!.port)
    assert.equal(targetPort(second!.pipe), 3088)
  })
})

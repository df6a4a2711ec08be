import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BROKEN_BODIES, CORPUS } from './corpus.ts'
import { GatedServer } from './gated-server.ts'

describe("the gate behind node's parser", () => {
  let server: GatedServer

  beforeEach(async () => {
    server = new GatedServer()
    await server.open()
  })

  afterEach(() => server.close())

  for (const { name, bytes, expect, requests } of CORPUS) {
    it(`${expect === 'passed' ? 'passes' : 'refuses'} ${name}`, async () => {
      const answers = await server.send(bytes)
      assert.equal(server.passed.length, requests, answers)
      const statuses = [...answers.matchAll(/HTTP\/1\.1 (101|[2-5]\d\d)/g)].map((match) => match[1]!)
      const wasPassed = statuses.length === requests && /101|2../.test(statuses.at(-1) ?? 'closed')
      assert.equal(wasPassed, expect === 'passed', answers)
      assert.ok(
        server.passed.every((request) => request.target !== '/hidden'),
        'a body was taken for a request',
      )
    })
  }

  for (const { name, bytes } of BROKEN_BODIES) {
    it(`gives no body to the target as whole that has ${name}`, async () => {
      await server.send(bytes)
      assert.deepEqual(server.bodies, [])
      assert.equal(server.passed.length, 1)
    })
  }
  it('passes any field as it was sent, without the blanks around its value, or not at all', async () => {
    const byte = fc.oneof(
      { weight: 30, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xff }) },
    )
    const bytes = (most: number) => fc.array(byte, { maxLength: most }).map((codes) => String.fromCharCode(...codes))
    const token = fc.stringMatching(/^[!#-'*+.^-z|~0-9A-Z-]{1,8}$/)
    const name = fc.oneof(token, bytes(6)).filter((it) => !it.includes(':') && !it.includes('\n'))
    const value = bytes(20).filter((it) => !it.includes('\r\n'))
    let count = 0
    const property = fc.asyncProperty(name, value, async (given, text) => {
      server.passed.length = 0
      await server.send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${given}: ${text}\r\n\r\n`)
      if (server.passed.length === 0) return
      count++
      const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '')
      assert.deepEqual(server.passed[0]!.fields, ['Host', 'a', 'Connection', 'close', given, trimmed])
    })
    await fc.assert(property, { numRuns: 200 })
    assert.ok(count > 20, `only ${count} were passed`)
  })
})

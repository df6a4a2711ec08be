// The load generator as a program: what it prints and how it ends.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { LoadResult } from '../../stresstest/load/result.ts'
import { type Peer, startPeer } from '../../stresstest/peer.ts'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'
import { startWebServer } from '../../stresstest/web-server.ts'

const NAME = 'edgerq-stresstest'

describe(NAME, () => {
  let web: Peer
  before(async () => {
    web = await startWebServer()
  })
  after(() => web.close())

  it('prints one JSON object and ends with 0 when every answer was right', async () => {
    const url = `http://127.0.0.1:${web.port}/bytes/1000`
    const args = ['--requests', '25', '--connections', '5', '--rate', '500', '--seed', '42', '--json']
    const program = start(url, ...args)
    assert.deepEqual(await program.ended(), { code: 0, signal: null })
    assert.deepEqual([program.stdout.length, program.stderr], [1, []])
    const { seconds, requestsPerSecond, latencyMs, opened, ...counted } = JSON.parse(program.stdout[0]!) as LoadResult
    assert.deepEqual(counted, {
      url,
      method: 'GET',
      connections: 5,
      rate: 500,
      seed: 42,
      requests: { begun: 25, right: 25, failed: 0, unfinished: 0, unsent: 0 },
      sentBytes: 0,
      receivedBytes: 25_000,
      statuses: { 200: 25 },
      errors: {},
    })
    assert.ok(seconds >= 0.048 && requestsPerSecond <= 25 / 0.048) // 25 requests at 500/s: the last one is due after 48 ms
    assert.ok(opened >= 1 && opened <= 5)
    const quantiles = Object.entries(latencyMs!).filter(([name]) => name !== 'mean')
    assert.deepEqual(Object.keys(latencyMs!), ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'])
    assert.ok(quantiles.every(([, value], index) => value > 0 && (index === 0 || value >= quantiles[index - 1]![1])))
  })

  it('prints a table that names the failures and ends with 1 when one request failed', async () => {
    let visits = 0
    const shaky = createServer((_, response) => {
      if (++visits === 3) response.writeHead(503, { 'X-Edgerq-Error': 'EDGERQ-NO-PROVIDER' })
      response.end('the same')
    })
    const peer = await startPeer(shaky, {})
    const program = start(`http://127.0.0.1:${peer.port}/`, '--requests', '10')
    assert.deepEqual(await program.ended(), { code: 1, signal: null })
    const text = program.stdout.join('\n')
    assert.match(text, /9 right, 1 failed/)
    assert.match(text, /1 × status 503 EDGERQ-NO-PROVIDER/)
    await peer.close()
  })

  it('explains why a page that changes fails', async () => {
    let visits = 0
    const peer = await startPeer(
      createServer((_, response) => response.end(`${++visits}`)),
      {},
    )
    const program = start(`http://127.0.0.1:${peer.port}/`, '--requests', '3')
    assert.equal((await program.ended()).code, 1)
    assert.match(program.stdout.join('\n'), /--no-verify/)
    await peer.close()
  })

  it('prints what it has found so far when it is interrupted', async () => {
    let visits = 0
    let onThird = (): void => {}
    const third = new Promise<void>((resolve) => {
      onThird = resolve
    })
    const stuck = createServer((_, response) => {
      if (++visits < 3) response.end('the same')
      else onThird() // and never an answer
    })
    const peer = await startPeer(stuck, {})
    const program = start(`http://127.0.0.1:${peer.port}/`, '--connections', '1', '--duration', '3600', '--json')
    await third
    program.signal('SIGINT')
    assert.deepEqual(await program.ended(), { code: 0, signal: null })
    const { requests } = JSON.parse(program.stdout[0]!) as LoadResult
    assert.deepEqual(requests, { begun: 3, right: 2, failed: 0, unfinished: 1, unsent: 0 })
    await peer.close()
  })

  it('stops after its duration', async () => {
    const program = start(`http://127.0.0.1:${web.port}/`, '--duration', '0.2', '--json')
    assert.equal((await program.ended()).code, 0)
    assert.ok((JSON.parse(program.stdout[0]!) as LoadResult).seconds >= 0.2)
  })

  it('explains itself', async () => {
    const program = start('--help')
    assert.deepEqual(await program.ended(), { code: 0, signal: null })
    const text = program.stdout.join('\n')
    for (const option of ['--connections', '--rate', '--no-keep-alive', '--no-verify', '--insecure', 'Exit status']) {
      assert.ok(text.includes(option), option)
    }
  })

  const URL = 'http://127.0.0.1:1/'
  const WRONG: readonly (readonly string[])[] = [
    [],
    ['127.0.0.1:3000'],
    ['ftp://127.0.0.1/'],
    [URL, 'more'],
    [URL, '--connections', '0'],
    [URL, '--connections', '1x'],
    [URL, '--rate', '0'],
    [URL, '--rate', '-5'],
    [URL, '--duration', '0'],
    [URL, '--method', 'G ET'],
    [URL, '--method', 'CONNECT'],
    [URL, '--header', 'no colon'],
    [URL, '--header', ': empty'],
    [URL, '--header', 'Content-Length: 5'],
    [URL, '--body-bytes', '-1'],
    [URL, '--unknown'],
  ]
  for (const args of WRONG) {
    it(`ends with 2 and a sentence, not a stack trace: ${args.join(' ') || 'nothing'}`, async () => {
      const program = start(...args)
      assert.deepEqual(await program.ended(), { code: 2, signal: null })
      const said = program.stderr.join('\n')
      assert.match(said, /^error: /)
      assert.doesNotMatch(said, /^\s+at /m)
    })
  }
})

function start(...args: readonly string[]): ChildProgram {
  return new ChildProgram({ name: NAME, command: builtProgram(`stresstest/${NAME}`, ...args) })
}

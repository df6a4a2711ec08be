// What clients notice of daemons that end under load: of a crash as little as can be had without doing anything twice, of a stop nothing.

import assert from 'node:assert/strict'
import type { Elements } from '../../stresstest/rig/daemon-config.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { type CountingTarget, startCountingTarget } from './counting-target.ts'
import { type Stage, UUID, useStage } from './harness.ts'
import { load } from './load.ts'

/** 300 requests a second, enough of them to end a provider in their midst and to see that service goes on, however long they take. */
const LOAD = ['--rate', '300', '--connections', '50']
const REQUESTS = 1_200
/** Of one provider: when so many have come, it is in the midst of things. */
const IN_THE_MIDST = 150

interface Pair {
  readonly port: number
  readonly consumer: Daemon
  /** Each with the provider before it. */
  readonly sides: readonly Side[]
}

interface Side {
  readonly provider: Daemon
  readonly target: CountingTarget
}

describe('under 300 requests a second', () => {
  const stage = useStage()

  it('a provider that is killed costs no GET while another one serves', async () => {
    const { port, sides } = await layPair(stage())
    const ended = inTheMidst(sides).then(killed)
    const { requests, errors } = await load(port, '/?{id}', ...LOAD, '--requests', `${REQUESTS}`)
    assert.ok((await ended) > 0, 'nothing was under way')
    assert.deepEqual(errors, {})
    assert.equal(requests.right, REQUESTS)
  })

  it('a provider that is killed makes no POST happen twice', async () => {
    // What was under way is given up when the session is: soon, so that the test need not wait for it.
    const { port, sides } = await layPair(stage(), { survive: 4 })
    const ended = inTheMidst(sides).then(killed)
    const { requests, errors } = await load(port, '/{id}', '--method', 'POST', ...LOAD, '--requests', `${REQUESTS}`)
    assert.ok((await ended) > 0, 'nothing was under way')
    assert.deepEqual(twiceIn(sides), [])
    assert.ok(countIn(sides) >= requests.right, 'an answer came from nowhere')
    // Lost is what was under way at the provider, and what was sent to it until its silence was noticed.
    assert.deepEqual(
      Object.keys(errors).filter((error) => error !== 'status 502 EDGERQ-LINK-LOST'),
      [],
    )
  })

  it('a provider that is stopped costs nobody anything while another one serves', async () => {
    const { port, sides } = await layPair(stage())
    const stopped = inTheMidst(sides).then(({ provider: { program } }) => {
      program.signal('SIGTERM')
      return program.ended()
    })
    const [gets, posts] = await Promise.all([
      load(port, '/?{id}', ...LOAD, '--rate', '200', '--requests', `${(REQUESTS * 2) / 3}`),
      load(port, '/{id}', '--method', 'POST', ...LOAD, '--rate', '100', '--requests', `${REQUESTS / 3}`),
    ])
    assert.deepEqual(await stopped, { code: 0, signal: null })
    assert.deepEqual([gets.errors, posts.errors], [{}, {}])
    assert.deepEqual(twiceIn(sides), [])
  })

  it('a consumer that is stopped finishes what it has begun', async () => {
    const { port, consumer, sides } = await layPair(stage())
    const stopped = inTheMidst(sides).then(() => {
      consumer.program.signal('SIGTERM')
      return consumer.program.ended()
    })
    const { errors, requests } = await load(port, '/?{id}', ...LOAD, '--requests', `${REQUESTS / 2}`)
    assert.deepEqual(await stopped, { code: 0, signal: null })
    // A client that comes too late is told so in one of the ways of TCP; nobody is given half an answer, or waits for one.
    assert.deepEqual(
      Object.keys(errors).filter((error) => !TOO_LATE.includes(error)),
      [],
    )
    assert.ok(requests.right >= IN_THE_MIDST)
  })
})

const TOO_LATE = ['refused', 'hung up', 'reset']

/** One service, two providers, each with a target of its own. */
async function layPair(stage: Stage, root: Elements = {}): Promise<Pair> {
  const targets = [await stage.peer(startCountingTarget()), await stage.peer(startCountingTarget())] as const
  const consumer = await stage.consumer({ root, services: [{ uuid: UUID, max_connections: 1000 }] })
  const pipe = (target: CountingTarget) => ({
    port: consumer.ready.port('udp'),
    services: [{ uuid: UUID, port: target.port }],
  })
  const laying = targets.map(async (target) => ({ provider: await stage.provider({ pipes: [pipe(target)] }), target }))
  return { port: consumer.ready.port(UUID), consumer, sides: await Promise.all(laying) }
}

/** Resolves with the side that is there first: on a machine with other work one of the two may be much the slower. */
function inTheMidst(sides: readonly Side[]): Promise<Side> {
  return Promise.race(sides.map((side) => side.target.came(IN_THE_MIDST).then(() => side)))
}

/** Resolves with how many requests were under way at its target. */
async function killed({ provider, target: { underWay } }: Side): Promise<number> {
  await provider.program.kill()
  return underWay
}

function twiceIn(sides: readonly Side[]): string[] {
  const all = sides.flatMap(({ target }) => [...target.posts.entries()])
  const seen = new Set<string>()
  return all.flatMap(([id, count]) => {
    const isNew = !seen.has(id)
    seen.add(id)
    return isNew && count === 1 ? [] : [id]
  })
}

function countIn(sides: readonly Side[]): number {
  return sides.reduce((sum, { target }) => sum + target.posts.size, 0)
}

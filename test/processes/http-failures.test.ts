// What clients notice of daemons that end under load: of a crash as little as can be had without doing anything twice, of a stop nothing.

import assert from 'node:assert/strict'
import type { Elements } from '../../stresstest/rig/daemon-config.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { type CountingTarget, startCountingTarget } from './counting-target.ts'
import { type Stage, UUID, useStage } from './harness.ts'
import { load } from './load.ts'

/** 300 requests a second for long enough to end a provider in their midst and to see that service goes on. */
const LOAD = ['--rate', '300', '--duration', '4', '--connections', '50']
/** Of one provider: when so many have come, it is in the midst of things. */
const IN_THE_MIDST = 150

interface Pair {
  readonly port: number
  readonly consumer: Daemon
  readonly first: Daemon
  /** Of the first provider and of the second. */
  readonly targets: readonly [CountingTarget, CountingTarget]
}

describe('under 300 requests a second', () => {
  const stage = useStage()

  it('a provider that is killed costs no GET while another one serves', async () => {
    const { port, first, targets } = await layPair(stage())
    const ended = targets[0].came(IN_THE_MIDST).then(() => killedWith(first, targets[0]))
    const { requests, errors } = await load(port, '/?{id}', ...LOAD)
    assert.ok((await ended) > 0, 'nothing was under way')
    assert.deepEqual(errors, {})
    assert.ok(requests.right >= 900, `only ${requests.right} were sent`)
  })

  it('a provider that is killed makes no POST happen twice', async () => {
    // What was under way is given up when the session is: soon, so that the test need not wait for it.
    const { port, first, targets } = await layPair(stage(), { survive: 2 })
    const ended = targets[0].came(IN_THE_MIDST).then(() => killedWith(first, targets[0]))
    const { requests, errors } = await load(port, '/{id}', '--method', 'POST', ...LOAD)
    assert.ok((await ended) > 0, 'nothing was under way')
    assert.deepEqual(twiceIn(targets), [])
    assert.ok(countIn(targets) >= requests.right, 'an answer came from nowhere')
    // Lost is what was under way at the provider, and what was sent to it until its silence was noticed.
    assert.deepEqual(
      Object.keys(errors).filter((error) => error !== 'status 502 EDGERQ-LINK-LOST'),
      [],
    )
  })

  it('a provider that is stopped costs nobody anything while another one serves', async () => {
    const { port, first, targets } = await layPair(stage())
    const stopped = targets[0].came(IN_THE_MIDST).then(() => {
      first.program.signal('SIGTERM')
      return first.program.ended()
    })
    const [gets, posts] = await Promise.all([
      load(port, '/?{id}', ...LOAD, '--rate', '200'),
      load(port, '/{id}', '--method', 'POST', ...LOAD, '--rate', '100'),
    ])
    assert.deepEqual(await stopped, { code: 0, signal: null })
    assert.deepEqual([gets.errors, posts.errors], [{}, {}])
    assert.deepEqual(twiceIn(targets), [])
  })

  it('a consumer that is stopped finishes what it has begun', async () => {
    const { port, consumer, targets } = await layPair(stage())
    // Of either provider: on a machine with other work the load may be half of what was asked for, and one of the two the slower.
    const inTheMidst = Promise.race(targets.map((target) => target.came(IN_THE_MIDST / 2)))
    const stopped = inTheMidst.then(() => {
      consumer.program.signal('SIGTERM')
      return consumer.program.ended()
    })
    const { errors, requests } = await load(port, '/?{id}', ...LOAD, '--duration', '2')
    assert.deepEqual(await stopped, { code: 0, signal: null })
    // A client that comes too late is told so in one of the ways of TCP; nobody is given half an answer, or waits for one.
    assert.deepEqual(
      Object.keys(errors).filter((error) => !TOO_LATE.includes(error)),
      [],
    )
    assert.ok(requests.right >= IN_THE_MIDST / 2)
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
  const [first] = await Promise.all(targets.map((target) => stage.provider({ pipes: [pipe(target)] })))
  return { port: consumer.ready.port(UUID), consumer, first: first!, targets }
}

/** Resolves with how many requests were under way at its target. */
async function killedWith({ program }: Daemon, target: CountingTarget): Promise<number> {
  const { underWay } = target
  await program.kill()
  return underWay
}

function twiceIn(targets: readonly CountingTarget[]): string[] {
  const all = targets.flatMap(({ posts }) => [...posts.entries()])
  const seen = new Set<string>()
  return all.flatMap(([id, count]) => {
    const isNew = !seen.has(id)
    seen.add(id)
    return isNew && count === 1 ? [] : [id]
  })
}

function countIn(targets: readonly CountingTarget[]): number {
  return targets.reduce((sum, { posts }) => sum + posts.size, 0)
}

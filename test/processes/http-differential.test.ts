// The same bytes through both programs to three servers by three hands: whoever reads, reads the same requests, as many as were sent and none
// that was hidden in another.

import assert from 'node:assert/strict'
import { type AnswerCode, OWN_ANSWERS } from '../../src/http/own-answers.ts'
import { BROKEN_BODIES, CORPUS } from '../http/corpus.ts'
import { useSharedStage } from './harness.ts'
import { PATHS } from './http-paths.ts'
import { type Services, startServices } from './http-services.ts'
import { BEHIND_THE_LAST, BROKEN_TRAILERS, SMUGGLING } from './http-smuggling.ts'
import { missingProgramOf, type RecordingTarget, START, TARGETS, type TargetName } from './http-targets.ts'
import type { SaidAnswer } from './raw-talk.ts'
import { type Passage, Witness } from './witness.ts'

/** By which a request that is refused at the gate is told so. */
const REFUSALS: readonly number[] = [400, 417, 431, 501]

describe('the same bytes', () => {
  let services: Services<TargetName>
  let witnesses: Witness[]

  useSharedStage(async (stage) => {
    const targets: [TargetName, RecordingTarget][] = []
    for (const name of TARGETS) {
      const missing = missingProgramOf(name)
      if (missing === null) targets.push([name, await START[name](stage)])
      else console.warn(`      SKIPPED: ${missing} is not installed, nothing is compared with what it reads`)
    }
    const plans = targets.map(([name, { place }]) => [name, { target: place }])
    services = await startServices(stage, Object.fromEntries(plans))
    witnesses = targets.map(([name, target]) => new Witness(name, target, services.ports[name]))
  })

  /** To all targets at once: how it passed, by their names. */
  async function send(bytes: string, requests: number): Promise<Map<string, Passage>> {
    const passages = witnesses.map(async (witness) => [witness.name, await witness.send(bytes, requests)] as const)
    return new Map(await Promise.all(passages))
  }

  for (const { name, bytes, expect, requests } of [...CORPUS, ...SMUGGLING]) {
    it(`${expect === 'passed' ? 'reach every target as the same requests' : 'reach no target'}: ${name}`, async () => {
      const passages = await send(bytes, requests)
      assertNoneHidden(passages, requests)
      assertSame(passages)
      for (const { answers } of passages.values()) {
        if (expect === 'refused') assertRefused(answers.at(-1))
        else assert.equal(answers.at(-1)?.code, null)
      }
    })
  }

  for (const { name, bytes, requests } of BEHIND_THE_LAST) {
    it(`reach no target: ${name}`, async () => {
      assertNoneHidden(await send(bytes, requests), requests)
    })
  }

  for (const path of PATHS) {
    it(`are the path at every target: ${path}`, async () => {
      const passages = await send(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, 1)
      for (const [name, { seen }] of passages) assert.deepEqual([name, seen[0]?.target], [name, path])
    })
  }

  for (const { name, bytes } of [...BROKEN_BODIES, ...BROKEN_TRAILERS]) {
    it(`give no target a body as whole that has ${name}`, async () => {
      for (const [target, { answers, seen }] of await send(bytes, 0)) {
        const whole = seen.filter(({ body }) => body !== null)
        assert.deepEqual([target, whole], [target, []])
        assertRefused(answers.at(-1))
      }
    })
  }

  it('have made no request that came late', async () => {
    services.provider.program.signal('SIGTERM')
    assert.deepEqual(await services.provider.program.ended(), { code: 0, signal: null })
    for (const { name, untold } of witnesses) assert.deepEqual([name, untold], [name, []])
  })
})

/** Requests in are requests out are answers of the target. */
function assertNoneHidden(passages: ReadonlyMap<string, Passage>, requests: number): void {
  for (const [name, { seen, answers }] of passages) {
    const words = `${name} saw ${JSON.stringify(seen)}\n${answers.map(({ text }) => text).join('\n')}`
    assert.equal(seen.length, requests, words)
    assert.ok(!seen.some(({ target }) => target === '/hidden'), words)
    assert.equal(answers.filter(({ code }) => code === null).length, requests, words)
  }
}

/** A host that was not read by one is no difference. */
function assertSame(passages: ReadonlyMap<string, Passage>): void {
  const [[first, passage] = ['nobody', undefined], ...others] = passages
  for (const [name, { seen }] of others) {
    const same = seen.map((request, at) => ({ ...request, host: request.host ?? passage?.seen[at]?.host ?? null }))
    assert.deepEqual(same, passage?.seen, `${first} and ${name} differ`)
  }
}

function assertRefused(answer: SaidAnswer | undefined): void {
  const { status, code, text } = answer ?? { status: 0, code: null, text: 'no answer at all' }
  assert.ok(REFUSALS.includes(status), text)
  assert.equal(status, OWN_ANSWERS[code as AnswerCode]?.status, text)
}

import assert from 'node:assert/strict'
import { StreamCode } from '../../src/protocol/index.ts'
import { useLivedTime } from '../runtime/lived-time.ts'
import { turn, until } from '../runtime/until.ts'
import { answerIn, type Client, codeIn, HttpStage, type StagedProvider } from './http-stage.ts'
import type { ScriptedRequest } from './scripted-provider.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'

describe('a request and its answer', () => {
  let stage: HttpStage
  let first: StagedProvider
  let second: StagedProvider
  let client: Client

  beforeEach(async () => {
    stage = await HttpStage.open()
    first = await stage.addProvider()
    second = await stage.addProvider()
  })
  afterEach(() => stage.close())

  async function stageWithTtl(requestTtlSeconds: number): Promise<{ stage: HttpStage; provider: StagedProvider }> {
    const other = await HttpStage.open({ requestTtlSeconds })
    return { stage: other, provider: await other.addProvider() }
  }

  /** What the session would say of its path after three probes without an answer; undone by the function that is returned. */
  function fallSilent({ provider }: StagedProvider): () => void {
    Object.defineProperty(provider, 'isSuspect', { value: true, configurable: true })
    return () => Reflect.deleteProperty(provider, 'isSuspect')
  }

  async function sees(text: string): Promise<void> {
    await until(() => client.seen.text.endsWith(text), `the client sees ${JSON.stringify(text)}`)
  }

  async function refusedWith(status: number, code: string): Promise<void> {
    await until(() => client.seen.hasEnded, 'the client is answered')
    assert.deepEqual([answerIn(client.seen).status, codeIn(client.seen)], [status, code])
    await stage.settled()
  }

  async function isAsked(provider: StagedProvider, text = 'answer'): Promise<ScriptedRequest> {
    const request = await provider.wholeRequest()
    request.answer(text)
    await sees(text)
    await stage.settled()
    return request
  }

  describe('whose provider refuses', () => {
    for (const [code, status, answer] of [
      ['targetRefused', 502, 'EDGERQ-TARGET-REFUSED'],
      ['targetTimedOut', 504, 'EDGERQ-TARGET-CONNECT-TIMEOUT'],
      ['targetUnreachable', 502, 'EDGERQ-TARGET-UNREACHABLE'],
      ['targetCertificate', 502, 'EDGERQ-TARGET-CERTIFICATE'],
      ['unknownService', 502, 'EDGERQ-UNKNOWN-SERVICE'],
      ['overloaded', 503, 'EDGERQ-PROVIDER-BUSY'],
    ] as const) {
      it(`(${code}) goes to the next, whatever its method, and is answered ${status} when all have`, async () => {
        client = await stage.client(POST)
        ;(await first.wholeRequest()).fail(StreamCode[code])
        const request = await second.wholeRequest()
        assert.equal(request.body, 'hello')
        request.fail(StreamCode[code])
        await refusedWith(status, answer)
      })
    }

    for (const [code, status, answer] of [
      ['targetSilent', 504, 'EDGERQ-TARGET-TIMEOUT'],
      ['badAnswer', 502, 'EDGERQ-TARGET-BAD-ANSWER'],
      ['badHead', 500, 'EDGERQ-INTERNAL'],
      ['internal', 500, 'EDGERQ-INTERNAL'],
    ] as const) {
      it(`(${code}) goes nowhere else, since it may have been carried out`, async () => {
        client = await stage.client(GET)
        ;(await first.wholeRequest()).fail(StreamCode[code])
        await refusedWith(status, answer)
        assert.equal(second.count, 0)
      })
    }

    it('goes nowhere else when the provider had begun to act', async () => {
      client = await stage.client(POST)
      const request = await first.wholeRequest()
      request.interim(103, 'Early Hints')
      await sees('\r\n\r\n')
      request.fail(StreamCode.targetRefused)
      await until(() => client.seen.hasEnded, 'the client is answered')
      assert.equal(codeIn(client.seen), 'EDGERQ-TARGET-REFUSED')
      assert.equal(second.count, 0)
      await stage.settled()
    })

    it('waits for another when it was the last and drains', async () => {
      second.provider.isDraining = true
      client = await stage.client(POST)
      ;(await first.wholeRequest()).fail(StreamCode.draining)
      await until(() => first.provider.isDraining, 'the provider is out for everybody')
      const third = await stage.addProvider()
      await isAsked(third)
    })

    it('does not come back to a provider that says its session is lost while it lives', async () => {
      client = await stage.client(GET)
      ;(await first.wholeRequest()).fail(StreamCode.sessionLost)
      await isAsked(second)
      assert.equal(first.count, 1)
    })
  })

  describe('whose session is lost', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      it(`is asked once more elsewhere with ${method} (D-4)`, async () => {
        client = await stage.client(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`)
        await first.wholeRequest()
        stage.lose(first)
        const request = await second.wholeRequest()
        request.answer('')
        await sees('\r\n\r\n')
        assert.equal(answerIn(client.seen).status, 200)
      })
    }

    for (const method of ['POST', 'PATCH', 'PUT', 'DELETE']) {
      it(`is never asked twice with ${method} once a byte of it has left (D-4)`, async () => {
        client = await stage.client(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`)
        await first.wholeRequest()
        stage.lose(first)
        await until(() => client.seen.hasEnded, 'the client is answered')
        assert.deepEqual([answerIn(client.seen).status, codeIn(client.seen)], [502, 'EDGERQ-LINK-LOST'])
        assert.equal(second.count, 0)
      })
    }

    it('moves with any method when no byte of it had left', async () => {
      client = await stage.client()
      const opened = until(() => first.session.near.openedStreams > 0, 'the stream is open')
      client.socket.write(POST)
      await opened
      stage.lose(first)
      const request = await second.wholeRequest()
      assert.equal(request.body, 'hello')
      request.answer('moved')
      await sees('moved')
    })

    it('is asked no third time', async () => {
      const third = await stage.addProvider()
      client = await stage.client(GET)
      await first.wholeRequest()
      stage.lose(first)
      await until(() => second.count + third.count > 0, 'another is asked')
      stage.lose(second.count > 0 ? second : third)
      await until(() => client.seen.hasEnded, 'the client is answered')
      assert.equal(codeIn(client.seen), 'EDGERQ-LINK-LOST')
      assert.equal(second.count + third.count, 1)
    })

    it('waits for a provider to come back when there is no other', async () => {
      second.provider.isDraining = true
      client = await stage.client(GET)
      await first.wholeRequest()
      stage.lose(first)
      const third = await stage.addProvider()
      ;(await third.wholeRequest()).answer('back')
      await sees('back')
    })

    it('is reset once its answer has begun', async () => {
      client = await stage.client(GET)
      ;(await first.wholeRequest()).answerHead().data('half')
      await sees('half\r\n')
      stage.lose(first)
      await until(() => client.seen.isClosed, 'the connection is closed')
      assert.deepEqual([client.seen.error, client.seen.hasEnded], ['ECONNRESET', false])
      assert.equal(second.count, 0)
    })

    it('is not asked again when the body was too large to keep', async () => {
      client = await stage.client(`GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`)
      await first.wholeRequest()
      stage.lose(first)
      await until(() => client.seen.hasEnded, 'the client is answered')
      assert.equal(codeIn(client.seen), 'EDGERQ-LINK-LOST')
      assert.equal(second.count, 0)
    })
  })

  it('is asked elsewhere, not at the same provider, when that one was told to end at once', async () => {
    client = await stage.client(GET)
    ;(await first.wholeRequest()).fail(StreamCode.cancelled)
    await isAsked(second)
    assert.equal(first.count, 1)
  })

  describe('whose provider falls silent', () => {
    useLivedTime()
    it('goes to another, and the first one is told to forget it', async () => {
      client = await stage.client(GET)
      const request = await first.wholeRequest()
      stage.service.onProviderSuspect(first.provider)
      await until(() => request.stop === 'cancelled', 'the first provider is told')
      request.fail(StreamCode.cancelled)
      await isAsked(second)
    })

    it('goes to another one also if that was silent itself at the time', async () => {
      client = await stage.client(GET)
      const request = await first.wholeRequest()
      fallSilent(first)
      const speak = fallSilent(second)
      stage.service.onProviderSuspect(first.provider)
      stage.service.onProvidersChanged()
      assert.equal(request.stop, '')
      speak()
      stage.service.onProvidersChanged()
      await until(() => request.stop === 'cancelled', 'the first provider is told')
      request.fail(StreamCode.cancelled)
      await isAsked(second)
    })

    it('stays where it is with POST, and with an answer that has begun', async () => {
      client = await stage.client(POST)
      const request = await first.wholeRequest()
      stage.service.onProviderSuspect(first.provider)
      request.answerHead().data('half')
      await sees('half\r\n')
      stage.service.onProviderSuspect(first.provider)
      request.end()
      await sees('0\r\n\r\n')
      assert.equal(second.count, 0)
      await stage.settled()
    })

    it('is answered by us when it can go nowhere else and the silence lasts as long as request_ttl', async () => {
      const silent = await stageWithTtl(0.1)
      client = await silent.stage.client(POST)
      const request = await silent.provider.wholeRequest()
      fallSilent(silent.provider)
      silent.stage.service.onProviderSuspect(silent.provider.provider)
      await until(() => client.seen.hasEnded, 'the client is answered')
      assert.deepEqual([answerIn(client.seen).status, codeIn(client.seen)], [502, 'EDGERQ-LINK-LOST'])
      await until(() => request.stop === 'cancelled', 'the provider is told, should it hear again')
      request.fail(StreamCode.cancelled)
      await silent.stage.settled()
      await silent.stage.close()
    })

    it('is answered by its provider when that is heard of again in time', async () => {
      const silent = await stageWithTtl(0.1)
      client = await silent.stage.client(POST)
      const request = await silent.provider.wholeRequest()
      const speak = fallSilent(silent.provider)
      silent.stage.service.onProviderSuspect(silent.provider.provider)
      speak()
      // Another one that began later and stays silent: when its time is up, so was that of the first.
      const clock = await silent.stage.client(POST)
      await silent.provider.wholeRequest(1)
      fallSilent(silent.provider)
      silent.stage.service.onProviderSuspect(silent.provider.provider)
      speak()
      request.answer('late')
      await sees('late')
      fallSilent(silent.provider)
      await until(() => clock.seen.hasEnded, 'the other one is answered by us')
      assert.equal(codeIn(clock.seen), 'EDGERQ-LINK-LOST')
      ;(await silent.provider.request(1)).fail(StreamCode.cancelled)
      await silent.stage.settled()
      await silent.stage.close()
    })

    it('stays where it is when there is no other', async () => {
      second.provider.isDraining = true
      client = await stage.client(GET)
      await first.wholeRequest()
      stage.service.onProviderSuspect(first.provider)
      await isAsked(first)
    })
  })

  describe('of a client that goes away', () => {
    for (const how of ['end', 'resetAndDestroy'] as const) {
      it(`(${how}) before the answer takes its stream with it`, async () => {
        client = await stage.client(GET)
        const request = await first.wholeRequest()
        client.socket[how]()
        await until(() => request.stop === 'cancelled', 'the provider is told to stop')
        request.fail(StreamCode.cancelled)
        await stage.drained()
        await stage.settled()
      })
    }

    it('in the middle of a body that ends with the connection does not see a clean end of it', async () => {
      client = await stage.client('GET / HTTP/1.0\r\n\r\n')
      const request = await first.wholeRequest()
      request.answerHead().data('half')
      await sees('half')
      client.socket.end()
      await until(() => client.seen.isClosed, 'the connection is closed')
      assert.deepEqual([client.seen.hasEnded, client.seen.error], [false, 'ECONNRESET'])
      await until(() => request.stop === 'cancelled', 'the provider is told to stop')
      request.fail(StreamCode.cancelled)
      await stage.settled()
    })

    it('while it does not read does not keep its stream', async () => {
      client = await stage.client(GET)
      const request = await first.wholeRequest()
      client.socket.pause()
      request.answerHead({ body: { kind: 'length', bytes: 50_000_000 } })
      for (let i = 0; i < 200; i++) request.data(Buffer.alloc(65_536))
      await until(() => !request.stream.isWritable, 'the client holds the provider back')
      client.socket.end()
      await until(() => request.stop === 'cancelled', 'the provider is told to stop')
      request.fail(StreamCode.cancelled)
      await stage.settled()
    })

    it('in the middle of its body is told so, and takes its stream with it', async () => {
      client = await stage.client('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhel')
      const request = await first.request()
      client.socket.end()
      await until(() => request.reset === 'cancelled', 'the provider learns of it')
      request.fail(StreamCode.cancelled)
      await refusedWith(400, 'EDGERQ-BAD-REQUEST')
    })

    it('while it waits for a provider is not sent to the next one that comes', async () => {
      first.provider.isDraining = true
      second.provider.isDraining = true
      client = await stage.client(GET)
      await turn()
      client.socket.end()
      await stage.drained()
      const third = await stage.addProvider()
      await turn()
      assert.equal(third.count, 0)
    })
  })

  describe('that nobody takes', () => {
    it('is answered when it has waited long enough', async () => {
      const bare = await HttpStage.open({ holdSeconds: 0 })
      client = await bare.client(GET)
      await until(() => client.seen.hasEnded, 'the client is answered')
      assert.deepEqual([answerIn(client.seen).status, codeIn(client.seen)], [503, 'EDGERQ-NO-PROVIDER'])
      assert.match(client.seen.text, /^retry-after: \d+$/im)
      await bare.close()
    })
  })

  describe('that is cut', () => {
    it('by the watchdog is answered 502, and its stream is given up', async () => {
      const idle = await HttpStage.open({ idleTimeoutSeconds: 5 })
      const provider = await idle.addProvider()
      client = await idle.client(GET)
      const request = await provider.wholeRequest()
      idle.nowMs = 5_000
      idle.watchdog.sweep()
      await until(() => client.seen.hasEnded, 'the client is answered')
      assert.deepEqual([answerIn(client.seen).status, codeIn(client.seen)], [502, 'EDGERQ-STALLED'])
      await until(() => request.stop !== '', 'the provider is told to stop')
      request.fail(StreamCode.cancelled)
      await idle.settled()
      await idle.close()
    })

    it('waits for the word to send its body no longer than for bytes that do not move', async () => {
      client = await stage.client('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
      const request = await first.request()
      stage.nowMs = 59_000
      stage.watchdog.sweep()
      await turn()
      assert.equal(client.seen.text, '')
      stage.nowMs = 60_000
      stage.watchdog.sweep()
      await until(() => request.stop !== '', 'the provider is told to stop')
      request.fail(StreamCode.cancelled)
      await refusedWith(502, 'EDGERQ-STALLED')
    })

    it('at the end of the process is reset, wherever it is', async () => {
      client = await stage.client(GET)
      const request = await first.wholeRequest()
      const idle = await stage.client('GET')
      stage.service.cut()
      await until(() => client.seen.isClosed && idle.seen.isClosed, 'both connections are closed')
      assert.deepEqual([client.seen.error, idle.seen.error], ['ECONNRESET', 'ECONNRESET'])
      await until(() => request.stop !== '', 'the provider is told to stop')
      request.fail(StreamCode.cancelled)
      await stage.settled()
    })
  })
})

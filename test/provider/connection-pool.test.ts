// What becomes of a connection between two requests.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { idleTimeMs } from '../../src/provider/connection-pool.ts'
import { HttpTarget } from '../../src/provider/http-target.ts'
import { TargetConnector } from '../../src/provider/target-connector.ts'
import { useLivedTime } from '../runtime/lived-time.ts'
import { turn, until } from '../runtime/until.ts'
import { answerTo, Listening, sent, serviceAt, tcp } from './targets.ts'

describe('the time for which an idle connection is kept', () => {
  const times: readonly (readonly [announced: string | undefined, ms: number])[] = [
    [undefined, 4_000],
    ['timeout=60', 4_000],
    ['timeout=5, max=100', 4_000],
    ['max=100,Timeout=3', 2_000],
    ['timeout=2', 1_000],
    ['timeout=1', 0],
    ['timeout=0', 0],
    ['max=5', 4_000],
    ['notimeout=1', 4_000],
    ['timeout=soon', 4_000],
    ['timeout=99999999999999999999', 4_000],
  ]
  for (const [announced, ms] of times) {
    it(`is ${ms} ms if the target announces ${announced}`, () => assert.equal(idleTimeMs(announced), ms))
  }
})

describe('an idle connection', () => {
  useLivedTime()
  let server: Listening
  let target: HttpTarget

  afterEach(() => {
    target.close()
    server.close()
  })

  /** A server that answers every request of one packet with `answer`. */
  async function serverThatSays(answer: string): Promise<void> {
    server = await Listening.on(createServer((socket) => socket.on('data', () => socket.write(answer))))
    target = new HttpTarget(new TargetConnector(serviceAt(tcp(server.port)), null))
  }

  const answerWith = (field: string) => `HTTP/1.1 200 OK\r\n${field}Content-Length: 2\r\n\r\nok`

  it('is ended by us before the target does, as early as the target says', async () => {
    await serverThatSays(answerWith('Keep-Alive: timeout=2\r\n'))
    await answerTo(sent(target))
    await turn()
    assert.equal(server.sockets[0]!.closed, false)
    await until(() => server.sockets[0]!.closed, 'it is ended')
  })

  it('is not kept where the target ends it at once', async () => {
    await serverThatSays(answerWith('keep-alive: timeout=1\r\n'))
    await answerTo(sent(target))
    assert.equal((await answerTo(sent(target))).body, 'ok')
    assert.equal(server.sockets.length, 2)
  })

  it('is ended by what comes unasked, which is never taken for the next answer', async () => {
    await serverThatSays(answerWith(''))
    await answerTo(sent(target))
    await turn()
    server.sockets[0]!.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n')
    await until(() => server.sockets[0]!.closed, 'it is ended')
    assert.equal((await answerTo(sent(target))).status, 200)
  })

  it('is ended in its own time, also when one that may stay longer came before it', async () => {
    server = await Listening.on(createServer())
    target = new HttpTarget(new TargetConnector(serviceAt(tcp(server.port)), null))
    const answers = [answerTo(sent(target)), answerTo(sent(target))]
    await until(() => server.sockets.length === 2, 'both are there')
    const since = performance.now()
    const ended = server.sockets.map((socket) => once(socket.resume(), 'end').then(() => performance.now() - since))
    server.sockets[0]!.write(answerWith('Keep-Alive: timeout=4\r\n'))
    await Promise.race(answers)
    server.sockets[1]!.write(answerWith('Keep-Alive: timeout=2\r\n'))
    await Promise.all(answers)
    const [late, soon] = (await Promise.all(ended)) as [number, number]
    assert.ok(
      Math.abs(late - 3_000) < 500 && Math.abs(soon - 1_000) < 500,
      `they ended after ${late} and ${soon} ms, and not after 3,000 and 1,000`,
    )
  })

  it('is none yet while its answer is still being read, but what comes unasked then ends it too', async () => {
    await serverThatSays(answerWith(''))
    const [answer] = (await once(sent(target), 'response')) as [IncomingMessage]
    await turn()
    assert.deepEqual([answer.complete, answer.readableEnded], [true, false])
    server.sockets[0]!.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n')
    await until(() => server.sockets[0]!.closed, 'it is ended')
    assert.equal(Buffer.concat(await answer.toArray()).toString(), 'ok')
    const next = sent(target)
    assert.equal((await answerTo(next)).status, 200)
    assert.equal(next.reusedSocket, false)
  })

  it('that the target ended is not taken', async () => {
    await serverThatSays(answerWith(''))
    await answerTo(sent(target))
    server.sockets[0]!.end()
    await until(() => server.sockets[0]!.closed, 'both ends are closed')
    const request = sent(target)
    assert.equal((await answerTo(request)).body, 'ok')
    assert.equal(request.reusedSocket, false)
  })
})

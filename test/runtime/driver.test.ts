import assert from 'node:assert/strict'
import type { SessionEvent } from '../../src/protocol/index.ts'
import { monotonicClock } from '../../src/runtime/system.ts'
import { Joined } from './joined.ts'
import type { MemoryCarrier } from './memory-carrier.ts'
import { Talker } from './talker.ts'
import { atRest, turn, until } from './until.ts'

describe('a driver', () => {
  it('connects, carries, and says goodbye', async () => {
    const joined = new Joined()
    const session = await joined.join()
    const events: SessionEvent[] = []
    session.farDriver.onEvent = (event) => events.push(event)
    await joined.driver.close(16, 'the test is over')
    await until(() => events.length > 0, 'the far side hears the goodbye')
    const [closed] = events
    assert.ok(closed?.kind === 'closed')
    assert.deepEqual([closed.by, closed.code, closed.reason], ['peer', 16, 'the test is over'])
    await joined.close()
  })

  it('tells a stream that is ready to its owner, and nobody when it has none', async () => {
    const joined = new Joined()
    const session = await joined.join()
    const [near, far] = await joined.openStream(session)
    far.write(Buffer.from('unowned'))
    await atRest(() => Number(near.readState === 'open'))
    const talker = new Talker(near)
    assert.equal(talker.text, 'unowned', 'what came before the owner did waits for it')
    far.write(Buffer.from(', owned'))
    await until(() => talker.text === 'unowned, owned', 'the owner is told')
    await joined.close()
  })

  it('settles when the last stream is finished and acknowledged, not before', async () => {
    const joined = new Joined()
    const session = await joined.join()
    const [near, far] = await joined.openStream(session)
    const nearTalker = new Talker(near)
    let isSettled = false
    const settling = joined.driver.settle().then(() => {
      isSettled = true
    })
    nearTalker.say(Buffer.from('bye'))
    await atRest(() => nearTalker.bytesWritten)
    assert.equal(isSettled, false, 'the far half is still open')
    new Talker(far).say(new Uint8Array(0))
    await settling
    assert.equal(joined.driver.endpoint.openStreams, 0)
    await joined.close()
  })

  it('settles at once when there is nothing to wait for', async () => {
    const joined = new Joined()
    await joined.driver.settle()
    await joined.close()
  })

  it('sends what a call outside its turn gave it to do', async () => {
    const joined = new Joined()
    const session = await joined.join()
    const [near, far] = await joined.openStream(session)
    await atRest(() => 0)
    const talker = new Talker(far)
    near.write(Buffer.from('out of nowhere'))
    await until(() => talker.text === 'out of nowhere', 'it arrives')
    await joined.close()
  })

  it('sends what has gathered for long before the turn, and gathers anew', async () => {
    let now = 1_000_000
    const joined = new Joined({}, () => now)
    const session = await joined.join()
    const [near, farStream] = await joined.openStream(session)
    const far = new Talker(farStream)
    const sent = countBatches(joined.carrier)
    await atRest(() => sent.batches)
    sent.batches = 0
    const writeAfter = async (micros: number, text: string) => {
      now += micros
      near.write(Buffer.from(text))
      await new Promise<void>((resolve) => process.nextTick(resolve))
      return sent.batches
    }
    assert.equal(await writeAfter(0, 'a'), 0)
    assert.equal(await writeAfter(400, 'b'), 0)
    assert.equal(await writeAfter(1, 'c'), 1, 'all three')
    assert.equal(await writeAfter(400, 'd'), 1)
    assert.equal(await writeAfter(1, 'e'), 2, 'these two')
    assert.equal(await writeAfter(1, 'f'), 2)
    await until(() => far.text === 'abcdef', 'the rest has its turn')
    assert.equal(sent.batches, 3)
    await joined.close()
  })

  it('looks again before it sleeps while answers are quick, for as long as one may take', async () => {
    const time = new PolledTime()
    const joined = new Joined({}, () => time.now, time.lookAgain)
    const [near, far] = await joined.openStream(await joined.join())
    const [nearTalker, farTalker] = [new Talker(near), new Talker(far)]
    const hear = nearTalker.onStreamReady.bind(nearTalker)
    nearTalker.onStreamReady = () => {
      time.looks = 0
      hear()
    }
    const ask = async (after: number) => {
      time.now += after
      near.write(Buffer.from('?'))
      await until(() => farTalker.text.endsWith('?'), 'the question is there')
      farTalker.chunks.length = 0
      far.write(Buffer.from('!'))
      await until(() => nearTalker.text.endsWith('!'), 'the answer is there')
      nearTalker.chunks.length = 0
    }
    const looksSinceTheAnswer = () => atRest(() => time.looks)
    await ask(20_000)
    assert.equal(await looksSinceTheAnswer(), 0, 'nothing is known of the other side yet')
    for (let quick = 0; quick < 4; quick++) await ask(20)
    assert.equal(await looksSinceTheAnswer(), 40, '400 µs, and no more')
    for (let slow = 0; slow < 6; slow++) await ask(20_000)
    assert.equal(await looksSinceTheAnswer(), 0)
    await joined.close()
  })

  it('sleeps at once during bulk, whichever way it goes', async () => {
    const time = new PolledTime()
    const joined = new Joined({}, () => time.now, time.lookAgain)
    const [near, far] = await joined.openStream(await joined.join())
    const farTalker = new Talker(far)
    const bytes = 5_000_000
    let written = 0
    // As a socket does whose reading goes on, later, when the stream takes more.
    const writeOn = () => {
      while (written < bytes && near.isWritable) {
        near.write(new Uint8Array(262_144))
        written += 262_144
      }
    }
    near.owner = { onStreamReady: () => setImmediate(writeOn) }
    writeOn()
    const isTrueLater = (isTrue: () => boolean) => () => {
      time.now += 20
      return isTrue()
    }
    await until(
      isTrueLater(() => farTalker.bytesRead >= bytes),
      'the upload is there',
    )
    const nearTalker = new Talker(near)
    farTalker.say(new Uint8Array(bytes))
    await until(
      isTrueLater(() => nearTalker.hasEnded),
      'the download is there',
    )
    assert.equal(time.looks, 0)
    await joined.close()
  })

  it('does not pass off looking again as work', async () => {
    const burn = () => {
      const until = performance.now() + 0.1
      while (performance.now() < until);
      return 0
    }
    const joined = new Joined({}, monotonicClock, burn)
    const [near, far] = await joined.openStream(await joined.join())
    const [nearTalker, farTalker] = [new Talker(near), new Talker(far)]
    const shares: number[] = []
    let asked = 0
    let answered = 0
    joined.driver.endpoint.onBusy = (share) => shares.push(share)
    await until(() => {
      if (nearTalker.bytesRead === asked) {
        near.write(Buffer.from('?'))
        asked++
      }
      if (farTalker.bytesRead > answered) {
        far.write(Buffer.from('!'))
        answered++
      }
      return shares.some((share) => share < 0.9)
    }, 'a process that does nothing but look is told to be busy for less than all of its time')
    assert.ok(
      shares.every((share) => share >= 0 && share <= 1),
      shares.join(),
    )
    await joined.close()
  })

  it('keeps no timer and does nothing more once it is closed', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'Immediate')
    await atRest(() => 0)
    const before = timers().length
    const joined = new Joined()
    const session = await joined.join()
    await joined.close()
    await turn()
    await turn()
    assert.equal(timers().length, before)
    assert.equal((joined.carrier as MemoryCarrier).isCut, true)
    joined.driver.endpoint.resetForgotten(0, session.near.localId)
    assert.equal(timers().length, before)
    await joined.driver.close(0, '')
  })

  it('lets the event loop breathe while megabytes wait to be sent', async () => {
    const joined = new Joined()
    const session = await joined.join()
    const [near, farStream] = await joined.openStream(session)
    const far = new Talker(farStream)
    new Talker(near).say(new Uint8Array(20_000_000))
    let turns = 0
    while (!far.hasEnded) {
      await turn()
      turns++
    }
    assert.ok(turns > 20, `${turns} rounds of the event loop for 20 MB`)
    await joined.close()
  })
})

/** Stands still but for what a test adds, and for 10 µs each time that a driver looks again. */
class PolledTime {
  now = 1_000_000
  looks = 0

  readonly lookAgain = () => {
    this.looks++
    this.now += 10
    return 0
  }
}

/** Counts from now on. */
function countBatches(carrier: MemoryCarrier): { batches: number } {
  const sent = { batches: 0 }
  const send = carrier.send.bind(carrier)
  carrier.send = (batch) => {
    sent.batches++
    return send(batch)
  }
  return sent
}

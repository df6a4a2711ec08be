import assert from 'node:assert/strict'
import { ProviderQueue, type WaitsForProvider } from '../../src/consumer/provider-queue.ts'
import { turn, until } from '../runtime/until.ts'

class Waiter implements WaitsForProvider {
  readonly log: string[]
  readonly name: string
  onPlace: () => void = () => {}

  constructor(name: string, log: string[]) {
    this.name = name
    this.log = log
  }

  place(): void {
    this.log.push(`${this.name} is placed`)
    this.onPlace()
  }

  giveUp(): void {
    this.log.push(`${this.name} gives up`)
  }
}

describe('those who wait for a provider', () => {
  let queue: ProviderQueue<Waiter>
  let log: string[]
  let first: Waiter
  let second: Waiter
  const later = () => performance.now() + 60_000

  beforeEach(() => {
    queue = new ProviderQueue()
    log = []
    first = new Waiter('first', log)
    second = new Waiter('second', log)
  })
  afterEach(() => {
    queue.leave(first)
    queue.leave(second)
  })

  it('are placed in the order in which they came, once', () => {
    queue.wait(first, later())
    queue.wait(second, later())
    queue.offer()
    queue.offer()
    assert.deepEqual(log, ['first is placed', 'second is placed'])
  })

  it('may wait again at once when there is no room for them', () => {
    first.onPlace = () => queue.wait(first, later())
    queue.wait(first, later())
    queue.offer()
    queue.offer()
    assert.deepEqual(log, ['first is placed', 'first is placed'])
  })

  it('give up when their time is over', async () => {
    queue.wait(first, performance.now())
    queue.wait(second, later())
    await until(() => log.length > 0, 'somebody gives up')
    queue.offer()
    assert.deepEqual(log, ['first gives up', 'second is placed'])
  })

  it('are not told any more when they have left', async () => {
    queue.wait(first, performance.now())
    queue.leave(first)
    await turn()
    await turn()
    queue.offer()
    assert.deepEqual(log, [])
  })

  it('wait until the last time that they said, not the first', async () => {
    queue.wait(first, performance.now())
    queue.wait(first, later())
    queue.wait(second, performance.now())
    await until(() => log.length > 0, 'somebody gives up')
    await turn()
    assert.deepEqual(log, ['second gives up'])
  })
})

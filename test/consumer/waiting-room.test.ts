import assert from 'node:assert/strict'
import { type Leave, WaitingRoom } from '../../src/consumer/waiting-room.ts'
import { turn, until } from '../runtime/until.ts'

const LONG_MS = 60_000

describe('the waiting room', () => {
  it('gives so many places at once, and the next one in the order of arrival', async () => {
    const room = new WaitingRoom(2)
    const first = (await room.enter(LONG_MS))!
    const second = (await room.enter(LONG_MS))!
    const entered: string[] = []
    const waiting = ['third', 'fourth'].map((name) =>
      room.enter(LONG_MS).then((leave) => {
        entered.push(name)
        return leave!
      }),
    )
    await turn()
    assert.deepEqual([room.served, room.waiting, entered], [2, 2, []])
    second()
    await until(() => entered.length === 1, 'one gets in')
    first()
    await until(() => entered.length === 2, 'the other gets in')
    assert.deepEqual(entered, ['third', 'fourth'])
    for (const leave of await Promise.all(waiting)) leave()
    await until(() => room.served === 0, 'everybody has left')
  })

  it('gives one place back once, however often it is left', async () => {
    const room = new WaitingRoom(1)
    const leave = (await room.enter(LONG_MS))!
    const next: (Leave | null)[] = []
    const others = [room.enter(LONG_MS), room.enter(LONG_MS)]
    for (const other of others) void other.then((given) => next.push(given))
    leave()
    leave()
    await until(() => next.length > 0, 'the next gets in')
    leave()
    await turn()
    assert.equal(next.length, 1)
    next[0]!()
    ;(await others[1]!)!()
  })

  it('turns away who has waited long enough, and keeps nothing of him: nobody who has gone takes up a seat', async () => {
    const room = new WaitingRoom(1)
    const leave = (await room.enter(LONG_MS))!
    const tired = await Promise.all(Array.from({ length: 50 }, () => room.enter(1)))
    assert.deepEqual(new Set(tired), new Set([null]))
    await turn()
    assert.equal(room.waiting, 0)
    leave()
    const next = await room.enter(LONG_MS)
    assert.notEqual(next, null)
    next!()
  })

  it('lets nobody wait behind a client that has gone, and takes no place from one that goes after it got in', async () => {
    const room = new WaitingRoom(1)
    const leave = (await room.enter(LONG_MS))!
    const gone: (() => void)[] = []
    const leavers = [0, 1].map(() => room.enter(LONG_MS, (giveUp) => void gone.push(giveUp)))
    gone[0]!()
    assert.equal(await leavers[0], null)
    assert.equal(room.waiting, 1)
    leave()
    const second = (await leavers[1])!
    gone[1]!()
    await turn()
    assert.deepEqual([room.served, room.waiting], [1, 0])
    second()
    await until(() => room.served === 0, 'everybody has left')
  })

  it('turns the 10,001st who waits away at once', async () => {
    const room = new WaitingRoom(1)
    const leave = (await room.enter(LONG_MS))!
    const crowd = Array.from({ length: 10_000 }, () => room.enter(LONG_MS))
    assert.equal(await room.enter(LONG_MS), null)
    leave()
    for (const each of crowd) (await each)!()
  })

  it('leaves no timer behind', async () => {
    await turn()
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    const room = new WaitingRoom(1)
    const leave = (await room.enter(LONG_MS))!
    const next = room.enter(LONG_MS)
    leave()
    ;(await next)!()
    assert.equal(timers(), before)
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ClientPlaces, type PlaceHolder } from '../../src/consumer/client-places.ts'
import { turn, until } from '../runtime/until.ts'

/** A client that is idle may be evicted at once. */
const NO_GRACE_MS = 0
/** Longer than any test waits. */
const LONG_GRACE_MS = 60_000

const LONG_MS = 60_000

class Client implements PlaceHolder {
  readonly name: number
  state: 'out' | 'waiting' | 'busy' | 'idle' | 'evicted' | 'gone' = 'out'

  constructor(name: number) {
    this.name = name
  }

  onEvicted(): void {
    assert.equal(this.state, 'idle', `client ${this.name} loses its place while it is ${this.state}`)
    this.state = 'evicted'
  }
}

describe('the places of a service', () => {
  async function enter(places: ClientPlaces<Client>, client: Client): Promise<void> {
    client.state = 'waiting'
    if (await places.enter(client, LONG_MS)) client.state = 'busy'
  }

  it('are kept by a client until it leaves', async () => {
    const places = new ClientPlaces<Client>(1, NO_GRACE_MS)
    const [first, second] = [new Client(1), new Client(2)]
    await enter(places, first)
    await enter(places, first)
    void enter(places, second)
    await turn()
    assert.deepEqual([first.state, second.state, places.isCrowded], ['busy', 'waiting', true])
    places.leave(first)
    places.leave(first)
    await until(() => second.state === 'busy', 'the second gets in')
    assert.equal(places.isCrowded, false)
    places.leave(second)
  })

  it('are given up by those that do nothing, the longest idle first', async () => {
    const places = new ClientPlaces<Client>(3, NO_GRACE_MS)
    const clients = [1, 2, 3].map((name) => new Client(name))
    for (const client of clients) await enter(places, client)
    for (const at of [1, 0, 2]) {
      rest(places, clients[at]!)
    }
    await enter(places, clients[1]!)
    const next = new Client(4)
    await enter(places, next)
    assert.deepEqual(
      clients.map(({ state }) => state),
      ['evicted', 'busy', 'idle'],
    )
    assert.equal(next.state, 'busy')
  })

  it('are not evicted while a client that was idle is being answered without one', async () => {
    const places = new ClientPlaces<Client>(1, NO_GRACE_MS)
    const [first, second] = [new Client(1), new Client(2)]
    await enter(places, first)
    rest(places, first)
    places.wake(first)
    first.state = 'busy'
    void enter(places, second)
    await turn()
    assert.deepEqual([first.state, second.state], ['busy', 'waiting'])
    places.leave(first)
    await until(() => second.state === 'busy', 'the second gets in')
  })

  it('are given up by who comes to rest while somebody waits', async () => {
    const places = new ClientPlaces<Client>(1, NO_GRACE_MS)
    const [first, second] = [new Client(1), new Client(2)]
    await enter(places, first)
    void enter(places, second)
    await turn()
    rest(places, first)
    await until(() => second.state === 'busy', 'the second gets in')
    assert.equal(first.state, 'evicted')
  })

  it('are not taken from who has just been answered: its next request may be on the way', async () => {
    const places = new ClientPlaces<Client>(1, LONG_GRACE_MS)
    const [first, second] = [new Client(1), new Client(2)]
    await enter(places, first)
    rest(places, first)
    void enter(places, second)
    await turn()
    assert.deepEqual([first.state, second.state, places.isCrowded], ['idle', 'waiting', true])
    places.wake(first)
    first.state = 'busy'
    go(places, first)
    await until(() => second.state === 'busy', 'the second gets in')
  })

  it('are taken from who does nothing for a moment, also for who would not have waited', async () => {
    const places = new ClientPlaces<Client>(2, 20)
    const clients = [1, 2, 3, 4].map((name) => new Client(name))
    const [first, second, third, fourth] = clients as [Client, Client, Client, Client]
    for (const client of [first, second]) {
      await enter(places, client)
      rest(places, client)
    }
    const entered = await Promise.all([third, fourth].map((client) => places.enter(client, 0)))
    assert.deepEqual(entered, [true, true])
    assert.deepEqual([first.state, second.state], ['evicted', 'evicted'])
  })

  it('never serve more than there are, evict only the idle, and let everybody in who has patience', async () => {
    const step = fc.record({ act: fc.constantFrom('enter', 'rest', 'leave'), who: fc.nat(11) })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), async (most, steps) => {
        const places = new ClientPlaces<Client>(most, NO_GRACE_MS)
        const clients = Array.from({ length: 12 }, (_, name) => new Client(name))
        const arrived: number[] = []
        const served: number[] = []
        const come = async (client: Client) => {
          if (client.state === 'out') arrived.push(client.name)
          const isNew = client.state === 'out'
          await enter(places, client)
          if (isNew) served.push(client.name)
        }
        for (const { act, who } of steps) {
          const client = clients[who]!
          if (act === 'enter' && (client.state === 'out' || client.state === 'idle')) void come(client)
          if (act === 'rest' && client.state === 'busy') {
            rest(places, client)
          }
          if (act === 'leave' && (client.state === 'busy' || client.state === 'idle')) go(places, client)
          await turn()
          assert.ok(clients.filter(({ state }) => state === 'busy' || state === 'idle').length <= most)
        }
        // Whoever is served is done in the end, and so everybody is.
        for (let round = 0; clients.some(({ state }) => state === 'waiting'); round++) {
          assert.ok(round < 100, 'somebody waits for ever')
          for (const client of clients) if (client.state === 'busy' || client.state === 'idle') go(places, client)
          await turn()
        }
        assert.deepEqual(served, arrived)
      }),
      { numRuns: 60 },
    )
  })

  function rest(places: ClientPlaces<Client>, client: Client): void {
    client.state = 'idle'
    places.rest(client)
  }

  function go(places: ClientPlaces<Client>, client: Client): void {
    client.state = 'gone'
    places.leave(client)
  }
})

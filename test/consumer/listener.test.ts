import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ListenError, Listener, type ListenerOptions } from '../../src/consumer/listener.ts'
import { until } from '../runtime/until.ts'

describe('a listener', () => {
  let sockets: Socket[]
  let opened: Listener[]

  async function open(options: Partial<ListenerOptions> = {}): Promise<Listener> {
    const listener = await Listener.open({
      port: 0,
      reach: 'loopback',
      onSocket: (socket) => sockets.push(socket.on('error', () => {})),
      onError: assert.fail,
      ...options,
    })
    opened.push(listener)
    return listener
  }

  async function reaches(host: string, port: number): Promise<boolean> {
    const socket = connect({ host, port })
    sockets.push(socket)
    return Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<boolean>((resolve) => socket.on('error', () => resolve(false))),
    ])
  }

  beforeEach(() => {
    sockets = []
    opened = []
  })
  afterEach(() => {
    for (const socket of sockets) socket.destroy()
    for (const listener of opened) listener.close()
  })

  for (const reach of ['loopback', 'any'] as const) {
    it(`finds a free port and is reached there (${reach})`, async () => {
      const listener = await open({ reach })
      assert.ok(listener.port > 0)
      assert.equal(listener.host, reach === 'any' ? '0.0.0.0' : '127.0.0.1')
      assert.ok(await reaches('127.0.0.1', listener.port))
    })
  }

  it('reads nothing from a client by itself, and takes an end as half of one', async () => {
    const listener = await open()
    const client = connect({ host: '127.0.0.1', port: listener.port })
    client.end('patience')
    await until(() => sockets.length > 0, 'the client is there')
    const [accepted] = sockets
    assert.deepEqual([accepted!.isPaused(), accepted!.bytesRead, accepted!.allowHalfOpen], [true, 0, true])
    client.destroy()
  })

  it('says in one sentence that its port is taken, by whom to ask, and what to change', async () => {
    const { port } = await open()
    for (const reach of ['loopback', 'any'] as const) {
      await assert.rejects(open({ port, reach }), (error: Error) => {
        assert.ok(error instanceof ListenError)
        assert.match(error.message, new RegExp(`TCP port ${port} on .* is taken; .*<port>`))
        return true
      })
    }
  })

  it('takes nobody once it is closed, and can be opened there again', async () => {
    const { port } = await open()
    opened[0]!.close()
    assert.equal(await reaches('127.0.0.1', port), false)
    await open({ port })
    assert.equal(await reaches('127.0.0.1', port), true)
  })
})

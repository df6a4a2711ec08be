// Who serves a client when several providers offer one service, when none does yet, and when there are more clients than places.

import assert from 'node:assert/strict'
import { startEchoServer } from '../../stresstest/echo-server.ts'
import type { Daemon } from '../../stresstest/rig/daemons.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { dial, ending, eventually, exchange, get, open, read, textOf } from './clients.ts'
import { pipeTo, RAW_SERVICE, type Stage, UUID, useStage } from './harness.ts'

describe('several providers of one service', () => {
  const stage = useStage()

  it('share its clients', async () => {
    const { port } = await twoProviders(stage())
    const clients = await Promise.all(Array.from({ length: 20 }, () => nameOf(port)))
    assert.deepEqual(new Set(clients), new Set(['first', 'second']))
  })

  it('serve on when one of them is killed', async () => {
    const { port, first } = await twoProviders(stage())
    await first.program.kill()
    await eventually('every client is served by the other', async () => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => nameOf(port).catch(() => 'nobody')))
      return clients.every((name) => name === 'second')
    })
  })

  it('serve every client when the target of one of them refuses', async () => {
    const nobody = await startEchoServer()
    await nobody.close()
    const web = await stage().peer(startWebServer({ name: 'the living' }))
    const consumer = await stage().consumer({ services: [RAW_SERVICE] })
    await stage().provider({ pipes: [pipeTo(consumer, nobody.port)] })
    await stage().provider({ pipes: [pipeTo(consumer, web.port)] })
    const port = consumer.ready.port(UUID)
    const clients = await Promise.all(Array.from({ length: 20 }, () => nameOf(port)))
    assert.deepEqual(new Set(clients), new Set(['the living']))
  })
})

describe('the waiting room', () => {
  const stage = useStage()

  it('keeps a client that came before the provider and serves it when one comes', async () => {
    const echo = await stage().peer(startEchoServer())
    const consumer = await stage().consumer({ services: [{ ...RAW_SERVICE, hold: 60 }] })
    const socket = await open(consumer.ready.port(UUID))
    const answered = exchange(socket, 'is anybody there?')
    await stage().provider({ pipes: [pipeTo(consumer, echo.port)] })
    assert.equal(await answered, 'is anybody there?')
    socket.destroy()
  })

  it('closes a client for whom no provider came in time', async () => {
    const consumer = await stage().consumer({ services: [{ ...RAW_SERVICE, hold: 1 }] })
    assert.match(await ending(dial(consumer.ready.port(UUID))), /^(end|reset)$/)
  })

  it('lets the 51st client wait for a place, and in when there is one', async () => {
    const echo = await stage().peer(startEchoServer())
    const { port } = await stage().oneHop(echo.port, { max_connections: 50, hold: 60 })
    const inside = await Promise.all(Array.from({ length: 50 }, () => open(port)))
    for (const socket of inside) assert.equal(await exchange(socket, 'in'), 'in')
    const waiting = await open(port)
    waiting.write('let me in')
    // Whatever would have carried the 51st along carries these too: after them it must still be waiting.
    for (const socket of inside) assert.equal(await exchange(socket, 'still in'), 'still in')
    assert.equal(waiting.readableLength, 0)
    inside.pop()?.destroy()
    assert.equal((await read(waiting, 9)).toString(), 'let me in')
    for (const socket of [...inside, waiting]) socket.destroy()
  })

  it('closes the 51st client when no place became free in time', async () => {
    const echo = await stage().peer(startEchoServer())
    const { port } = await stage().oneHop(echo.port, { max_connections: 1, hold: 1 })
    const inside = await open(port)
    assert.equal(await exchange(inside, 'in'), 'in')
    await ending(dial(port))
    assert.equal(await exchange(inside, 'still in'), 'still in')
    inside.destroy()
  })
})

async function twoProviders(stage: Stage): Promise<{ readonly port: number; readonly first: Daemon }> {
  const webs = await Promise.all(['first', 'second'].map((name) => stage.peer(startWebServer({ name }))))
  const consumer = await stage.consumer({ root: { survive: 5 }, services: [RAW_SERVICE] })
  const [first] = await Promise.all(webs.map((web) => stage.provider({ pipes: [pipeTo(consumer, web.port)] })))
  return { port: consumer.ready.port(UUID), first: first! }
}

/** The name of the web server that answers. */
async function nameOf(port: number): Promise<string> {
  const hello = await textOf(await get(port, '/'))
  return hello.match(/^Hello from (.*)\.\n/)?.[1] ?? hello
}

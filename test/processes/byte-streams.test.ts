// A service is a TCP connection that happens to be somewhere else: who speaks first, who ends first and who breaks off all come through.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { contentAt, contentSha256 } from '../../stresstest/content.ts'
import { startEchoServer } from '../../stresstest/echo-server.ts'
import { GREETING, startGreetingServer } from '../../stresstest/greeting-server.ts'
import { type Peer, startPeer } from '../../stresstest/peer.ts'
import { startResetServer } from '../../stresstest/reset-server.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { dial, ending, exchange, fill, open, read, sha256Of, textOf } from './clients.ts'
import { OTHER_UUID, RAW_SERVICE, UUID, useStage } from './harness.ts'

const MIB = 1024 * 1024

describe('byte streams', () => {
  const stage = useStage()

  it('an echo comes back', async () => {
    const echo = await stage().peer(startEchoServer())
    const { port } = await stage().oneHop(echo.port)
    const socket = await open(port)
    assert.equal(await exchange(socket, 'ping'), 'ping')
    assert.equal(await exchange(socket, 'pong'), 'pong')
    socket.destroy()
  })

  it('a client that has ended still receives everything, and then the end', async () => {
    const echo = await stage().peer(startEchoServer())
    const { port } = await stage().oneHop(echo.port)
    const socket = await open(port)
    socket.end(contentAt(0, 5 * MIB))
    assert.equal(await sha256Of(socket), contentSha256(5 * MIB))
  })

  it('a client that ends without a byte is answered with an end', async () => {
    const echo = await stage().peer(startEchoServer())
    const { port } = await stage().oneHop(echo.port)
    const socket = await open(port)
    socket.end()
    assert.equal(await textOf(socket), '')
  })

  it('half-close goes through two hops', async () => {
    const echo = await stage().peer(startEchoServer())
    const { port } = await stage().twoHops(echo.port)
    const socket = await open(port)
    socket.end('the last word')
    assert.equal(await textOf(socket), 'the last word')
  })

  it('a target that ends first still receives what the client sends after it', async () => {
    const received: Promise<string>[] = []
    const target = await stage().peer(
      startPeer(
        createServer({ allowHalfOpen: true }, (socket) => {
          received.push(textOf(socket))
          socket.end('that is all from me')
        }),
        {},
      ),
    )
    const { port } = await stage().oneHop(target.port)
    const socket = await open(port)
    assert.equal(await textOf(socket), 'that is all from me')
    socket.end('but not from me')
    await once(socket, 'close')
    assert.deepEqual(await Promise.all(received), ['but not from me'])
  })

  it('a server that speaks first is heard before the client has said anything', async () => {
    const greeting = await stage().peer(startGreetingServer())
    const { port } = await stage().oneHop(greeting.port)
    const socket = await open(port)
    assert.equal((await read(socket, GREETING.length)).toString(), GREETING)
    socket.write('QUIT\r\n')
    assert.equal(await textOf(socket), '221 bye\r\n')
    socket.destroy()
  })

  it('a target that resets resets the client', async () => {
    const target = await stage().peer(startResetServer({ bytes: 500_000 }))
    const { port } = await stage().oneHop(target.port)
    assert.equal(await ending(dial(port)), 'reset')
  })

  it('a target that resets at once resets the client', async () => {
    const target = await stage().peer(startResetServer({ bytes: 0 }))
    const { port } = await stage().oneHop(target.port)
    assert.equal(await ending(dial(port)), 'reset')
  })

  it('a target that resets while nobody reads resets the client, and is not taken for an end', async () => {
    const target = await stage().peer(startPausedServer())
    const { port } = await stage().oneHop(target.port)
    const client = await open(port)
    const atTarget = await target.accepted
    await fill(atTarget)
    atTarget.resetAndDestroy()
    assert.equal(await ending(client), 'reset')
  })

  it('a client that resets while the target reads nothing resets the target, and is not taken for an end', async () => {
    const target = await stage().peer(startPausedServer())
    const { port } = await stage().oneHop(target.port)
    const client = await open(port)
    await fill(client)
    client.resetAndDestroy()
    assert.equal(await ending(await target.accepted), 'reset')
  })

  it('a client that leaves in mid-answer frees the target', async () => {
    const target = await stage().peer(startPausedServer())
    const { port } = await stage().oneHop(target.port)
    const client = await open(port)
    const atTarget = await target.accepted
    await fill(atTarget)
    client.destroy() // with bytes unread in its kernel: its peer is sent a reset
    assert.equal(await ending(atTarget), 'reset')
  })

  it('a refused target resets its own stream and leaves the others alone', async () => {
    const echo = await stage().peer(startEchoServer())
    const nobody = await startEchoServer()
    await nobody.close()
    const services = [RAW_SERVICE, { ...RAW_SERVICE, uuid: OTHER_UUID }]
    const consumer = await stage().consumer({ services })
    const targets = [
      { uuid: UUID, protocol: 'tcp', port: echo.port },
      { uuid: OTHER_UUID, protocol: 'tcp', port: nobody.port },
    ]
    await stage().provider({ pipes: [{ port: consumer.ready.port('udp'), services: targets }] })
    const socket = await open(consumer.ready.port(UUID))
    assert.equal(await exchange(socket, 'before'), 'before')
    assert.equal(await ending(dial(consumer.ready.port(OTHER_UUID))), 'reset')
    assert.equal(await exchange(socket, 'after'), 'after')
    socket.destroy()
  })

  it('Host and everything else of a request reach the target unchanged', async () => {
    const web = await stage().peer(startWebServer())
    const { port } = await stage().oneHop(web.port)
    const socket = await open(port)
    socket.end('GET /odd?x=1 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nX-Case: KePt\r\n\r\n')
    assert.match(await textOf(socket), /^HTTP\/1\.1 404 /)
    const hello = await open(port)
    hello.end('GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nX-Case: KePt\r\n\r\n')
    assert.match(await textOf(hello), /host: shop\.example\n(.*\n)*x-case: KePt\n/)
  })
})

interface PausedServer extends Peer {
  /** Its first connection, of which nothing was read. */
  readonly accepted: Promise<Socket>
}

/** A server that reads nothing until the test does. */
async function startPausedServer(): Promise<PausedServer> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
  const accepted = once(server, 'connection').then(([socket]) => socket as Socket)
  return { ...(await startPeer(server, {})), accepted }
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { resetConnection } from '../../src/sockets/reset-connection.ts'
import { Authority, hasOpenssl } from '../provider/certificates.ts'
import { listening, Seen, socketPair } from '../runtime/sockets.ts'
import { until } from '../runtime/until.ts'

const MORE_THAN_THE_KERNEL_TAKES = new Uint8Array(40_000_000)

/** What was done to a connection before it is reset, in the same turn of the event loop. */
const BEFORE: readonly [string, (socket: Socket) => void][] = [
  ['nothing was said', () => {}],
  ['something was said', (socket) => socket.write('some')],
  ['its FIN is on its way', (socket) => socket.end()],
  ['its last bytes and its FIN are on their way', (socket) => socket.end('some')],
  ['its end waits behind bytes that the kernel does not take', (socket) => socket.end(MORE_THAN_THE_KERNEL_TAKES)],
  ['it was reset already', resetConnection],
]

describe('a reset of ours', () => {
  for (const [what, prepare] of BEFORE) {
    it(`closes the connection for good, and no process waits for it, when ${what}`, async () => {
      const before = openSockets()
      const { client, accepted } = await socketPair()
      const [there, here] = [new Seen(client), new Seen(accepted)]
      prepare(accepted)
      resetConnection(accepted)
      await until(() => here.isClosed, 'it is closed')
      assert.equal(here.error, '')
      await until(() => there.error !== '' || there.hasEnded, 'the client learns of it')
      client.destroy()
      await until(() => openSockets() <= before, 'both descriptors are given back')
    })
  }

  it('is a reset for the client', async () => {
    const { client, accepted } = await socketPair()
    const there = new Seen(client)
    accepted.write('some', () => resetConnection(accepted))
    await until(() => there.isClosed, 'the client learns of it')
    assert.equal(there.error, 'ECONNRESET')
  })

  it('is one after our FIN has left', async () => {
    const { client, accepted } = await socketPair()
    const there = new Seen(client)
    client.on('error', () => {})
    accepted.end()
    await until(() => there.hasEnded, 'the FIN has arrived')
    resetConnection(accepted)
    await until(() => accepted.closed, 'it is closed')
    client.write('nobody is there')
    await until(() => there.isClosed, 'the client learns of it')
    assert.match(there.error, /ECONNRESET|EPIPE/)
  })

  it('ends a Unix socket, which has none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edgerq-reset-'))
    const server = createServer().listen(join(folder, 'socket'))
    await once(server, 'listening')
    const client = connect(join(folder, 'socket'))
    const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
      [Socket],
      unknown,
    ]
    resetConnection(accepted)
    await Promise.all([once(client, 'close'), until(() => accepted.closed, 'it is closed'), client.resume()])
    server.close()
    rmSync(folder, { recursive: true })
  })

  it('ends a connection over TLS in the middle of what it says', async function () {
    if (!hasOpenssl()) {
      console.warn('SKIPPED: openssl is not installed')
      this.skip()
    }
    const authority = new Authority()
    const server = createTlsServer(authority.issue('DNS:target.test'))
    const port = await listening(server)
    const client = connectTls({ host: '127.0.0.1', port, servername: 'target.test', ca: authority.cert })
    const [[accepted]] = (await Promise.all([once(server, 'secureConnection'), once(client, 'secureConnect')])) as [
      [Socket],
      unknown,
    ]
    resetConnection(accepted)
    await Promise.all([once(client, 'close'), until(() => accepted.closed, 'it is closed'), client.resume()])
    server.close()
    authority.remove()
  })
})

/** TCP connections that keep this process from ending. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
}

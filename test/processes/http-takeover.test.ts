// Connections that somebody would like to get out of the hands of HTTP: upgrades that nobody asked for or that were not granted, CONNECT,
// bodies that nobody reads, answers that nobody awaits. None of them leaves bytes behind that are taken for a request or an answer.

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { eventually, open } from './clients.ts'
import { useSharedStage } from './harness.ts'
import { startServices } from './http-services.ts'
import { answersIn, talk } from './raw-talk.ts'
import { answering, pathsIn, type RawTarget, startRawTarget } from './raw-target.ts'

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
const ASKING = ['Connection: Upgrade', 'Upgrade: x']

describe('a connection', () => {
  let target: RawTarget
  let port: number

  useSharedStage(async (stage) => {
    target = await stage.peer(startRawTarget())
    const { ports } = await startServices(stage, { raw: { target: { port: target.port } } })
    port = ports.raw
  })

  for (const [name, request] of [
    ['that nobody asked for', ask('/', 'Connection: close')],
    ['that was asked for without Connection', ask('/', 'Connection: close', 'Upgrade: x')],
    ['that HTTP/1.0 cannot ask for', ask('/', ...ASKING).replace('HTTP/1.1', 'HTTP/1.0')],
    ['to HTTP/2, which would go past the gate', ask('/', 'Connection: Upgrade, close', 'Upgrade: h2c')],
  ] as const) {
    it(`is not handed to a target that grants an upgrade ${name}`, async () => {
      target.behave(answering(() => `${SWITCHING}opaque`))
      const text = await talk(port, request)
      assert.deepEqual(outcomesIn(text), ['502 EDGERQ-TARGET-BAD-ANSWER'], text)
      assert.doesNotMatch(text, /opaque/)
      assert.equal(target.connections.length, 1, 'it was asked again')
    })
  }

  it('gives away what stands behind an upgrade when it is granted, and not before', async () => {
    target.behave((connection) => {
      if (pathsIn(connection.text)[0] === '/other') connection.socket.end(echo('/other'))
    })
    const client = await open(port)
    client.write(ask('/', ...ASKING) + ask('/hidden'))
    await eventually('the request is there', () => pathsIn(textOf(target, 0)).length > 0)
    // What takes this there and back would have taken the rest of the other along.
    await talk(port, ask('/other', 'Connection: close'))
    assert.deepEqual(pathsIn(textOf(target, 0)), ['/'])
    target.connections[0]!.socket.write(SWITCHING)
    await eventually('the rest is there', () => textOf(target, 0).endsWith(ask('/hidden')))
    client.destroy()
  })

  it('gives no target what stands behind an upgrade that is not granted', async () => {
    target.behave(answering(echo))
    const text = await talk(port, ask('/', ...ASKING) + ask('/hidden'))
    assert.deepEqual(outcomesIn(text), ['200 /'], text)
    await assertUnharmed(port)
    assert.doesNotMatch(wholeTextOf(target), /hidden/)
  })

  it('is not made for CONNECT, nor for what stands behind it', async () => {
    target.behave(answering(() => 'HTTP/1.1 200 OK\r\n\r\n'))
    const text = await talk(port, ask('a:443').replace('GET', 'CONNECT') + ask('/hidden'))
    assert.deepEqual(outcomesIn(text), ['501 EDGERQ-METHOD'], text)
    assert.equal(target.connections.length, 0)
  })

  it('ends with an answer that came before the body, whose rest is no request then', async () => {
    target.behave(answering(echo))
    const client = await open(port)
    const length = ask('/hidden').length + 4
    client.write(`${ask('/', `Content-Length: ${length}`).replace('GET', 'POST')}body`)
    const text = await untilEnd(client, ask('/hidden'))
    assert.deepEqual(outcomesIn(text), ['200 /'], text)
    assert.match(text, /^connection: close\r$/im)
    await assertUnharmed(port)
    assert.equal(target.connections[0]!.text.split('\r\n\r\n').length, 2, 'something came behind the body')
  })

  it('to a target that takes bodies for requests carries nobody else', async () => {
    // What answers the hidden one comes when somebody else waits for an answer on that connection.
    target.behave(answering(echo, '/hidden'))
    const hidden = ask('/hidden')
    const attack = ask('/', 'Connection: close', `Content-Length: ${hidden.length}`).replace('GET', 'POST') + hidden
    for (let count = 0; count < 5; count++) assert.deepEqual(outcomesIn(await talk(port, attack)), ['200 /'])
    await assertUnharmed(port)
    const shared = target.connections.filter(({ text }) => text.includes('/hidden') && text.includes('/victim'))
    assert.deepEqual(shared, [])
  })

  it('to a target that answers twice carries nobody else', async () => {
    target.behave(answering((path) => echo(path) + echo('/poison')))
    await assertUnharmed(port)
  })
})

function ask(path: string, ...lines: readonly string[]): string {
  return `${[`GET ${path} HTTP/1.1`, 'Host: a', ...lines].join('\r\n')}\r\n\r\n`
}

/** An answer that tells to which request it belongs. */
function echo(path: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`
}

/** Of each answer its status, and the code or the body. */
function outcomesIn(text: string): string[] {
  return answersIn(text).map(({ status, code, text }) => `${status} ${code ?? text.split('\r\n\r\n')[1]}`)
}

/** Those who come next get answers of their own. */
async function assertUnharmed(port: number): Promise<void> {
  for (let count = 0; count < 5; count++) {
    const path = `/victim/${count}`
    assert.deepEqual(outcomesIn(await talk(port, ask(path, 'Connection: close'))), [`200 ${path}`])
  }
}

function textOf(target: RawTarget, connection: number): string {
  return target.connections[connection]?.text ?? ''
}

function wholeTextOf({ connections }: RawTarget): string {
  return connections.map(({ text }) => text).join('\n')
}

/** All that came until the server closed; `more` is said when the first of it is there. */
function untilEnd(client: Socket, more: string): Promise<string> {
  let text = ''
  client.setEncoding('latin1')
  client
    .once('data', () => client.write(more))
    .on('data', (piece: string) => {
      text += piece
    })
  client.on('error', () => {}) // nobody reads what comes too late
  client.on('end', () => client.end())
  return new Promise((resolve) => client.once('close', () => resolve(text)))
}

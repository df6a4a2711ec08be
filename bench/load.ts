// The client of the measurements, a process of its own: it keeps each connection busy with one request at a time, by hand, so that
// it costs as little as possible of the processors that it shares with what is measured. It prints one line of JSON.
// `node dist/bench/load.js requests --port 3000 --connections 32 --seconds 5`, `download` or `upload` with `--bytes N`

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { isProgram, wholeNumber } from '../stresstest/peer.ts'
import { Latencies } from './latencies.ts'

export interface RequestsResult {
  /** All that were answered, also while nothing was counted yet: what the CPU time of the run was spent on. */
  readonly requests: number
  readonly requestsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
}

export interface TransferResult {
  readonly megabytesPerSecond: number
}

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: bench\r\n\r\n')
const CHUNK = Buffer.alloc(256 * 1024, 'x')
const HEAD_END = '\r\n\r\n'

/** Keeps `connections` busy for `seconds`; the first tenth of the time warms up and is not counted. */
export async function sendRequests(port: number, connections: number, seconds: number): Promise<RequestsResult> {
  const latencies = new Latencies()
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  const answerBytes = await measureAnswer(sockets[0]!)
  const failed = new Promise<never>((_resolve, reject) => {
    for (const socket of sockets) keepBusy(socket, answerBytes, latencies, reject)
  })
  await Promise.race([wait(seconds * 100), failed])
  const uncounted = latencies.count
  latencies.clear()
  const begun = performance.now()
  await Promise.race([wait(seconds * 1000), failed])
  const tookSeconds = (performance.now() - begun) / 1000
  const counted = latencies.count
  for (const socket of sockets) socket.destroy()
  return {
    requests: uncounted + counted,
    requestsPerSecond: counted / tookSeconds,
    p50Us: latencies.quantile(0.5),
    p99Us: latencies.quantile(0.99),
  }
}

export async function download(port: number, bytes: number): Promise<TransferResult> {
  const socket = await open(port)
  const begun = performance.now()
  socket.write(`GET /bytes/${bytes} HTTP/1.1\r\nHost: bench\r\n\r\n`)
  await receive(socket, bytes)
  return finish(socket, bytes, begun)
}

export async function upload(port: number, bytes: number): Promise<TransferResult> {
  const socket = await open(port)
  const begun = performance.now()
  socket.write(`PUT /sink HTTP/1.1\r\nHost: bench\r\nContent-Length: ${bytes}\r\n\r\n`)
  const answered = receive(socket, 0)
  for (let missing = bytes; missing > 0; missing -= CHUNK.length) {
    const drained = socket.write(missing >= CHUNK.length ? CHUNK : CHUNK.subarray(0, missing))
    if (!drained) await once(socket, 'drain')
  }
  await answered
  return finish(socket, bytes, begun)
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

function wait(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}

/** All answers are alike: after the first one was read, the others need only be counted. */
async function measureAnswer(socket: Socket): Promise<number> {
  socket.write(REQUEST)
  let text = ''
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString('latin1')
    const headEnd = text.indexOf(HEAD_END)
    const total = headEnd + HEAD_END.length + contentLength(text)
    if (headEnd !== -1 && text.length >= total) return total
  }
}

function contentLength(head: string): number {
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`the answer was: ${head.split('\r\n')[0]}`)
  return Number(head.match(/\r\ncontent-length: *(\d+)/i)?.[1] ?? Number.NaN)
}

function keepBusy(socket: Socket, answerBytes: number, latencies: Latencies, fail: (error: Error) => void): void {
  let received = 0
  let sentAt = performance.now()
  socket.on('data', (chunk) => {
    received += chunk.length
    if (received < answerBytes) return
    if (received > answerBytes) return fail(new Error('an answer had more bytes than the first one'))
    const now = performance.now()
    latencies.add((now - sentAt) * 1000)
    received = 0
    sentAt = now
    socket.write(REQUEST)
  })
  socket.on('error', fail)
  socket.on('end', () => fail(new Error('a connection was closed while it was in use')))
  socket.write(REQUEST)
}

/** Resolves when the head and `bytes` of body have come. */
function receive(socket: Socket, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let head = ''
    let missing = Number.NaN
    socket.on('data', (chunk) => {
      if (!Number.isNaN(missing)) {
        missing -= chunk.length
      } else {
        head += chunk.toString('latin1')
        const end = head.indexOf(HEAD_END)
        if (end === -1) return
        if (contentLength(head) !== bytes) return reject(new Error(`the answer does not say ${bytes} bytes`))
        missing = bytes - (head.length - end - HEAD_END.length)
      }
      if (missing === 0) resolve()
    })
    socket.on('error', reject)
    socket.on('end', () => reject(new Error(`the connection was closed ${missing} bytes too early`)))
  })
}

function finish(socket: Socket, bytes: number, begun: number): TransferResult {
  socket.destroy()
  return { megabytesPerSecond: bytes / 1e6 / ((performance.now() - begun) / 1000) }
}

async function run(): Promise<RequestsResult | TransferResult> {
  const text = { type: 'string' } as const
  const options = { port: text, connections: text, seconds: text, bytes: text }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const port = wholeNumber(values.port, 'port')
  const bytes = wholeNumber(values.bytes, 'bytes')
  if (positionals[0] === 'download') return download(port, bytes)
  if (positionals[0] === 'upload') return upload(port, bytes)
  return sendRequests(port, wholeNumber(values.connections, 'connections'), Number(values.seconds))
}

if (isProgram(import.meta.url)) console.log(JSON.stringify(await run()))

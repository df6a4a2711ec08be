// The client of the measurements, a process of its own: it keeps each connection busy with one request at a time, by hand, so that
// it costs as little as possible of the processors that it shares with what is measured. It prints one line of JSON.
// `node dist/bench/load.js requests --port 3000 --connections 32 --seconds 5`, `download` (also with `--within SECONDS`) or `upload` with
// `--bytes N`; `--host` is 127.0.0.1 unless it is said.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { isProgram, wholeNumber } from '../stresstest/peer.ts'
import { Caller, REQUEST } from './caller.ts'
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
  /** False: it was given up, and the speed is that of what had come. */
  readonly isWhole: boolean
}

export interface Target {
  readonly host: string
  readonly port: number
}

/** What is still out when the time is over is waited for so long; then it counts with the time that it has waited. */
const PATIENCE_MS = 30_000

const CHUNK = Buffer.alloc(256 * 1024, 'x')
const HEAD_END = '\r\n\r\n'

/** Keeps `connections` busy for `seconds`; the first tenth of the time warms up and is not counted. */
export async function sendRequests(target: Target, connections: number, seconds: number): Promise<RequestsResult> {
  const latencies = new Latencies()
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(target)))
  const answerBytes = await measureAnswer(sockets[0]!)
  const callers = sockets.map((socket) => new Caller(socket, answerBytes, latencies))
  const failed = Promise.race(callers.map((caller) => caller.failed))
  await Promise.race([wait(seconds * 100), failed])
  const uncounted = latencies.count
  latencies.clear()
  const begun = performance.now()
  await Promise.race([wait(seconds * 1000), failed])
  const tookSeconds = (performance.now() - begun) / 1000
  const counted = latencies.count
  await Promise.race([Promise.all(callers.map((caller) => caller.finish())), wait(PATIENCE_MS), failed])
  for (const caller of callers) caller.close()
  return {
    requests: uncounted + latencies.count,
    requestsPerSecond: counted / tookSeconds,
    p50Us: latencies.quantile(0.5),
    p99Us: latencies.quantile(0.99),
  }
}

/** Gives up after `withinSeconds`, if they are more than 0. */
export async function download(target: Target, bytes: number, withinSeconds = 0): Promise<TransferResult> {
  const socket = await open(target)
  const begun = performance.now()
  socket.write(`GET /bytes/${bytes} HTTP/1.1\r\nHost: bench\r\n\r\n`)
  const whole = receive(socket, bytes).then(() => true)
  const isWhole = await (withinSeconds > 0
    ? Promise.race([whole, wait(withinSeconds * 1000).then(() => false)])
    : whole)
  return finish(socket, isWhole ? bytes : socket.bytesRead, begun, isWhole)
}

export async function upload(target: Target, bytes: number): Promise<TransferResult> {
  const socket = await open(target)
  const begun = performance.now()
  socket.write(`PUT /sink HTTP/1.1\r\nHost: bench\r\nContent-Length: ${bytes}\r\n\r\n`)
  const answered = receive(socket, 0)
  for (let missing = bytes; missing > 0; missing -= CHUNK.length) {
    const drained = socket.write(missing >= CHUNK.length ? CHUNK : CHUNK.subarray(0, missing))
    if (!drained) await once(socket, 'drain')
  }
  await answered
  return finish(socket, bytes, begun, true)
}

async function open(target: Target): Promise<Socket> {
  const socket = connect({ ...target, noDelay: true })
  await once(socket, 'connect')
  return socket
}

function wait(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs).unref())
}

/** All answers are alike: after the first one was read, the others need only be counted. */
async function measureAnswer(socket: Socket): Promise<number> {
  socket.write(REQUEST)
  const ended = once(socket, 'end').then(() =>
    Promise.reject(new Error('a connection was closed before its first answer')),
  )
  let text = ''
  for (;;) {
    const [chunk] = (await Promise.race([once(socket, 'data'), ended])) as [Buffer]
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
    socket.on('end', () => {
      const lacks = Number.isNaN(missing) ? 'before its answer had begun' : `${missing} bytes too early`
      reject(new Error(`the connection was closed ${lacks}`))
    })
  })
}

function finish(socket: Socket, bytes: number, begun: number, isWhole: boolean): TransferResult {
  const tookSeconds = (performance.now() - begun) / 1000
  socket.destroy()
  return { megabytesPerSecond: bytes / 1e6 / tookSeconds, isWhole }
}

async function run(): Promise<RequestsResult | TransferResult> {
  const text = { type: 'string' } as const
  const host = { type: 'string', default: '127.0.0.1' } as const
  const options = { host, port: text, connections: text, seconds: text, bytes: text, within: text }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const target = { host: values.host, port: wholeNumber(values.port, 'port') }
  const bytes = wholeNumber(values.bytes, 'bytes')
  if (positionals[0] === 'download') return download(target, bytes, wholeNumber(values.within, 'within'))
  if (positionals[0] === 'upload') return upload(target, bytes)
  return sendRequests(target, wholeNumber(values.connections, 'connections'), Number(values.seconds))
}

if (isProgram(import.meta.url)) console.log(JSON.stringify(await run()))

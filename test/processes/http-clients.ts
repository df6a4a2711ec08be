// Clients of http services: Node's for what everybody does, bare sockets for what only some do, and the real curl.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { contentChunks, contentSha256 } from '../../stresstest/content.ts'
import { read, textOf } from './clients.ts'

const noReuse = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })

export interface Question {
  readonly method?: string
  readonly path?: string
  /** A list is sent as it stands, without a Host of Node's own. */
  readonly headers?: OutgoingHttpHeaders | readonly string[]
  /** By default each question has a connection of its own. */
  readonly agent?: Agent
}

/** A request that is not sent before its first `write` or its `end`. */
export function prepare(port: number, question: Question): ClientRequest {
  return request({ host: '127.0.0.1', port, agent: noReuse, ...question })
}

/** Sends a request without a body; resolves with the head of the answer. */
export async function ask(port: number, question: Question): Promise<IncomingMessage> {
  const asked = prepare(port, question)
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>
  asked.end()
  return (await answered)[0]
}

/** What the sample web server says about a request at /inspect. */
export interface Inspection {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly bodySha256: string
  readonly bodyBytes: number
  readonly trailers: readonly string[]
}

/** What reached the target of this question. */
export async function inspect(port: number, question: Question = {}): Promise<Inspection> {
  const answer = await ask(port, { path: '/inspect', ...question })
  return JSON.parse(await textOf(answer)) as Inspection
}

/** Of fields in Node's flat form: all values of `name`, which is compared as it is spelled. */
export function valuesOf(fields: readonly string[], name: string): string[] {
  return fields.filter((_, at) => at % 2 === 1 && fields[at - 1] === name)
}

export type Framing = 'length' | 'chunked'

/** Sends `bytes` of the sample content to a digest server, and throws unless it tells of just those. */
export async function sendBody(port: number, method: string, bytes: number, framing: Framing): Promise<void> {
  const headers = framing === 'length' ? { 'content-length': bytes } : { 'transfer-encoding': 'chunked' }
  const asked = prepare(port, { method, headers })
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>
  const [[answer]] = await Promise.all([answered, pipeline(Readable.from(contentChunks(bytes)), asked)])
  await textOf(answer)
  const { 'x-method': usedMethod, 'x-body-bytes': receivedBytes, 'x-body-sha256': sha256 } = answer.headers
  assert.deepEqual([usedMethod, receivedBytes, sha256], [method, String(bytes), digestOf(bytes)])
}

const digests = new Map<number, string>()

/** SHA-256 of the sample content, computed once for each size. */
function digestOf(bytes: number): string {
  const digest = digests.get(bytes) ?? contentSha256(bytes)
  digests.set(bytes, digest)
  return digest
}

export interface RawAnswer {
  /** Status line and fields, as they came. */
  readonly head: string
  readonly body: Buffer
}

/** The next head of an answer on this connection, without its empty line. */
export async function readHead(socket: Socket): Promise<string> {
  let head = ''
  while (!head.endsWith('\r\n\r\n')) head += (await read(socket, 1)).toString('latin1')
  return head.slice(0, -4)
}

/** The next answer on a connection that goes on. `method`: of its request, for HEAD has no body. */
export async function readAnswer(socket: Socket, method = 'GET'): Promise<RawAnswer> {
  const head = await readHead(socket)
  const status = Number(head.slice(9, 12))
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { head, body: Buffer.alloc(0) }
  const length = /^content-length: (\d+)$/im.exec(head)?.[1]
  if (length !== undefined) return { head, body: await read(socket, Number(length)) }
  assert.match(head, /^transfer-encoding: chunked$/im)
  return { head, body: await readChunks(socket) }
}

async function readChunks(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (;;) {
    const length = Number.parseInt(await readLine(socket), 16)
    if (length === 0) break
    chunks.push(await read(socket, length))
    await readLine(socket)
  }
  while ((await readLine(socket)) !== '') {} // trailers
  return Buffer.concat(chunks)
}

async function readLine(socket: Socket): Promise<string> {
  let line = ''
  while (!line.endsWith('\r\n')) line += (await read(socket, 1)).toString('latin1')
  return line.slice(0, -2)
}

export interface CurlOutcome {
  readonly code: number | null
  /** The body. */
  readonly stdout: string
  /** With `-v`: what it sent (`> `) and received (`< `). */
  readonly stderr: string
}

/** Runs curl without its progress meter and without anybody's `.curlrc`. */
export async function curl(...args: readonly string[]): Promise<CurlOutcome> {
  const child = spawn('curl', ['-q', '--silent', '--show-error', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close') as Promise<[number | null]>
  const [stdout, stderr, [code]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), closed])
  return { code, stdout, stderr }
}

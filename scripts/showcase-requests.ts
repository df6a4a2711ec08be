// The requests of the demo: a small one, a download and an upload that are checked by their SHA-256, twenty at once, and what only a
// tunnel that knows HTTP can show: a conversation after an upgrade, events as they happen, and a refusal that says what is wrong.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { contentAt, contentSha256 } from '../stresstest/content.ts'
import { failed, passed, since } from './showcase-voice.ts'

const MEGABYTE = 1_000_000
const CLIENTS = 20
const MESSAGES = 100
const EVENTS = 3
const EVENT_INTERVAL_MS = 200

/** More than `request_buffer` allows in the sample files. */
const LONG_FIELD = 'x'.repeat(5000)

const PATIENCE_MS = 20_000

/** Sends them to the port of a service; true when all of them came back right. */
export async function sendRequests(port: number): Promise<boolean> {
  const base = `http://127.0.0.1:${port}`
  const outcomes = [
    await attempt('GET /', () => hello(base)),
    await attempt(`GET /bytes/${MEGABYTE}`, () => download(base, MEGABYTE)),
    await attempt('PUT /hash with 1 MB', () => upload(base, MEGABYTE)),
    await attempt(`${CLIENTS} × GET /bytes/100000 at once`, () => manyDownloads(base)),
    await attempt(`/ws, ${MESSAGES} messages by WebSocket`, () => echoMessages(port)),
    await attempt(`GET /events?ms=${EVENT_INTERVAL_MS}`, () => readEvents(base)),
    await attempt(`GET / with a field of ${LONG_FIELD.length} bytes`, () => beRefused(base)),
  ]
  return outcomes.every((whole) => whole)
}

/** `act` says what it saw, or throws what went wrong. */
async function attempt(name: string, act: () => Promise<string>): Promise<boolean> {
  const begun = performance.now()
  try {
    passed(name, await act(), since(begun))
    return true
  } catch (error) {
    const { message, cause } = error as Error
    failed(name, cause instanceof Error ? `${message}: ${cause.message}` : message)
    return false
  }
}

async function hello(base: string): Promise<string> {
  const answer = await send(`${base}/`)
  return `${answer.status}, "${(await answer.text()).split('\n')[0]}"`
}

async function download(base: string, bytes: number): Promise<string> {
  const answer = await send(`${base}/bytes/${bytes}`)
  const body = Buffer.from(await answer.arrayBuffer())
  return compare(createHash('sha256').update(body).digest('hex'), contentSha256(bytes))
}

async function upload(base: string, bytes: number): Promise<string> {
  const answer = await send(`${base}/hash`, { method: 'PUT', body: new Uint8Array(contentAt(0, bytes)) })
  const { sha256 } = (await answer.json()) as { sha256: string }
  return compare(sha256, contentSha256(bytes))
}

async function manyDownloads(base: string): Promise<string> {
  await Promise.all(Array.from({ length: CLIENTS }, () => download(base, 100_000)))
  return `${CLIENTS} of ${CLIENTS} whole and equal`
}

async function echoMessages(port: number): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { handshakeTimeout: PATIENCE_MS })
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    await once(socket, 'open', { signal })
    for (let message = 0; message < MESSAGES; message++) {
      socket.send(`message ${message}`)
      const [echo] = await once(socket, 'message', { signal })
      if (String(echo) !== `message ${message}`) throw new Error(`"message ${message}" came back as "${echo}"`)
    }
    return `${MESSAGES} of ${MESSAGES} came back, each before the next was sent`
  } finally {
    socket.terminate()
  }
}

/** A tunnel that collected them would bring them all at once, when there are enough. */
async function readEvents(base: string): Promise<string> {
  const { body } = await send(`${base}/events?ms=${EVENT_INTERVAL_MS}`)
  const cameAt: number[] = []
  for await (const _event of body ?? []) if (cameAt.push(performance.now()) === EVENTS) break
  const apartMs = cameAt.slice(1).map((at, index) => at - cameAt[index]!)
  const told = `${cameAt.length} events, ${apartMs.map((gapMs) => gapMs.toFixed()).join(' and ')} ms apart`
  const spanMs = apartMs.reduce((sum, gapMs) => sum + gapMs, 0)
  // Half of what it should be: a busy machine may well be late with the first one.
  if (spanMs < ((EVENTS - 1) * EVENT_INTERVAL_MS) / 2) throw new Error(told)
  return `${told}, as they were sent`
}

/** The tunnel's own answer to what it will not pass on. */
async function beRefused(base: string): Promise<string> {
  const answer = await fetch(base, { headers: { 'x-long': LONG_FIELD }, signal: AbortSignal.timeout(PATIENCE_MS) })
  const { error } = (await answer.json()) as { error: { code: string; side: string } }
  if (answer.status !== 431) throw new Error(`the answer was ${answer.status} ${error.code}, but must be 431`)
  return `${answer.status} ${error.code}, on the side of the ${error.side}`
}

async function send(url: string, request: RequestInit = {}): Promise<Response> {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!answer.ok) throw new Error(`the answer was ${answer.status} ${answer.statusText}`)
  return answer
}

function compare(actual: string, expected: string): string {
  if (actual !== expected) throw new Error(`SHA-256 is ${actual}, but must be ${expected}`)
  return `SHA-256 ${actual.slice(0, 12)}… is the right one`
}

// The requests of the demo: a small one, a download and an upload that are checked by their SHA-256, and twenty at once.

import { createHash } from 'node:crypto'
import { contentAt, contentSha256 } from '../stresstest/content.ts'
import { failed, passed, since } from './showcase-voice.ts'

const MEGABYTE = 1_000_000
const CLIENTS = 20
const PATIENCE_MS = 20_000

/** Sends them to the port of a service; true when all of them came back right. */
export async function sendRequests(port: number): Promise<boolean> {
  const base = `http://127.0.0.1:${port}`
  const outcomes = [
    await attempt('GET /', () => hello(base)),
    await attempt(`GET /bytes/${MEGABYTE}`, () => download(base, MEGABYTE)),
    await attempt('PUT /hash with 1 MB', () => upload(base, MEGABYTE)),
    await attempt(`${CLIENTS} × GET /bytes/100000 at once`, () => manyDownloads(base)),
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

async function send(url: string, request: RequestInit = {}): Promise<Response> {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!answer.ok) throw new Error(`the answer was ${answer.status} ${answer.statusText}`)
  return answer
}

function compare(actual: string, expected: string): string {
  if (actual !== expected) throw new Error(`SHA-256 is ${actual}, but must be ${expected}`)
  return `SHA-256 ${actual.slice(0, 12)}… is the right one`
}

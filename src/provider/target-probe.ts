// Asks a target once whether it is well: by a connection, or by a page that it must give.

import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { hostOf } from './target.ts'
import type { TargetConnector } from './target-connector.ts'

/** A target that has not answered by then does not answer. */
const MOST_PROBE_MS = 3_000

/** More of a page is not read: by then the target has answered, and how much it says does not matter. */
const MOST_PAGE_BYTES = 65_536

export interface ProbeParts {
  readonly connector: TargetConnector
  /** Name and version of this program. */
  readonly software: string
  /** Called once, within 3 s and before the next probe is due whatever the target does; never after the probe was cancelled. */
  readonly tell: (isHealthy: boolean) => void
}

/** Returns what cancels the probe. */
export function probeTarget(parts: ProbeParts): () => void {
  const { connector, tell } = parts
  const { health } = connector.service
  let isTold = false
  const tellOnce = (isHealthy: boolean) => {
    if (isTold) return
    isTold = true
    tell(isHealthy)
  }
  const probe = health.kind === 'path' ? ask(health.path, parts, tellOnce) : connect(connector, tellOnce)
  const withinMs = Math.min(MOST_PROBE_MS, health.intervalSeconds * 1_000)
  const timer = setTimeout(() => probe.destroy(), withinMs)
  probe.once('close', () => {
    clearTimeout(timer)
    tellOnce(false)
  })
  return () => {
    isTold = true
    probe.destroy()
  }
}

type Tell = ProbeParts['tell']

/** Both end with 'close', which is told as bad health if nothing was told before. */
function connect(connector: TargetConnector, tell: Tell): Socket {
  const socket = connector.connect()
  return socket.once(connector.openedEvent, () => {
    tell(true)
    socket.destroy()
  })
}

function ask(path: string, { connector, software }: ProbeParts, tell: Tell): ClientRequest {
  const request = httpRequest({
    path,
    headers: [
      ...['Host', hostOf(connector.service)],
      ...['User-Agent', `edgerq-health${software.slice(software.indexOf('/'))}`],
      ...['Accept', '*/*'],
      ...['Connection', 'close'],
    ],
    insecureHTTPParser: false,
    createConnection: () => connector.connect(),
  })
  request.on('error', () => {})
  request.once('response', (answer) => {
    tell(isWell(answer))
    readSome(answer)
  })
  return request.end()
}

/** So that a target which wants to finish its page is let, within reason. */
function readSome(answer: IncomingMessage): void {
  let bytes = 0
  answer.on('error', () => {}) // cut off, by us or by the target
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MOST_PAGE_BYTES) answer.destroy()
  })
}

function isWell({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 400
}

// Which fields the internal API passes on: all but those of one connection (RFC 9110 §7.6.1), in their order and spelling.

import type { IncomingMessage } from 'node:http'

const OF_ONE_CONNECTION = ['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade']
const WITHOUT_CONTENT = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']

/** Name, value, name, value …: with the framing that the request came in. */
export function requestFields(method: string | undefined, rawFields: readonly string[]): string[] {
  const isChunked = has(rawFields, 'transfer-encoding')
  const passed = endToEnd(rawFields, isChunked ? [] : ['trailer'])
  if (isChunked) return [...passed, 'Transfer-Encoding', 'chunked']
  // A POST without a body is not one whose length is unknown, and Node would send that in chunks.
  const saysNothing = !has(rawFields, 'content-length') && !WITHOUT_CONTENT.includes(method ?? '')
  return saysNothing ? [...passed, 'Content-Length', '0'] : passed
}

/** The same for an answer, whose chunks Node makes by itself where no length is said. */
export function answerFields(method: string, { statusCode, rawHeaders }: IncomingMessage): string[] {
  const hasBody = method !== 'HEAD' && statusCode !== 204 && statusCode !== 304
  return endToEnd(rawHeaders, hasBody && has(rawHeaders, 'transfer-encoding') ? [] : ['trailer'])
}

/** The form in which Node takes trailers. */
export function pairs(rawFields: readonly string[]): [name: string, value: string][] {
  const names = rawFields.filter((_, index) => index % 2 === 0)
  return names.map((name, index) => [name, rawFields[2 * index + 1] ?? ''])
}

function endToEnd(rawFields: readonly string[], alsoDropped: readonly string[]): string[] {
  const dropped = new Set([...OF_ONE_CONNECTION, ...alsoDropped])
  for (const [name, value] of pairs(rawFields)) {
    if (name.toLowerCase() === 'connection')
      for (const named of value.toLowerCase().split(',')) dropped.add(named.trim())
  }
  for (const needed of ['host', 'content-length']) dropped.delete(needed) // whatever a client says, these are not its to drop
  return pairs(rawFields)
    .filter(([name]) => !dropped.has(name.toLowerCase()))
    .flat()
}

function has(rawFields: readonly string[], name: string): boolean {
  return pairs(rawFields).some(([field]) => field.toLowerCase() === name)
}

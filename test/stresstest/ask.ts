// A client that shows an answer as it was: each field with its spelling, every byte, the trailers, and the interim answers before it.

import { once } from 'node:events'
import { type IncomingMessage, type InformationEvent, request } from 'node:http'

export interface Question {
  readonly method?: string
  /** Name, value, name, value …; with `Transfer-Encoding: chunked` among them the body is sent in chunks. */
  readonly fields?: readonly string[]
  readonly body?: readonly Uint8Array[]
  readonly trailers?: readonly [name: string, value: string][]
}

export interface Answer {
  readonly status: number
  readonly interim: readonly number[]
  readonly fields: readonly string[]
  readonly body: Buffer
  readonly trailers: readonly string[]
}

/** Rejects when the answer is cut. */
export async function ask(port: number, path: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', fields = [], body = [], trailers = [] } = question
  const headers = ['Host', 'sample.invalid', 'Connection', 'close', ...fields]
  const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
  const interim: number[] = []
  asked.on('information', ({ statusCode }: InformationEvent) => interim.push(statusCode))
  for (const chunk of body) asked.write(chunk)
  asked.addTrailers(trailers)
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return {
    status: answer.statusCode ?? 0,
    interim,
    fields: answer.rawHeaders,
    body: Buffer.concat(chunks),
    trailers: answer.rawTrailers,
  }
}

/** Every value of a field, in the order of the fields. */
export function valuesOf(fields: readonly string[], name: string): string[] {
  return fields.filter((_, index) => index % 2 === 1 && fields[index - 1]!.toLowerCase() === name.toLowerCase())
}

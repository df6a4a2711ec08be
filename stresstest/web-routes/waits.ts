// /slow and /events: answers that take their time.

import { sendText, type Visit } from './route.ts'

/** The whole answer after `?ms=`. */
export function answerLate({ url, response }: Visit): void {
  const delayMs = milliseconds(url)
  const timer = setTimeout(() => sendText(response, `This took ${delayMs} ms.\n`), delayMs)
  response.on('close', () => clearTimeout(timer))
}

/** A server-sent event at once and then each `?ms=`, until the client goes. */
export function sendEvents({ url, request, response }: Visit): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  if (request.method === 'HEAD') return void response.end()
  let id = 0
  const send = (): boolean => response.write(`id: ${++id}\ndata: ${new Date().toISOString()}\n\n`)
  send()
  const timer = setInterval(send, milliseconds(url))
  response.on('close', () => clearInterval(timer))
}

/** Between 1 ms and an hour; a second when it is not given or makes no sense. */
function milliseconds(url: URL): number {
  const asked = Number(url.searchParams.get('ms') ?? 1000)
  return asked >= 1 && asked <= 3_600_000 ? asked : 1000
}

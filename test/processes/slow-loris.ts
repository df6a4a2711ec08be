// Clients that are slow on purpose, as a program of its own: `node slow-loris.js PORT COUNT SECONDS` opens so many connections within so many
// seconds and keeps each for as long as it is let. A third of them say nothing, the others begin a head and go on with a byte now and then.

import { connect, type Socket } from 'node:net'

const [port = 0, count = 0, seconds = 1] = process.argv.slice(2).map(Number)

/** One address has 28,000 ports to connect from, some of which still rest from earlier tests; loopback has 16 million addresses. */
const SOURCES = 10
const TICK_MS = 10
/** As the original of this attack did it: often enough that no deadline between two bytes is missed. */
const BYTE_EVERY_MS = 2_000

const speaking = new Set<Socket>()
const errors = new Map<string, number>()
const begun = performance.now()
let opened = 0
let connected = 0
let closed = 0

function openOne(number: number): void {
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (number % SOURCES)}` })
  socket.on('connect', () => {
    connected++
    if (number % 3 === 0) return
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
    speaking.add(socket)
  })
  socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => errors.set(code, (errors.get(code) ?? 0) + 1))
  socket.on('close', () => {
    speaking.delete(socket)
    closed++
  })
  socket.resume()
}

const opening = setInterval(() => {
  const due = Math.min(count, Math.ceil(((performance.now() - begun) * count) / (seconds * 1_000)))
  while (opened < due) openOne(opened++)
  if (opened < count) return
  clearInterval(opening)
  console.log(`slow-loris opened ${opened}`)
}, TICK_MS)

setInterval(() => {
  for (const socket of speaking) socket.write('x')
  console.log(`slow-loris connected ${connected} closed ${closed} ${JSON.stringify(Object.fromEntries(errors))}`)
}, BYTE_EVERY_MS)

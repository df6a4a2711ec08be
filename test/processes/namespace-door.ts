// The way into a network namespace: a Unix socket, which belongs to none, before the TCP ports inside. Whoever connects says a port and a line
// end, and then talks to that port on 127.0.0.1.

import { connect, createServer, type Socket } from 'node:net'

const LINE_END = 0x0a

createServer({ allowHalfOpen: true }, (client) => {
  client.on('error', () => client.destroy())
  client.once('readable', () => admit(client))
}).listen(process.argv[2], () => process.stdout.write('namespace-door ready\n'))

/** The port is short and was written at once, so it comes in one piece. */
function admit(client: Socket): void {
  const bytes = client.read() as Buffer | null
  const end = bytes?.indexOf(LINE_END) ?? -1
  if (bytes === null || end < 0) {
    client.destroy()
    return
  }
  client.unshift(bytes.subarray(end + 1))
  const inside = connect({ host: '127.0.0.1', port: Number(bytes.toString('latin1', 0, end)), allowHalfOpen: true })
  client.pipe(inside).pipe(client)
  inside.on('error', () => client.destroy()).on('close', () => client.destroy())
  client.on('close', () => inside.destroy())
}

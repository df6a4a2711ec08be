// A target that says any bytes at all: what a broken, hostile or silent server does is written down by each test.

import { createServer, type Socket } from 'node:net'
import { type Peer, startPeer } from '../../stresstest/peer.ts'

/** One connection that somebody made to the target. */
export interface TakenConnection {
  readonly socket: Socket
  /** All that came on it so far, as latin1. */
  readonly text: string
}

/** Called when a connection is opened, with no text yet, and for each piece that comes on it. */
export type Conduct = (connection: TakenConnection) => void

export interface RawTarget extends Peer {
  /** Since `behave`, in the order in which they were made. */
  readonly connections: readonly TakenConnection[]
  /** From now on; whoever is still connected is cut off. */
  behave(conduct: Conduct): void
}

/** Says nothing to anybody before `behave`. */
export async function startRawTarget(): Promise<RawTarget> {
  const connections: TakenConnection[] = []
  let conduct: Conduct = () => {}
  const behave = (next: Conduct): void => {
    for (const { socket } of connections.splice(0)) socket.destroy()
    conduct = next
  }
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = { socket, text: '' }
    connections.push(connection)
    conduct(connection)
    socket.setEncoding('latin1').on('data', (text: string) => {
      connection.text += text
      conduct(connection)
    })
  })
  return { ...(await startPeer(server, {})), connections, behave }
}

/** The paths of the heads in it; bodies that look like heads count too. */
export function pathsIn(text: string): string[] {
  return [...text.matchAll(/^\S+ (\S+) HTTP\/1\.1\r\n[\s\S]*?\r\n\r\n/gm)].map((match) => match[1]!)
}

/**
 * Says an answer to each head as soon as it is there, whatever body stands behind it; to that of the `slow` path not before another head
 * comes on the same connection.
 */
export function answering(answerTo: (path: string) => string, slow?: string): Conduct {
  const answered = new WeakMap<Socket, number>()
  return ({ socket, text }) => {
    const paths = pathsIn(text)
    if (paths.at(-1) === slow) paths.pop()
    for (const path of paths.slice(answered.get(socket) ?? 0)) socket.write(answerTo(path), 'latin1')
    answered.set(socket, paths.length)
  }
}

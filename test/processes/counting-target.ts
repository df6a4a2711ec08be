// A target that thinks for a moment before it answers, so that there are always requests under way, and knows how often it got each of them.

import { createServer } from 'node:http'
import { type Peer, startPeer } from '../../stresstest/peer.ts'

export interface CountingTarget extends Peer {
  /** How often each path came with POST: what is done twice is seen here. */
  readonly posts: ReadonlyMap<string, number>
  /** Requests that came and are not answered yet. */
  readonly underWay: number
  /** Resolves as soon as so many requests in all have come, the last of which is under way then. */
  came(requests: number): Promise<void>
}

/** A few requests are under way at any time, if there are hundreds a second. */
const THINKING_MS = 20

export async function startCountingTarget(): Promise<CountingTarget> {
  const posts = new Map<string, number>()
  const waiting = new Map<number, () => void>()
  let requests = 0
  let underWay = 0
  const server = createServer(({ method, url = '' }, response) => {
    if (method === 'POST') posts.set(url, (posts.get(url) ?? 0) + 1)
    requests++
    underWay++
    waiting.get(requests)?.()
    response.once('close', () => underWay--)
    setTimeout(() => response.end('done'), THINKING_MS)
  })
  const peer = await startPeer(server, {})
  return {
    ...peer,
    posts,
    get underWay() {
      return underWay
    },
    came: (count) => new Promise((resolve) => waiting.set(count, resolve)),
  }
}

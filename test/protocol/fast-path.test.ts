import assert from 'node:assert/strict'
import { connected, ENDS, exchange, START } from './endpoints.ts'

/** More packets than are tracked at once, all within the three probe timeouts for which a skipped number is remembered. */
const PACKETS = 60_000
const ROUND_TRIP = 50
const CHUNK = new Uint8Array(65_536)

describe('a path that is faster than anything is forgotten', () => {
  it('does not stop because packets were left out or lost a moment ago', () => {
    const { dialler, listener, ours, theirs } = connected()
    const stream = ours.openStream()!
    const stats = { packetsSent: 0 } as Parameters<typeof ours.stats>[0]
    let now = START + 1_000
    let receivedBytes = 0
    let lastSent = -1
    while (stats.packetsSent < PACKETS) {
      while (stream.isWritable) stream.write(CHUNK)
      now += ROUND_TRIP
      for (const endpoint of [dialler, listener]) if (endpoint.nextDeadline() <= now) endpoint.onDeadline(now)
      exchange(dialler, listener, now, ENDS)
      for (let ready = listener.nextReadyStream(); ready !== null; ready = listener.nextReadyStream()) {
        for (let bytes = ready.read(); bytes !== null; bytes = ready.read()) {
          receivedBytes += bytes.length
          ready.release(bytes.length)
        }
      }
      while (dialler.nextReadyStream() !== null);
      ours.stats(stats)
      const isWaiting = dialler.nextDeadline() <= now + 1_000 || listener.nextDeadline() <= now + 100_000
      assert.ok(stats.packetsSent > lastSent || isWaiting, `it stands still after ${stats.packetsSent} packets`)
      lastSent = stats.packetsSent
    }
    assert.ok(receivedBytes > PACKETS * 1_000)
    assert.ok(theirs.path === ENDS.here)
  })
})

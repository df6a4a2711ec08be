// Draws a whole run from one seed: the link, the streams and what goes wrong with them. What one seed finds, the same
// seed finds again.

import type { EndpointSettings } from '../../src/protocol/index.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import { HEADER_BYTES } from '../sim/link.ts'
import type { Blackout, LinkSettings } from '../sim/link-settings.ts'
import { abandoned, echo, exchange, flow, refused, type StreamPlan, stream, upload } from '../sim/plans.ts'
import { Prng } from '../sim/prng.ts'
import type { Scenario } from '../sim/scenario.ts'
import type { Stage } from '../sim/stage.ts'

const RTTS_MS = [1, 20, 50, 150, 300, 750]
const LOSSES = [0, 0.001, 0.01, 0.05, 0.1, 0.2]
const REORDERS = [0, 0.05, 0.25]
const DUPLICATES = [0, 0.02]
const CORRUPTIONS = [0, 0, 0.01]
const RATES_MBIT = [1, 10, 100, 1_000]
const QUEUES_BDP = [0.25, 1, 4]

/** A quarter of a small bandwidth-delay product is less than one datagram; no router has so short a queue. */
const LEAST_QUEUE_PACKETS = 8
const PACKET_BITS = (1_200 + HEADER_BYTES) * 8
const MOST_STREAMS = 50
/** Enough for a name in each direction. */
const LEAST_BYTES = 16
const MOST_BYTES = 512 * 1024
const UNTIL_SECONDS = 60

export function mixedScenario(seed: number): Scenario {
  const random = new Prng(seed).fork('mixed')
  const rtt = random.pick(RTTS_MS) * MILLISECOND
  const [listener, dialler] = drawStreams(random.fork('streams'))
  return {
    name: 'mixed',
    seed,
    link: drawLink(random.fork('link'), rtt),
    settings: { ...drawSettings(random.fork('settings'), rtt), ...drawRekeys(random.fork('rekeys')) },
    app: { listener, dialler },
    timerLateness: random.pick([0, MILLISECOND]),
    congestion: random.fork('congestion').pick(['bbr', 'cubic'] as const),
    script: drawStop(random.fork('stop')),
    untilVirtualSeconds: UNTIL_SECONDS,
    runs: 'healed',
  }
}

function drawLink(random: Prng, rtt: Micros): Partial<LinkSettings> {
  const bitsPerSecond = random.pick(RATES_MBIT) * 1_000_000
  const productPackets = (bitsPerSecond * rtt) / SECOND / PACKET_BITS
  return {
    delay: rtt / 2,
    jitter: random.pick([0, rtt / 8]),
    ...drawLoss(random),
    reorder: random.pick(REORDERS),
    reorderBy: rtt / 4,
    duplicate: random.pick(DUPLICATES),
    corrupt: random.pick(CORRUPTIONS),
    bitsPerSecond,
    queuePackets: Math.max(LEAST_QUEUE_PACKETS, Math.round(random.pick(QUEUES_BDP) * productPackets)),
    blackouts: drawBlackout(random),
  }
}

/** The same share lost one by one or in bursts of four on average. */
function drawLoss(random: Prng): Partial<LinkSettings> {
  const loss = random.pick(LOSSES)
  if (loss === 0 || random.chance(0.7)) return { loss }
  const leave = 0.25
  return { bursts: { enter: (loss * leave) / (1 - loss), leave } }
}

function drawBlackout(random: Prng): Blackout[] {
  if (random.chance(0.5)) return []
  return [{ start: random.int(0, 10_000) * MILLISECOND, length: random.int(10, 10_000) * MILLISECOND }]
}

/** Windows from about one datagram to the usual ones, but wide enough for all bytes to cross the link in 20 s. */
function drawSettings(random: Prng, rtt: Micros): Partial<EndpointSettings> {
  const least = Math.ceil((MOST_BYTES * rtt) / (20 * SECOND))
  const initialStreamWindow = Math.max(least, random.pick([1_000, 16_384, 262_144]))
  const initialSessionWindow = Math.max(least, random.pick([4_000, 65_536, 1_048_576]))
  return {
    initialMaxStreams: random.pick([4, 20, 100]),
    initialStreamWindow,
    ceilingStreamWindow: initialStreamWindow * random.pick([1, 16]),
    initialSessionWindow,
    ceilingSessionWindow: initialSessionWindow * random.pick([1, 16]),
  }
}

/** Every third run changes its keys often, by packets, by age or both. */
function drawRekeys(random: Prng): Partial<EndpointSettings> {
  if (random.chance(0.67)) return {}
  return {
    rekeyAfterPackets: random.pick([64, 100, 500, 1_000_000]),
    rekeyAfter: random.pick([100 * MILLISECOND, 2 * SECOND, 120 * SECOND]),
  }
}

/** Now and then one of the two processes is stopped for up to three seconds. */
function drawStop(random: Prng): (stage: Stage) => void {
  const role = random.pick(['listener', 'dialler'] as const)
  const at = random.int(0, 8_000) * MILLISECOND
  const length = random.chance(0.25) ? random.int(1, 3_000) * MILLISECOND : 0
  return (stage) => stage.after(at, () => stage.stop(stage[role], length))
}

function drawStreams(random: Prng): [StreamPlan[], StreamPlan[]] {
  const sides: [StreamPlan[], StreamPlan[]] = [[], []]
  const count = random.int(1, MOST_STREAMS)
  let budget = MOST_BYTES - count * LEAST_BYTES
  for (let left = count; left > 0; left -= 1) {
    // A few large ones among many small ones; together they never take more than there is.
    const more = random.chance(0.5) ? random.int(0, Math.floor(budget / Math.ceil(left / 2))) : random.int(0, 2_000)
    const bytes = LEAST_BYTES + Math.min(more, budget)
    budget -= bytes - LEAST_BYTES
    sides[random.int(0, 1)]!.push({ ...drawStream(random, bytes), opensAfter: drawOpening(random) })
  }
  return sides
}

function drawOpening(random: Prng): Micros {
  return random.chance(0.5) ? 0 : random.int(0, 5_000) * MILLISECOND
}

/** One stream that moves at most `bytes` in all. */
function drawStream(random: Prng, bytes: number): StreamPlan {
  const half = bytes >> 1
  switch (random.int(0, 8)) {
    case 0:
      return upload(bytes)
    case 1:
      return exchange(half, half)
    case 2:
      return echo(half)
    case 3:
      return abandoned(bytes, random.int(0, bytes - 1))
    case 4:
      return refused(bytes, random.int(4, bytes))
    case 5: // both directions at once, neither waiting for the other
      return stream({ request: flow(half), answer: flow(half) })
    case 6: // a slow reader that needs about ten seconds
      return upload(bytes, { readPace: Math.max(100, bytes / 10) })
    case 7: // a reader that looks away first
      return upload(bytes, { readAfter: random.int(1, 15) * SECOND })
    default: // an answer that its writer gives up
      return stream({ answer: flow(bytes, { resetAfter: random.int(0, bytes - 1) }), answers: 'afterRequest' })
  }
}

// 20,000 forged INITs a second, of every kind that a stranger can make, and somebody honest who calls meanwhile.

import assert from 'node:assert/strict'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { MILLISECOND, type Micros, SECOND } from '../../src/protocol/units.ts'
import { rawDial } from '../protocol/raw-peer.ts'
import { Link } from '../sim/link.ts'
import { clearLink } from '../sim/link-settings.ts'
import { NullCrypto } from '../sim/null-crypto.ts'
import { download } from '../sim/plans.ts'
import { Prng } from '../sim/prng.ts'
import { runScenario, seedOr } from '../sim/scenario.ts'
import type { Stage } from '../sim/stage.ts'
import { basePath, KILOBYTE } from './base-path.ts'

const PER_MILLISECOND = 20
/** Forged senders. What is sent back to them goes nowhere and is counted. */
const SENDERS = 200
const BEGINS: Micros = 500 * MILLISECOND
const LASTS: Micros = 4 * SECOND
/** When somebody honest calls, in the middle of it. */
const DIALS: Micros = SECOND

type Forge = (random: Prng) => Uint8Array

interface Flood {
  readonly forge: Forge
  /** Bytes to the listener and back, by sender. */
  readonly sent: number[]
  readonly links: Link[]
  mostHalfOpen: number
}

function begin(stage: Stage, forge: Forge): Flood {
  const random = new Prng(seedOr(7))
  const links = Array.from({ length: SENDERS }, () => new Link(clearLink, random.fork('flood')))
  const flood: Flood = { forge, sent: links.map(() => 0), links, mostHalfOpen: 0 }
  const paths = links.map((link) => stage.listener.node.addRoute(link))
  const wave = (at: Micros): void => {
    for (let count = 0; count < PER_MILLISECOND; count++) {
      const sender = random.int(0, SENDERS - 1)
      const packet = forge(random).slice()
      flood.sent[sender]! += packet.length
      stage.listener.node.accept(packet, paths[sender]!)
    }
    flood.mostHalfOpen = Math.max(flood.mostHalfOpen, (stage.listener.node.endpoint as Endpoint).reception.halfOpen)
    if (at < BEGINS + LASTS) stage.after(at + MILLISECOND, () => wave(at + MILLISECOND))
  }
  stage.after(BEGINS, () => wave(BEGINS))
  return flood
}

/** With another mac1 than the listener's: of somebody who has never heard of it. */
const wrongMac1: Forge = (random) => {
  const packet = rawInit(random.int(1, 1_000)).slice()
  random.fill(packet.subarray(12, 200))
  return packet
}

/** With the right mac1 and nothing else that is right, as anybody can make it who knows the listener's key. */
const rightMac1: Forge = (random) => marked(wrongMac1(random))

/** The same, with a mac2 that was made up. */
const wrongMac2: Forge = (random) => {
  const packet = rightMac1(random)
  random.fill(packet.subarray(packet.length - 16))
  return packet
}

/** INITs of diallers that may come in, recorded and sent again from anywhere. */
const recorded: Forge = (random) => rawInit(random.int(1, 1_000))

const inits = new Map<number, Uint8Array>()

function rawInit(seed: number): Uint8Array {
  const known = inits.get(seed) ?? rawDial({ seed, path: seed }, 0).init
  inits.set(seed, known)
  return known
}

function marked(packet: Uint8Array): Uint8Array {
  new NullCrypto({ random: new Prng(1), resetKey: 1 }).mac(packet, packet.length - 32, packet, packet.length - 32)
  return packet
}

describe('a listener under 20,000 forged INITs a second', () => {
  for (const [kind, forge] of [
    ['with a wrong mac1', wrongMac1],
    ['with the right mac1', rightMac1],
    ['with the right mac1 and a wrong mac2', wrongMac2],
    ['that were recorded', recorded],
  ] as const) {
    for (const cautionAfterStart of [0, 120 * SECOND]) {
      const when = cautionAfterStart === 0 ? 'long after its start' : 'just after its start'
      it(`${kind}, ${when}: lets a dialler in within 3 s and sends nobody more than came from there (H-4, H-24)`, () => {
        let flood: Flood | undefined
        const outcome = runScenario({
          name: `flood of INITs ${kind}`,
          seed: seedOr(3),
          link: basePath,
          settings: { cautionAfterStart },
          app: { listener: [download(KILOBYTE)] },
          script: (stage) => {
            stage.stop(stage.dialler, DIALS)
            flood = begin(stage, forge)
          },
          untilVirtualSeconds: 6,
          runs: 'time',
        })
        assert.equal(outcome.receivedBytes > KILOBYTE, true, outcome.label)
        assert.ok(outcome.connectedAfter <= DIALS + 3 * SECOND, `${outcome.connectedAfter} µs; ${outcome.label}`)
        assertBounded(flood!)
      })
    }
  }
})

function assertBounded({ sent, links, mostHalfOpen }: Flood): void {
  assert.ok(mostHalfOpen <= 256, `${mostHalfOpen} half-open sessions`)
  for (const [sender, link] of links.entries()) {
    assert.ok(link.counters.sentBytes <= sent[sender]!, `${link.counters.sentBytes} bytes for ${sent[sender]}`)
  }
}

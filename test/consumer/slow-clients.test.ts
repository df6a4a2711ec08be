import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { SlowClients, type SlowConnection, type SlowExchange } from '../../src/consumer/slow-clients.ts'

const STRANGER = '192.0.2.1'
const PROXY = '10.0.0.1'
const MOST_PER_ADDRESS = 200
const MOST_SILENT = 1_024

class Connection implements SlowConnection {
  readonly address: string | undefined
  isOpen = true
  slowSince = Number.POSITIVE_INFINITY
  isDestroyed = false
  readonly socket = { destroy: () => this.#destroy() } as unknown as Socket

  constructor(address: string | undefined) {
    this.address = address
  }

  isTooSlow(now: number): boolean {
    return now >= this.slowSince
  }

  #destroy(): void {
    this.isDestroyed = true
  }
}

class Upload implements SlowExchange {
  isWaitingForBody = true
  bodyBytes = 0
  refusals: string[] = []

  refuse(code: string): void {
    this.refusals.push(code)
  }
}

describe('clients that are slow', () => {
  let exchanges: Set<Upload>
  let tooSlow: Connection[]
  let slow: SlowClients<Connection>

  beforeEach(() => {
    exchanges = new Set()
    tooSlow = []
    slow = new SlowClients({
      isTrusted: (address) => address === PROXY,
      onTooSlow: (connection) => tooSlow.push(connection),
      exchanges,
    })
  })

  function admitted(count: number, address: string | undefined): Connection[] {
    return Array.from({ length: count }, () => new Connection(address)).filter((each) => slow.admit(each))
  }

  /** Seconds until the upload was refused, at most `most`. */
  function secondsUntilRefused(upload: Upload, most: number, each: (second: number) => void = () => {}): number {
    for (let second = 1; second <= most; second++) {
      each(second)
      slow.sweep(second * 1_000)
      if (upload.refusals.length > 0) return second
    }
    return Number.POSITIVE_INFINITY
  }

  it('are told once their head has taken too long, if they were not refused before', () => {
    const [first, second, third] = admitted(3, STRANGER)
    first!.slowSince = 10_000
    second!.slowSince = 10_000
    second!.isOpen = false
    slow.sweep(9_999)
    assert.deepEqual(tooSlow, [])
    slow.sweep(10_000)
    assert.deepEqual(tooSlow, [first])
    assert.ok(third)
  })

  it('have so many connections from one address, unless it is that of a proxy', () => {
    assert.equal(admitted(MOST_PER_ADDRESS + 5, STRANGER).length, MOST_PER_ADDRESS)
    assert.equal(admitted(MOST_PER_ADDRESS + 5, PROXY).length, MOST_PER_ADDRESS + 5)
    assert.equal(admitted(1, '192.0.2.2').length, 1)
  })

  it('get room for one more with each that goes, and only then', () => {
    const here = admitted(MOST_PER_ADDRESS, STRANGER)
    const turnedAway = new Connection(STRANGER)
    assert.equal(slow.admit(turnedAway), false)
    slow.forget(turnedAway)
    assert.equal(admitted(1, STRANGER).length, 0)
    slow.forget(here[0]!)
    slow.forget(here[0]!)
    assert.equal(admitted(2, STRANGER).length, 1)
  })

  it('make room for others, the oldest first, while they have said nothing whole', () => {
    const silent = admitted(MOST_SILENT, PROXY)
    slow.onSpoke(silent[0]!)
    const [more] = admitted(1, PROXY)
    assert.ok(silent.every((each) => !each.isDestroyed))
    admitted(1, PROXY)
    assert.deepEqual(
      [...silent, more!].filter((each) => each.isDestroyed),
      [silent[1]],
    )
  })

  describe('with their bodies', () => {
    let upload: Upload

    beforeEach(() => {
      upload = new Upload()
      exchanges.add(upload)
    })

    it('are refused after some seconds without a byte', () => {
      assert.equal(secondsUntilRefused(upload, 100), 6)
      assert.deepEqual(upload.refusals, ['EDGERQ-REQUEST-TIMEOUT'])
    })

    it('are refused when they drip', () => {
      const at = secondsUntilRefused(upload, 100, () => {
        upload.bodyBytes += 20
      })
      assert.equal(at, 7)
    })

    it('may be as slow as a bad line for as long as they like', () => {
      const at = secondsUntilRefused(upload, 3_600, () => {
        upload.bodyBytes += 100
      })
      assert.equal(at, Number.POSITIVE_INFINITY)
    })

    it('may pause for a minute behind what came fast, but not for ever', () => {
      const at = secondsUntilRefused(upload, 3_600, (second) => {
        if (second <= 10) upload.bodyBytes += 10_000_000
      })
      assert.equal(at, 10 + 60)
    })

    it('are not refused for seconds in which it was not they who were waited for', () => {
      upload.isWaitingForBody = false
      assert.equal(secondsUntilRefused(upload, 1_000), Number.POSITIVE_INFINITY)
    })
  })
})

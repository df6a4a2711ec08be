import assert from 'node:assert/strict'
import { CloseCode } from '../../../src/protocol/errors.ts'
import { hex } from '../../../src/protocol/hex.ts'
import { SECOND } from '../../../src/protocol/units.ts'
import { Writer } from '../../../src/protocol/wire/cursor.ts'
import { firstKeys, NOW, passes, type RekeySide, rekeyPair, renew, WISH } from './rekey-pair.ts'

const INIT = 0x20
const RESP = 0x21
const SEEDS = [1, 2, 3, 4, 5, 6]

function begins(side: RekeySide, now = NOW): boolean {
  side.rekey.step(now)
  return side.take()?.[0] === INIT
}

describe('Rekey, when it is time', () => {
  it('begins at the dialler once it has sealed so many packets, and once (K-7, K-9)', () => {
    const { dialler } = rekeyPair(1)
    dialler.seal(99)
    assert.equal(begins(dialler), false)
    dialler.seal(1)
    assert.equal(begins(dialler), true)
    assert.equal(begins(dialler), false)
  })

  it('begins at the dialler once it has opened so many packets (K-9)', () => {
    const { dialler } = rekeyPair(1)
    dialler.open(98, 0)
    assert.equal(begins(dialler), false)
    dialler.open(1, 0)
    assert.equal(begins(dialler), true)
  })

  it('begins at the listener a quarter later, if the dialler does not (K-9)', () => {
    const { listener } = rekeyPair(1)
    listener.seal(124)
    assert.equal(begins(listener), false)
    listener.seal(1)
    assert.equal(begins(listener), true)
  })

  it('begins once keys that are used are old, at the listener a quarter later (K-9)', () => {
    const { dialler, listener } = rekeyPair(1)
    for (const [side, age] of [
      [dialler, 120 * SECOND],
      [listener, 150 * SECOND],
    ] as const) {
      side.seal(63)
      assert.equal(begins(side, NOW + age - 1), false)
      assert.equal(begins(side, NOW + age), true)
    }
  })

  it('lets keys grow old that only keep-alive uses', () => {
    const { dialler } = rekeyPair(1)
    dialler.seal(62)
    assert.equal(begins(dialler, NOW + 3_600 * SECOND), false)
    dialler.seal(1)
    assert.equal(begins(dialler, NOW + 3_600 * SECOND), true)
  })

  it('counts age and packets anew with each keys', () => {
    const { dialler, listener } = rekeyPair(1)
    renew(dialler, listener, NOW + 100 * SECOND)
    dialler.seal(99)
    assert.equal(begins(dialler, NOW + 219 * SECOND), false)
    assert.equal(begins(dialler, NOW + 220 * SECOND), true)
  })

  it('does not begin again before the peer was seen to use the current keys (K-7)', () => {
    const { dialler, listener } = rekeyPair(1)
    dialler.seal(100)
    dialler.rekey.step(NOW)
    listener.hear(dialler.take()!)
    dialler.hear(listener.take()!)
    dialler.seal(1_000)
    dialler.open(1_000, 0)
    assert.equal(begins(dialler), false)
    dialler.open(1, 1)
    assert.equal(begins(dialler), true)
  })

  it('is misused with fewer packets than a handshake is worth', () => {
    assert.throws(() => rekeyPair(1, { ...WISH, rekeyAfterPackets: 63 }), RangeError)
  })
})

describe('Rekey, the exchange', () => {
  it('gives both sides keys of their own each time, whoever begins', () => {
    for (const seed of SEEDS) {
      const { dialler, listener } = rekeyPair(seed)
      for (let number = 1; number <= 10; number++) {
        if (number % 3 === 0) renew(listener, dialler)
        else renew(dialler, listener)
        assert.deepEqual([dialler.keys.number, listener.keys.number], [number, number])
        assert.ok(passes(dialler, listener) && passes(listener, dialler), `seed ${seed}, keys ${number}`)
      }
    }
  })

  it('lets everything pass at every step, in both directions (K-3)', () => {
    const { dialler, listener } = rekeyPair(1)
    const assertPasses = (step: string) => {
      assert.ok(passes(dialler, listener), `to the listener, ${step}`)
      assert.ok(passes(listener, dialler), `to the dialler, ${step}`)
    }
    dialler.seal(100)
    dialler.rekey.step(NOW)
    const init = dialler.take()!
    assertPasses('the question is under way')
    assert.equal(listener.hear(init), CloseCode.none)
    const resp = listener.take()!
    assertPasses('the answer is under way')
    assert.equal(listener.keys.number, 0, 'nobody has seen that the dialler has the keys')
    assert.equal(dialler.hear(resp), CloseCode.none)
    assert.equal(dialler.changes, 1)
    assertPasses('the dialler has changed')
    listener.open(1, 1)
    assertPasses('the listener has changed')
    dialler.open(1, 1)
    assert.deepEqual([dialler.keys.number, listener.keys.number], [1, 1])
  })

  it('binds session, direction and number into the handshake, the same on both sides (K-1)', () => {
    const dialled: string[] = []
    const { dialler } = rekeyPair(1)
    const { renewal, ...keys } = firstKeys(1).dialler
    const listened = {
      prevails: renewal.prevails,
      answer: renewal.answer.bind(renewal),
      dial(prologue: Uint8Array) {
        dialled.push(hex(prologue))
        return renewal.dial(prologue)
      },
    }
    const [ours, theirs] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)]
    const { listener } = rekeyPair(1)
    dialler.rekey.start({ ...keys, renewal: listened }, ours, theirs, NOW)
    listener.rekey.start({ ...keys, renewal: listened }, theirs, ours, NOW)
    for (const side of [dialler, listener]) {
      side.seal(200)
      assert.ok(begins(side))
    }
    const label = Buffer.from('edgerq/1 rekey').toString('hex')
    assert.deepEqual(dialled, Array(2).fill(`${label}${'01'.repeat(8)}${'02'.repeat(8)}0000000000000001`))
  })

  it('fits into what is left of a packet or waits', () => {
    const { dialler } = rekeyPair(1)
    dialler.seal(100)
    dialler.rekey.step(NOW)
    const writer = new Writer().over(new Uint8Array(200), 0, 97)
    assert.equal(dialler.rekey.write(writer), false)
    assert.deepEqual([writer.position, dialler.rekey.wantsFrame], [0, true])
    writer.limit = 98
    assert.equal(dialler.rekey.write(writer), true)
    assert.deepEqual([writer.position, dialler.rekey.wantsFrame], [98, false])
  })

  it('says again what was lost, byte for byte, as long as it matters', () => {
    const { dialler, listener } = rekeyPair(1)
    dialler.seal(100)
    dialler.rekey.step(NOW)
    const init = dialler.take()!
    dialler.rekey.onFrameLost(1)
    assert.deepEqual(dialler.take(), init)
    listener.hear(init)
    const resp = listener.take()!
    listener.rekey.onFrameLost(1)
    assert.deepEqual(listener.take(), resp)
    dialler.hear(resp)
    listener.open(1, 1)
    for (const side of [dialler, listener]) {
      side.rekey.onFrameLost(1)
      assert.equal(side.take(), null)
    }
  })

  it('takes each frame once, however often and late it comes (K-6)', () => {
    const { dialler, listener } = rekeyPair(1)
    dialler.seal(100)
    dialler.rekey.step(NOW)
    const init = dialler.take()!
    listener.hear(init)
    const resp = listener.take()!
    const again = () => {
      assert.deepEqual([listener.hear(init), dialler.hear(resp)], [CloseCode.none, CloseCode.none])
      assert.deepEqual([listener.take(), dialler.take()], [null, null])
    }
    again()
    assert.equal(dialler.keys.number, 1)
    listener.open(1, 1)
    dialler.open(1, 1)
    again()
    renew(dialler, listener)
    again()
    assert.deepEqual([dialler.keys.number, listener.keys.number, dialler.changes], [2, 2, 2])
    assert.ok(passes(dialler, listener) && passes(listener, dialler))
  })
})

describe('Rekey, begun by both sides at once', () => {
  for (const seed of SEEDS) {
    it(`goes on with one of the two, whichever comes first (seed ${seed}) (K-8)`, () => {
      for (const isHigherFirst of [true, false]) {
        const { higher, lower } = rekeyPair(seed)
        for (const side of [higher, lower]) {
          side.seal(200)
          side.rekey.step(NOW)
        }
        const [fromHigher, fromLower] = [higher.take()!, lower.take()!]
        if (isHigherFirst) lower.hear(fromHigher)
        assert.equal(higher.hear(fromLower), CloseCode.none)
        assert.equal(higher.take(), null, 'what the higher one asked goes on')
        if (!isHigherFirst) lower.hear(fromHigher)
        const resp = lower.take()!
        assert.equal(resp[0], RESP)
        higher.hear(resp)
        lower.open(1, 1)
        higher.open(1, 1)
        assert.deepEqual([higher.keys.number, lower.keys.number], [1, 1])
        assert.ok(passes(higher, lower) && passes(lower, higher))
      }
    })
  }

  it('is won by either side of a session now and then', () => {
    const winners = SEEDS.map((seed) => rekeyPair(seed)).map(({ higher, dialler }) => higher === dialler)
    assert.ok(winners.includes(true) && winners.includes(false))
  })

  it('is one handshake if the higher side had answered before it began its own', () => {
    const { higher, lower } = rekeyPair(1)
    lower.seal(200)
    lower.rekey.step(NOW)
    higher.seal(200)
    higher.hear(lower.take()!)
    higher.rekey.step(NOW)
    const resp = higher.take()!
    assert.equal(resp[0], RESP)
    lower.hear(resp)
    higher.open(1, 1)
    assert.deepEqual([higher.keys.number, lower.keys.number], [1, 1])
  })
})

describe('Rekey, the previous keys', () => {
  it('go ten seconds after the peer was seen to use the new ones, and not while it may not have them (K-5)', () => {
    const { dialler, listener } = rekeyPair(1)
    dialler.seal(100)
    dialler.rekey.step(NOW)
    listener.hear(dialler.take()!)
    dialler.hear(listener.take()!)
    assert.ok(passes(listener, dialler, NOW + 59 * SECOND), 'the way to the listener is dark, the way back is not')
    const seen = NOW + 60 * SECOND
    dialler.open(1, 1, seen)
    assert.ok(passes(listener, dialler, seen + 10 * SECOND - 1))
    assert.equal(passes(listener, dialler, seen + 10 * SECOND), false)
  })

  it('stay for three probe timeouts on a line that takes longer (K-5)', () => {
    const { dialler, listener } = rekeyPair(1)
    dialler.probeTimeout = 5 * SECOND
    renew(dialler, listener)
    const overtaken = 0x40
    assert.notEqual(dialler.keys.opener(overtaken, NOW + 15 * SECOND - 1), null)
    assert.equal(dialler.keys.opener(overtaken, NOW + 15 * SECOND), null)
  })
})

describe('Rekey, a peer that breaks the rules', () => {
  const asked = () => {
    const pair = rekeyPair(1)
    pair.dialler.seal(100)
    pair.dialler.rekey.step(NOW)
    return { ...pair, init: pair.dialler.take()! }
  }

  it('ends the session with a question of which any bit was changed, and gets no keys for it (K-2)', () => {
    const { init } = asked()
    for (let at = 2; at < init.length; at++) {
      const { listener } = rekeyPair(1)
      const changed = init.slice()
      changed[at]! ^= 1
      assert.equal(listener.hear(changed), CloseCode.protocolViolation, `byte ${at}`)
      assert.equal(listener.keys.opener(0x41, NOW), null)
      assert.equal(listener.take(), null)
    }
  })

  it('ends the session with an answer of which any bit was changed (K-2)', () => {
    const { dialler, listener, init } = asked()
    listener.hear(init)
    const resp = listener.take()!
    for (let at = 2; at < resp.length; at++) {
      const changed = resp.slice()
      changed[at]! ^= 1
      assert.equal(dialler.hear(changed), CloseCode.protocolViolation, `byte ${at}`)
    }
    assert.equal(dialler.keys.number, 0)
    assert.equal(dialler.hear(resp), CloseCode.none)
  })

  it('cannot use what was said in another session (K-1, K-2)', () => {
    const { init } = asked()
    assert.equal(rekeyPair(2).listener.hear(init), CloseCode.protocolViolation)
  })

  it('cannot use what was said of other keys of the session (K-1, K-2)', () => {
    const { dialler, listener, init } = asked()
    listener.hear(init)
    dialler.hear(listener.take()!)
    listener.open(1, 1)
    dialler.open(1, 1)
    const moved = init.slice()
    moved[1] = 2
    assert.equal(listener.hear(moved), CloseCode.protocolViolation)
  })

  it('cannot skip keys (K-6)', () => {
    const { listener, init } = asked()
    const skipping = init.slice()
    skipping[1] = 2
    assert.equal(listener.hear(skipping), CloseCode.protocolViolation)
  })

  it('cannot agree on keys after those that it was not seen to have (K-6)', () => {
    const { dialler, listener, init } = asked()
    listener.hear(init)
    dialler.hear(listener.take()!)
    const next = init.slice()
    next[1] = 2
    assert.equal(dialler.hear(next), CloseCode.protocolViolation)
  })

  it('is answered only so often for nothing, and as often as it likes for enough packets (K-10)', () => {
    const eager = rekeyPair(1)
    let rekeys = 0
    const next = () => {
      // Renewed under fewer packets than anybody is told to wait for.
      eager.dialler.keys.sealed = 1_000
      eager.dialler.rekey.step(NOW)
      const verdict = eager.listener.hear(eager.dialler.take()!)
      if (verdict !== CloseCode.none) return verdict
      eager.dialler.hear(eager.listener.take()!)
      eager.listener.open(1, ++rekeys)
      eager.dialler.open(1, rekeys)
      return verdict
    }
    while (next() === CloseCode.none && rekeys < 1_000);
    assert.equal(rekeys, 65)
    const patient = rekeyPair(1)
    for (let number = 1; number <= 500; number++) {
      patient.listener.seal(32)
      patient.listener.open(31, patient.listener.keys.number)
      renew(patient.dialler, patient.listener)
    }
    assert.equal(patient.listener.keys.number, 500)
  })
})

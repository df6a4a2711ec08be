import assert from 'node:assert/strict'
import { MILLISECOND, SECOND } from '../../../src/protocol/units.ts'
import { DATAGRAM_BYTES, SteadyPath } from './steady-path.ts'

describe('the growth of a CUBIC window', () => {
  it('follows W(t) = C(t − K)³ + Wmax on a path with a fixed round trip, cut after cut', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    path.growTo(1_000)
    for (let cut = 0; cut < 2; cut++) {
      const plateau = path.windowDatagrams
      path.loseOne()
      const k = Math.cbrt((0.3 * plateau) / 0.4) // s
      const begin = path.now
      while (path.now < begin + 15 * SECOND) {
        path.passRoundTrip()
        const t = (path.now - begin) / SECOND
        const expected = 0.4 * (t - k) ** 3 + plateau
        const error = Math.abs(path.windowDatagrams - expected) / expected
        assert.ok(error < 0.01, `at ${t} s: ${path.windowDatagrams} datagrams, the formula says ${expected}`)
      }
    }
  })

  it('rises by half at most in a round trip, however long that is and however much one ACK acknowledges', () => {
    const path = new SteadyPath(60 * SECOND)
    path.growTo(100)
    path.loseOne()
    path.acknowledge({ bytes: 1_000 * DATAGRAM_BYTES, newestSentAt: path.now })
    assert.equal(path.windowDatagrams, 105)
  })

  it('grows like Reno where that is faster: 0.53 datagrams a round trip, one when the cut is made good', () => {
    const path = new SteadyPath(10 * MILLISECOND)
    path.growTo(100)
    path.loseOne()
    for (let i = 0; i < 20; i++) path.passRoundTrip()
    const slope = (path.windowDatagrams - 70) / 20
    assert.ok(Math.abs(slope - 9 / 17) < 0.02, `${slope} datagrams a round trip`)

    for (let i = 0; i < 40; i++) path.passRoundTrip()
    const before = path.windowDatagrams
    assert.ok(before > 100)
    for (let i = 0; i < 20; i++) path.passRoundTrip()
    const laterSlope = (path.windowDatagrams - before) / 20
    assert.ok(Math.abs(laterSlope - 1) < 0.03, `${laterSlope} datagrams a round trip`)
  })

  it('lies flat below its old plateau when it was cut before it got back there (fast convergence)', () => {
    const path = new SteadyPath(100 * MILLISECOND)
    path.growTo(1_000)
    path.loseOne() // plateau 1,000, window 700
    path.loseOne() // plateau 0.85 · 700, window 490
    const k = Math.cbrt((595 - 490) / 0.4) * SECOND
    const begin = path.now
    while (path.now < begin + k) path.passRoundTrip()
    assert.ok(Math.abs(path.windowDatagrams - 595) < 3, `${path.windowDatagrams} datagrams`)
  })

  describe('after a pause', () => {
    function pausedAndSteady(): [SteadyPath, SteadyPath] {
      const paths: [SteadyPath, SteadyPath] = [new SteadyPath(100 * MILLISECOND), new SteadyPath(100 * MILLISECOND)]
      for (const path of paths) {
        path.growTo(1_000)
        path.loseOne()
        for (let i = 0; i < 20; i++) path.passRoundTrip()
      }
      return paths
    }

    function assertSameCourse(one: SteadyPath, other: SteadyPath): void {
      for (let i = 0; i < 20; i++) {
        assert.ok(Math.abs(one.windowDatagrams - other.windowDatagrams) < 0.01)
        one.passRoundTrip()
        other.passRoundTrip()
      }
    }

    it('goes on where it was: a minute with nothing in flight is no growth', () => {
      const [paused, steady] = pausedAndSteady()
      paused.now += 60 * SECOND
      paused.cubic.onSent(DATAGRAM_BYTES, DATAGRAM_BYTES, paused.now)
      assertSameCourse(paused, steady)
    })

    it('goes on where it was: a minute held back by the application is no growth', () => {
      const [paused, steady] = pausedAndSteady()
      for (let i = 0; i < 600; i++) paused.passRoundTrip({ isWindowLimited: false })
      assertSameCourse(paused, steady)
    })
  })

  describe('when the datagram size changes in the middle of a curve', () => {
    it('grows by datagrams of the new size', () => {
      const path = new SteadyPath(10 * MILLISECOND)
      path.growTo(100)
      path.loseOne()
      path.cubic.onMaxDatagramBytes(2_400)
      for (let i = 0; i < 10; i++) path.passRoundTrip()
      const slope = (path.windowDatagrams - 70) / 10
      assert.ok(Math.abs(slope - (2 * 9) / 17) < 0.05, `${slope} old datagrams a round trip`)
    })

    function pathOnItsCurve(): SteadyPath {
      const path = new SteadyPath(100 * MILLISECOND)
      path.growTo(1_000)
      path.loseOne()
      for (let i = 0; i < 20; i++) path.passRoundTrip()
      return path
    }

    for (const bytes of [600, 2_400]) {
      it(`goes on growing without a jump (to ${bytes})`, () => {
        const path = pathOnItsCurve()
        const before = path.windowDatagrams
        path.cubic.onMaxDatagramBytes(bytes)
        assert.equal(path.windowDatagrams, before)
        path.passRoundTrip()
        const added = path.windowDatagrams - before
        assert.ok(added > 0 && added < 15, `${added} datagrams in a round trip`)
      })

      it(`goes on growing without a jump (to ${bytes}) after an undone cut`, () => {
        const path = pathOnItsCurve()
        const before = path.windowDatagrams
        path.loseOne()
        path.cubic.onMaxDatagramBytes(bytes)
        path.cubic.onSpuriousLoss(path.now)
        path.passRoundTrip()
        const added = path.windowDatagrams - before
        assert.ok(added > 0 && added < 15, `${added} datagrams in a round trip`)
      })
    }
  })
})

import assert from 'node:assert/strict'
import { CloseCode } from '../../../src/protocol/errors.ts'
import { NoLoss } from '../../../src/protocol/recovery/no-loss.ts'
import { Rtt } from '../../../src/protocol/recovery/rtt.ts'
import { SentFrame, SentPackets } from '../../../src/protocol/recovery/sent.ts'
import { MILLISECOND, type Micros, SECOND } from '../../../src/protocol/units.ts'
import { AckFrame } from '../../../src/protocol/wire/ack-frame.ts'
import { START } from './flight.ts'

class Line {
  readonly sent = new SentPackets()
  readonly rtt = new Rtt()
  readonly framesAcked: number[] = []
  readonly noLoss = new NoLoss(this.sent, this.rtt, {
    onFrameAcked: (_kind, _stream, offset) => this.framesAcked.push(offset),
    onFrameLost: () => assert.fail('nothing is ever lost'),
  })

  send(now: Micros): void {
    this.sent.record(SentFrame.stream, 1, this.sent.next, 1)
    this.sent.commit(1_200, now)
    this.noLoss.onSent(now)
  }

  ack(first: number, last: number, now: Micros, delay = 0): CloseCode {
    const frame = new AckFrame()
    frame.count = 1
    frame.first[0] = first
    frame.last[0] = last
    frame.delay = delay
    return this.noLoss.onAck(frame, now)
  }

  /** A round trip of 10 ms was measured. */
  static measured(): Line {
    const line = new Line()
    line.send(START - 10 * MILLISECOND)
    line.ack(0, 0, START)
    return line
  }
}

describe('NoLoss', () => {
  it('frees what an ACK names, once, and measures the round trip of the newest', () => {
    const line = new Line()
    for (let packet = 0; packet < 5; packet++) line.send(START + packet * MILLISECOND)
    assert.equal(line.ack(0, 2, START + 20 * MILLISECOND), CloseCode.none)
    assert.deepEqual(line.framesAcked, [0, 1, 2])
    assert.equal(line.rtt.latest, 18 * MILLISECOND)
    line.ack(0, 4, START + 30 * MILLISECOND)
    assert.deepEqual(line.framesAcked, [0, 1, 2, 3, 4])
    assert.deepEqual([line.sent.bytesInFlight, line.sent.oldest], [0, 5])
  })

  it('takes nothing for lost, whatever newer packets were acknowledged', () => {
    const line = new Line()
    for (let packet = 0; packet < 100; packet++) line.send(START)
    line.ack(50, 99, START + SECOND)
    assert.equal(line.sent.packetsInFlight, 50)
    line.ack(0, 99, START + 60 * SECOND)
    assert.equal(line.sent.packetsInFlight, 0)
  })

  it('refuses an ACK of what was never sent', () => {
    const line = new Line()
    line.send(START)
    assert.equal(line.ack(0, 1, START), CloseCode.protocolViolation)
  })

  it('waits for nothing while nothing is under way', () => {
    assert.equal(Line.measured().noLoss.deadline, Infinity)
  })

  it('counts three timeouts that take two seconds together, probes for none, and looks no further (T-7)', () => {
    const { noLoss } = awaiting()
    const times: Micros[] = []
    for (let at = noLoss.deadline; at < Infinity; at = noLoss.deadline) {
      times.push(at - START)
      assert.equal(noLoss.onDeadline(at), 0)
    }
    assert.deepEqual(
      times,
      [300, 900, 2_100].map((ms) => ms * MILLISECOND),
    )
    assert.equal(noLoss.timeouts, 3)
  })

  it('waits longer where the way is long', () => {
    const line = new Line()
    line.send(START - SECOND)
    line.ack(0, 0, START)
    line.send(START)
    assert.equal(line.noLoss.deadline, START + 3 * SECOND)
  })

  it('is not put off by what leaves meanwhile', () => {
    const line = awaiting()
    const { deadline } = line.noLoss
    for (let ms = 1; ms < 200; ms++) line.send(START + ms * MILLISECOND)
    assert.equal(line.noLoss.deadline, deadline)
  })

  it('begins anew with each ACK that settles something, and with no other', () => {
    const line = awaiting()
    line.send(START)
    line.noLoss.onDeadline(line.noLoss.deadline)
    line.ack(0, 0, START + 400 * MILLISECOND)
    assert.equal(line.noLoss.timeouts, 1)
    line.ack(0, 1, START + 400 * MILLISECOND)
    assert.equal(line.noLoss.timeouts, 0)
    assert.ok(line.noLoss.deadline >= START + 700 * MILLISECOND)
  })
})

/** With one packet under way since START. */
function awaiting(): Line {
  const line = Line.measured()
  line.send(START)
  return line
}

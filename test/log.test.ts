import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { mock } from 'node:test'
import fc from 'fast-check'
import { type LogOptions, openLog } from '../src/log.ts'

class Lines extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8')
    done()
  }
  get all(): string[] {
    return this.text.split('\n').slice(0, -1)
  }
}

function logOf(options: Partial<LogOptions> = {}) {
  const lines = new Lines()
  return { lines, log: openLog({ level: 'info', isTerminal: false, stream: lines, ...options }) }
}

const shared = logOf()

/** What became of one field's value. */
function written(value: string): string {
  const { lines, log } = shared
  lines.text = ''
  log.info('event', { value })
  const [line, ...more] = lines.all
  assert.deepEqual(more, [])
  return JSON.parse(line!).value
}

describe('the log', () => {
  it('writes one JSON object a line, with its own names first', async () => {
    const { lines, log } = logOf()
    log.warn('sessionLost', { session: 7, peer: '192.0.2.1:9', isSuspect: false, cause: null, absent: undefined })
    await log.close()
    const line = JSON.parse(lines.all[0]!)
    assert.deepEqual(Object.keys(line), ['time', 'level', 'event', 'session', 'peer', 'isSuspect', 'cause'])
    assert.equal(new Date(line.time).toISOString(), line.time)
    const { time, ...rest } = line
    assert.deepEqual(rest, {
      level: 'warn',
      event: 'sessionLost',
      session: 7,
      peer: '192.0.2.1:9',
      isSuspect: false,
      cause: null,
    })
  })

  it('writes a line for people on a terminal, with quotes where a value has spaces', async () => {
    const { lines, log } = logOf({ isTerminal: true })
    log.error('portTaken', { port: 3_000, what: 'another program has it', empty: '', formula: 'a=b', quote: 'say "x"' })
    await log.close()
    assert.match(
      lines.all[0]!,
      /^\S+Z error portTaken port=3000 what="another program has it" empty="" formula="a=b" quote="say \\"x\\""$/,
    )
  })

  it('cannot be made to lie about time, level or event by a field of that name', () => {
    const { lines, log } = logOf()
    log.info('event', { level: 'error', time: 'never', event: 'other' })
    const line = JSON.parse(lines.all[0]!)
    assert.deepEqual([line.level, line.event], ['info', 'event'])
  })

  for (const [level, expected] of [
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ] as const) {
    it(`at level ${level} writes ${expected.join(', ')}`, () => {
      const { lines, log } = logOf({ level })
      for (const each of ['error', 'warn', 'info', 'debug'] as const) log[each]('event')
      assert.deepEqual(
        lines.all.map((line) => JSON.parse(line).level),
        expected,
      )
      assert.equal(log.isDebug, level === 'debug')
    })
  }

  it('takes out of a field what would break the line or speak to the terminal', () => {
    assert.equal(written('a\r\nb'), 'a b')
    assert.equal(written('a\u2028b\u0085c'), 'a b c')
    assert.equal(written('\x1b[2J\x1b[31mred\x1b[0m'), 'red')
    assert.equal(written('\x9b31mred'), 'red')
    assert.equal(written('\x1b]0;title\x07text'), 'text')
    assert.equal(written('\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\'), 'link')
    assert.equal(written('\x1b]0;not hidden'), ']0;not hidden')
    assert.equal(written('\x00\x07\x08\x7f\x80\x9fx'), 'x')
    assert.equal(written('abc\u202etxt.exe\u2066\u2069\u200e\u200f\u061c'), 'abctxt.exe')
    assert.equal(written('half \ud83d here'), 'half  here')
    assert.equal(written('Straße 東京 😀'), 'Straße 東京 😀')
  })

  it('keeps every field to 256 bytes without cutting a character, whatever is put in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (value) => {
        const text = written(value)
        assert.ok(Buffer.byteLength(text) <= 256)
        assert.ok(!/[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text), JSON.stringify(text))
      }),
    )
    assert.equal(written('x'.repeat(256)), 'x'.repeat(256))
    assert.equal(written('x'.repeat(257)), `${'x'.repeat(253)}…`)
    assert.equal(written('😀'.repeat(65)), `${'😀'.repeat(63)}…`)
    assert.equal(written('x'.repeat(10_000_000)), `${'x'.repeat(253)}…`)
  })

  it('puts every event on one line for people too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { lines, log } = logOf({ isTerminal: true })
        log.info('event', { value })
        assert.equal(lines.all.length, 1)
      }),
    )
  })

  it('closes only when every line is written, and survives a reader that went away', async () => {
    const { lines, log } = logOf()
    for (let event = 0; event < 100; event++) log.info('event', { event })
    lines.emit('error', new Error('EPIPE'))
    await log.close()
    assert.equal(lines.all.length, 100)
  })
})

describe('events that strangers can cause', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }))
  afterEach(() => mock.timers.reset())

  const told = (lines: Lines) => lines.all.map((line) => JSON.parse(line)).map(({ event, count }) => [event, count])

  it('are told once at once and then as a count, one line a minute', async () => {
    const { lines, log } = logOf()
    for (let packet = 0; packet < 20_000; packet++) log.tally('packetForged')
    assert.deepEqual(told(lines), [['packetForged', 1]])
    mock.timers.tick(60_000)
    assert.deepEqual(told(lines), [
      ['packetForged', 1],
      ['packetForged', 19_999],
    ])
    for (let packet = 0; packet < 5; packet++) log.tally('packetForged')
    mock.timers.tick(60_000)
    assert.deepEqual(told(lines).slice(2), [['packetForged', 5]])
    await log.close()
  })

  it('are counted by name', async () => {
    const { lines, log } = logOf()
    for (const event of ['a', 'b', 'a', 'a', 'b']) log.tally(event)
    mock.timers.tick(60_000)
    assert.deepEqual(told(lines), [
      ['a', 1],
      ['b', 1],
      ['a', 2],
      ['b', 1],
    ])
    await log.close()
  })

  it('are told at once again after a quiet minute', async () => {
    const { lines, log } = logOf()
    log.tally('packetForged')
    mock.timers.tick(60_000)
    log.tally('packetForged')
    assert.deepEqual(told(lines), [
      ['packetForged', 1],
      ['packetForged', 1],
    ])
    await log.close()
  })

  it('lose no count when the log is closed', async () => {
    const { lines, log } = logOf()
    for (let packet = 0; packet < 3; packet++) log.tally('packetForged')
    await log.close()
    assert.deepEqual(told(lines), [
      ['packetForged', 1],
      ['packetForged', 2],
    ])
  })

  it('are told in full ten times a minute where that was asked for, and the rest is counted', async () => {
    const { lines, log } = logOf()
    for (let request = 0; request < 25; request++) log.some('requestFailed', { request })
    const told = () => lines.all.map((line) => JSON.parse(line) as { request?: number; count?: number })
    const requests = () => told().flatMap(({ request }) => (request === undefined ? [] : [request]))
    assert.deepEqual(
      requests(),
      Array.from({ length: 10 }, (_, i) => i),
    )
    mock.timers.tick(60_000)
    assert.equal(told().at(-1)?.count, 15)
    log.some('requestFailed', { request: 25 })
    assert.equal(requests().at(-1), 25)
    await log.close()
  })

  // A provider that was not let in tried ten times, and the next one was not named.
  it('are told once a minute of one and the same, who leaves room for others', async () => {
    const { lines, log } = logOf()
    const named = () => lines.all.flatMap((line) => (JSON.parse(line) as { key?: string }).key ?? [])
    for (let time = 0; time < 20; time++) for (const key of ['a', 'b']) log.some('strangerRefused', { key }, key)
    assert.deepEqual(named(), ['a', 'b'])
    mock.timers.tick(60_000)
    assert.equal((JSON.parse(lines.all.at(-1)!) as { count: number }).count, 38)
    log.some('strangerRefused', { key: 'b' }, 'b')
    assert.deepEqual(named(), ['a', 'b', 'b'])
    await log.close()
  })
})

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { mock } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MAX_SAVED_SESSIONS, type SavedSession } from '../../src/cli/live-sessions.ts'
import { StateDirectory, stateDirectoryPath } from '../../src/cli/state-directory.ts'
import { type Log, type LogFields, openLog } from '../../src/log.ts'

const HOLDER = fileURLToPath(new URL('../fixtures/instance-holder.js', import.meta.url))

/** A log that remembers its warnings. */
function warnings(): { log: Log; told: { event: string; fields: LogFields }[] } {
  const told: { event: string; fields: LogFields }[] = []
  const log = openLog({ level: 'error', isTerminal: false })
  log.warn = (event, fields = {}) => told.push({ event, fields })
  return { log, told }
}

function session(number: number, port = 9): SavedSession {
  const connectionId = Buffer.alloc(8)
  connectionId.writeUInt32BE(number)
  return { address: '192.0.2.1', port, family: 'ipv4', connectionId }
}

describe('the path of the state directory', () => {
  const home = { HOME: '/home/ann' }

  it('is the first of what is set: ours, of systemd, of the user, of the home', () => {
    const all = { ...home, EDGERQ_STATE_DIR: '/a', STATE_DIRECTORY: '/b:/c', XDG_STATE_HOME: '/d' }
    assert.equal(stateDirectoryPath(all), '/a')
    assert.equal(stateDirectoryPath({ ...all, EDGERQ_STATE_DIR: '' }), '/b')
    assert.equal(stateDirectoryPath({ ...home, XDG_STATE_HOME: '/d' }), '/d/edgerq')
    assert.equal(stateDirectoryPath(home), '/home/ann/.local/state/edgerq')
  })

  it('leaves a relative XDG path aside', () => {
    assert.equal(stateDirectoryPath({ ...home, XDG_STATE_HOME: 'state' }), '/home/ann/.local/state/edgerq')
  })
})

describe('the state directory', () => {
  let root: string
  let config: string
  const children: ChildProcess[] = []
  const opened: { close(): void }[] = []

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'edgerq-state-'))
    config = join(root, 'consumer.xml')
    writeFileSync(config, '<service_consumer/>')
  })
  afterEach(async () => {
    for (const state of opened.splice(0)) state.close()
    await Promise.all(children.splice(0).map(killed))
    rmSync(root, { recursive: true, force: true })
  })

  const directory = () => join(root, 'state')
  const openConsumer = (told = warnings(), path = config) => {
    const state = new StateDirectory(directory(), told.log).consumerState(path)
    opened.push(state)
    return state
  }
  const openProvider = (pipe: string, told = warnings()) => {
    const state = new StateDirectory(directory(), told.log).providerState(config, pipe)
    opened.push(state)
    return state
  }
  /** Another live process that has this pipe's instance id. */
  const holderOf = async (pipe: string): Promise<{ child: ChildProcess; id: string }> => {
    const child = spawn(process.execPath, [HOLDER, directory(), config, pipe], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    const [line] = await once(createInterface(child.stdout!), 'line')
    return { child, id: String(line) }
  }
  const fileEnding = (end: string) => {
    const [name] = readdirSync(directory()).filter((each) => each.endsWith(end))
    assert.ok(name !== undefined, `a file …${end}`)
    return join(directory(), name)
  }

  it('gives a restarted consumer its reset key and its name again (W-16)', () => {
    const first = openConsumer()
    first.close()
    const second = openConsumer()
    assert.equal(first.resetKey.length, 32)
    assert.equal(first.instanceId.length, 16)
    assert.deepEqual(second.resetKey, first.resetKey)
    assert.deepEqual(second.instanceId, first.instanceId)
  })

  it('knows a configuration by its real path', () => {
    const link = join(root, 'link.xml')
    symlinkSync(config, link)
    const other = join(root, 'other.xml')
    writeFileSync(other, '')
    const first = openConsumer()
    first.close()
    assert.deepEqual(openConsumer(undefined, link).resetKey, first.resetKey)
    assert.notDeepEqual(openConsumer(undefined, other).resetKey, first.resetKey)
  })

  it('gives each pipe a name of its own that outlives a restart', () => {
    const [one, two] = [openProvider('pipe1'), openProvider('pipe2')]
    assert.notDeepEqual(one.instanceId, two.instanceId)
    one.close()
    assert.deepEqual(openProvider('pipe1').instanceId, one.instanceId)
  })

  it('is open to its user only', () => {
    openConsumer().remember(session(1))
    openProvider('pipe1')
    for (const state of opened.splice(0)) state.close()
    assert.equal(statSync(directory()).mode & 0o777, 0o700)
    const names = readdirSync(directory())
    assert.ok(names.length >= 4)
    for (const name of names) assert.equal(statSync(join(directory(), name)).mode & 0o777, 0o600, name)
  })

  it('leaves nothing half-written behind', () => {
    const state = openConsumer()
    state.remember(session(1))
    state.close()
    assert.deepEqual(
      readdirSync(directory()).filter((name) => name.endsWith('.tmp')),
      [],
    )
  })

  describe('with live sessions', () => {
    it('tells the next run which sessions were open, and the one after it nothing (W-16)', () => {
      const first = openConsumer()
      const ipv6: SavedSession = { ...session(3), address: '2001:db8::1', family: 'ipv6' }
      for (const each of [session(1), session(2), ipv6]) first.remember(each)
      first.remember(session(1, 10)) // it moved
      first.forget(session(2).connectionId)
      first.close()
      const second = openConsumer()
      assert.deepEqual(second.previousSessions, [session(1, 10), ipv6])
      second.close()
      assert.deepEqual(openConsumer().previousSessions, [])
    })

    it('writes them at most once a second', () => {
      mock.timers.enable({ apis: ['setTimeout'] })
      try {
        const state = openConsumer()
        for (let number = 0; number < 500; number++) state.remember(session(number))
        mock.timers.tick(999)
        assert.ok(!readdirSync(directory()).some((name) => name.endsWith('.sessions')))
        mock.timers.tick(1)
        assert.equal(JSON.parse(readFileSync(fileEnding('.sessions'), 'utf8')).length, 500)
        state.forget(session(7).connectionId)
        mock.timers.tick(999)
        assert.equal(JSON.parse(readFileSync(fileEnding('.sessions'), 'utf8')).length, 500)
        mock.timers.tick(1)
        assert.equal(JSON.parse(readFileSync(fileEnding('.sessions'), 'utf8')).length, 499)
      } finally {
        mock.timers.reset()
      }
    })

    it('writes what is left when the process exits without closing, and asks no more of it once closed', () => {
      const before = process.listeners('exit')
      const first = openConsumer()
      first.remember(session(1))
      const [onExit, ...more] = process.listeners('exit').filter((listener) => !before.includes(listener))
      assert.deepEqual(more, [])
      onExit!(0)
      assert.equal(JSON.parse(readFileSync(fileEnding('.sessions'), 'utf8')).length, 1)
      first.close()
      assert.deepEqual(process.listeners('exit'), before)
    })

    it('keeps no more than its bound', () => {
      const first = openConsumer()
      for (let number = 0; number < MAX_SAVED_SESSIONS + 50; number++) first.remember(session(number))
      first.close()
      assert.equal(openConsumer().previousSessions.length, MAX_SAVED_SESSIONS)
    })
  })

  describe('with another live process', () => {
    it('gives the second a fresh name and says so', async () => {
      const { id } = await holderOf('pipe1')
      const told = warnings()
      const mine = openProvider('pipe1', told)
      assert.notEqual(Buffer.from(mine.instanceId).toString('hex'), id)
      assert.deepEqual(
        told.told.map(({ event }) => event),
        ['instanceTaken'],
      )
    })

    it('takes over the name of one that was killed', async () => {
      const { child, id } = await holderOf('pipe1')
      await killed(child)
      const told = warnings()
      assert.equal(Buffer.from(openProvider('pipe1', told).instanceId).toString('hex'), id)
      assert.deepEqual(told.told, [])
    })

    it('takes over from a process that had the number of a live one before a reboot', async () => {
      const { child, id } = await holderOf('pipe1')
      await killed(child)
      const lock = fileEnding('.lock')
      const [pid, ...rest] = readFileSync(lock, 'utf8').split(' ')
      for (const impostor of [process.pid, process.ppid]) {
        writeFileSync(lock, [impostor, ...rest].join(' '))
        const mine = openProvider('pipe1')
        assert.equal(Buffer.from(mine.instanceId).toString('hex'), id, `${pid} became ${impostor}`)
        mine.close()
      }
    })

    it('gives one name to one of many that start at the same moment over a stale lock', async () => {
      const { child, id } = await holderOf('pipe1')
      await killed(child)
      const ids = (await Promise.all(Array.from({ length: 4 }, () => holderOf('pipe1')))).map((holder) => holder.id)
      assert.equal(ids.filter((each) => each === id).length, 1)
      assert.equal(new Set(ids).size, 4)
    })

    it('leaves the sessions of the first alone', () => {
      const first = openConsumer()
      first.remember(session(1))
      const second = openConsumer()
      second.remember(session(2))
      second.close()
      first.close()
      assert.deepEqual(openConsumer().previousSessions, [session(1)])
    })
  })

  describe('with damaged files', () => {
    const damage: [string, string][] = [
      ['is empty', ''],
      ['is cut short', 'abcdef\n'],
      ['holds something else', `${'zz'.repeat(32)}\n`],
      ['is far too large', 'a'.repeat(5_000_000)],
    ]
    for (const [how, text] of damage) {
      it(`takes a fresh key where the file ${how}, and says so`, () => {
        const first = openConsumer()
        first.close()
        writeFileSync(fileEnding('.reset-key'), text)
        const told = warnings()
        const second = openConsumer(told)
        second.close()
        assert.notDeepEqual(second.resetKey, first.resetKey)
        assert.deepEqual(
          told.told.map(({ event }) => event),
          ['stateDamaged'],
        )
        assert.deepEqual(openConsumer().resetKey, second.resetKey, 'the fresh key is kept')
      })
    }

    it('takes a fresh key where others could read the old one', () => {
      const first = openConsumer()
      first.close()
      chmodSync(fileEnding('.reset-key'), 0o644)
      const told = warnings()
      const second = openConsumer(told)
      assert.notDeepEqual(second.resetKey, first.resetKey)
      assert.deepEqual(
        told.told.map(({ event }) => event),
        ['stateDamaged'],
      )
      assert.equal(statSync(fileEnding('.reset-key')).mode & 0o777, 0o600)
    })

    const id = '00'.repeat(8)
    const lists = ['{}', 'null', '[1]', '[{"address":"192.0.2.1"}]', '[', '[null]']
      .concat(JSON.stringify([{ address: 'example.org', port: 9, family: 'ipv4', connectionId: id }]))
      .concat(JSON.stringify([{ address: '192.0.2.1', port: 0, family: 'ipv4', connectionId: id }]))
      .concat(JSON.stringify([{ address: '192.0.2.1', port: 9, family: 'ipv6', connectionId: id }]))
      .concat(JSON.stringify([{ address: '192.0.2.1', port: 9, family: 'ipv4', connectionId: `${id}00` }]))
    for (const text of lists) {
      it(`calls nobody where the list of sessions is ${text}`, () => {
        const first = openConsumer()
        first.remember(session(1))
        first.close()
        writeFileSync(fileEnding('.sessions'), text)
        const told = warnings()
        assert.deepEqual(openConsumer(told).previousSessions, [])
        assert.deepEqual(
          told.told.map(({ event }) => event),
          ['stateDamaged'],
        )
      })
    }
  })

  it('runs on fresh values where it cannot be written, and says once what that costs and how to mend it', () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    const told = warnings()
    const states = new StateDirectory(join(file, 'state'), told.log)
    const consumer = states.consumerState(config)
    const provider = states.providerState(config, 'pipe1')
    consumer.remember(session(1))
    consumer.close()
    provider.close()
    assert.deepEqual([consumer.resetKey.length, consumer.instanceId.length, provider.instanceId.length], [32, 16, 16])
    assert.notDeepEqual(states.consumerState(config).resetKey, consumer.resetKey)
    assert.deepEqual(
      told.told.map(({ event }) => event),
      ['stateNotKept'],
    )
    const { fields } = told.told[0]!
    assert.equal(fields.cause, 'ENOTDIR')
    assert.match(String(fields.mend), /EDGERQ_STATE_DIR/)
    assert.match(String(fields.effect), /restart/)
  })
})

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

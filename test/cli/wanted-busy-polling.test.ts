import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { ExitStatus } from '../../src/cli/exit.ts'
import { type PollSite, wantBusyPolling } from '../../src/cli/wanted-busy-polling.ts'
import { openLog } from '../../src/log.ts'

const FREE: Omit<PollSite, 'allow'> = { processors: 2, quota: null }
const LIMITED = { ...FREE, quota: '/sys/fs/cgroup/cpu.max' }

/** Whether leave was asked for, and what the log says. */
async function chosen(word: string | undefined, site: Omit<PollSite, 'allow'>, whyNot: string | null = null) {
  const stream = new PassThrough()
  const log = openLog({ level: 'info', isTerminal: false, stream })
  const environment = word === undefined ? {} : { EDGERQ_BUSY_POLL: word }
  let isAsked = false
  const allow = async () => {
    isAsked = true
    return whyNot
  }
  await wantBusyPolling({ environment, log }, { ...site, allow })
  await log.close()
  const { event, microseconds, because } = JSON.parse(String(stream.read()))
  assert.equal(event, 'busyPolling')
  return [isAsked, microseconds, because]
}

describe('whether a program polls before it sleeps', () => {
  it('is yes where it can and has more than one processor; the log says for how long, or why not', async () => {
    assert.deepEqual(await chosen(undefined, FREE), [true, 400, undefined])
    assert.deepEqual(await chosen('', FREE), [true, 400, undefined])
    assert.deepEqual(await chosen(undefined, FREE, 'no such package'), [true, 0, 'no such package'])
  })

  it('is no where the time would be missing for work', async () => {
    assert.deepEqual(await chosen(undefined, { ...FREE, processors: 1 }), [false, 0, 'there is one processor'])
    const because = '/sys/fs/cgroup/cpu.max limits this process to a share of the processors'
    assert.deepEqual(await chosen(undefined, LIMITED), [false, 0, because])
  })

  it('is what the environment says', async () => {
    assert.deepEqual(await chosen('no', FREE), [false, 0, 'EDGERQ_BUSY_POLL=no'])
    assert.deepEqual(await chosen('yes', LIMITED), [true, 400, undefined])
  })

  it('ends the program when the environment insists and there is no way, and is not guessed from another word', async () => {
    const refused = { status: ExitStatus.couldNotRun, message: /cannot be used here: no such package/ }
    await assert.rejects(chosen('yes', FREE, 'no such package'), refused)
    for (const word of ['YES', '1', 'off', ' ']) {
      await assert.rejects(chosen(word, FREE), { status: ExitStatus.wrongUsage, message: /must be yes or no/ })
    }
  })
})

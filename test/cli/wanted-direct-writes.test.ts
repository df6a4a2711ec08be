import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { ExitStatus } from '../../src/cli/exit.ts'
import { wantDirectWrites } from '../../src/cli/wanted-direct-writes.ts'
import { openLog } from '../../src/log.ts'

/** What the log says, and whether leave was asked for. */
async function chosen(word: string | undefined, whyNot: string | null) {
  const stream = new PassThrough()
  const log = openLog({ level: 'info', isTerminal: false, stream })
  const environment = word === undefined ? {} : { EDGERQ_DIRECT_WRITES: word }
  let isAsked = false
  await wantDirectWrites({ environment, log }, async () => {
    isAsked = true
    return whyNot
  })
  await log.close()
  const { event, by, because } = JSON.parse(String(stream.read()))
  assert.equal(event, 'directWrites')
  return [isAsked, by, because]
}

describe('the system calls that sockets write by', () => {
  it("are our own where they are to be had, and else Node's; the log says why", async () => {
    assert.deepEqual(await chosen(undefined, null), [true, 'kernel', undefined])
    assert.deepEqual(await chosen('', null), [true, 'kernel', undefined])
    assert.deepEqual(await chosen(undefined, 'no such package'), [true, 'node', 'no such package'])
  })

  it("are Node's when the environment says no", async () => {
    assert.deepEqual(await chosen('no', null), [false, 'node', 'EDGERQ_DIRECT_WRITES=no'])
  })

  it('are our own when the environment insists, or nothing runs', async () => {
    assert.deepEqual(await chosen('yes', null), [true, 'kernel', undefined])
    const refused = { status: ExitStatus.couldNotRun, message: /cannot be used here: no such package/ }
    await assert.rejects(chosen('yes', 'no such package'), refused)
  })

  it('are not guessed from another word', async () => {
    for (const word of ['YES', '1', 'off', ' ']) {
      await assert.rejects(chosen(word, null), { status: ExitStatus.wrongUsage, message: /must be yes or no/ })
    }
  })
})

import assert from 'node:assert/strict'
import { ExitStatus } from '../../src/cli/exit.ts'
import { wantedSealing } from '../../src/cli/wanted-sealing.ts'
import { chooseSealing } from '../../src/runtime/sealing.ts'

describe('the sealing that is wanted', () => {
  it('is the one that the machine chooses when nothing or an empty word is asked for', async () => {
    const { name } = await chooseSealing()
    for (const environment of [{}, { EDGERQ_SEALING: '' }]) assert.equal((await wantedSealing(environment)).name, name)
  })

  it('is never another than the one that is asked for: where that is missing nothing runs', async () => {
    const wanted = wantedSealing({ EDGERQ_SEALING: 'sodium-native' }, async () => null)
    await assert.rejects(wanted, { status: ExitStatus.couldNotRun, message: /sodium-native cannot be loaded here/ })
  })
})

// The service provider as it is, but for its packets, which are not sealed. For `npm run bench -- --only sealing`.

import { runDaemon } from '../../src/cli/daemon.ts'
import { readProviderSetup, servePipes } from '../../src/cli/serve-pipes.ts'
import { unsealed } from './no-seal.ts'

await runDaemon({
  name: 'edgerq-sp',
  summary: 'edgerq-sp without sealing, for measurements.',
  argument: '<provider.xml>',
  read: readProviderSetup,
  run: servePipes,
  sealing: unsealed,
})

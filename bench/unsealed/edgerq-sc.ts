// The service consumer as it is, but for its packets, which are not sealed. For `npm run bench -- --only sealing`.

import { runDaemon } from '../../src/cli/daemon.ts'
import { readConsumerSetup, serveClients } from '../../src/cli/serve-clients.ts'
import { unsealed } from './no-seal.ts'

await runDaemon({
  name: 'edgerq-sc',
  summary: 'edgerq-sc without sealing, for measurements.',
  argument: '<consumer.xml>',
  read: readConsumerSetup,
  run: serveClients,
  sealing: unsealed,
})

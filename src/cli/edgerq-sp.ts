#!/usr/bin/env node
// edgerq-sp PROVIDER.xml: the service provider. edgerq-sp join TOKEN: the same without a file, by a token of the consumer.

import { runDaemon, runProgram } from './daemon.ts'
import { joinJob } from './join.ts'
import { readProviderSetup, servePipes } from './serve-pipes.ts'

if (process.argv[2] === 'join') {
  await runProgram('edgerq-sp', () => joinJob(process.argv.slice(3)))
} else {
  await runDaemon({
    name: 'edgerq-sp',
    summary: 'edgerq service provider: dials out to consumers and serves what comes back from local targets.',
    argument: '<provider.xml>',
    help: `
With a token of the consumer and no file: edgerq-sp join TOKEN --to HOST:PORT (edgerq-sp join --help says more).
`,
    read: readProviderSetup,
    run: servePipes,
  })
}

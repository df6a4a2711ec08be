#!/usr/bin/env node
// edgerq-sp PROVIDER.xml: the service provider.

import { runDaemon } from './daemon.ts'
import { readProviderSetup, servePipes } from './serve-pipes.ts'

await runDaemon({
  name: 'edgerq-sp',
  summary: 'edgerq service provider: dials out to consumers and serves what comes back from local targets.',
  argument: '<provider.xml>',
  read: readProviderSetup,
  run: servePipes,
})

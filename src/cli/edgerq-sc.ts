#!/usr/bin/env node
// edgerq-sc CONSUMER.xml: the service consumer.

import { runDaemon } from './daemon.ts'
import { readConsumerSetup, serveClients } from './serve-clients.ts'

await runDaemon({
  name: 'edgerq-sc',
  summary:
    'edgerq service consumer: opens a local port for each service and carries what comes there to its providers.',
  argument: '<consumer.xml>',
  read: readConsumerSetup,
  run: serveClients,
})

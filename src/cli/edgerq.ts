#!/usr/bin/env node
// edgerq: everything around the two daemons: keys, tokens, certificates, and the schemas of their configuration files.

import { Command } from 'commander'
import { xsdOf } from '../config/read.ts'
import { addCerts } from './certs.ts'
import { ExitStatus } from './exit.ts'
import { addKeygen } from './keygen.ts'
import { addPubkey } from './pubkey.ts'
import { addToken } from './token.ts'
import { VERSION } from './version.ts'

const program = new Command('edgerq')
  .description('Tools around edgerq-sc and edgerq-sp.')
  .version(`edgerq ${VERSION}`)
  .showHelpAfterError('(edgerq --help says more)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? ExitStatus.stopped : ExitStatus.wrongUsage))

addKeygen(program)
addPubkey(program)
addToken(program)
addCerts(program)
program
  .command('xsd')
  .description('print the XML Schema of a configuration file')
  .argument('<file>', 'consumer or provider')
  .action((file: string) => {
    if (file === 'consumer' || file === 'provider') process.stdout.write(xsdOf(file))
    else program.error(`edgerq xsd: there is a schema for "consumer" and for "provider", not for "${file}"`)
  })

await program.parseAsync()

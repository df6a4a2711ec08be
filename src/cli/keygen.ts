// edgerq keygen: makes the key by which one side will be known, and says what to do with it on both.

import type { Command } from 'commander'
import { createIdentity, writeIdentity } from '../keys/identity.ts'
import { fingerprint, keyText } from '../keys/key-text.ts'
import { createPreSharedKeyFile } from '../keys/pre-shared-key.ts'
import { tellFailure } from './tell-failure.ts'

interface Options {
  readonly output: string
  readonly psk?: true
}

export function addKeygen(program: Command): void {
  program
    .command('keygen')
    .description('make a key pair; the private key goes into a file and is never shown')
    .option('-o, --output <file>', 'the file, which must not be there yet', 'edgerq.key')
    .option('--psk', 'make a pre-shared key instead, which both sides hold besides their key pairs')
    .action(({ output, psk }: Options) => {
      tellFailure('keygen', () => (psk ? makePreSharedKey(output) : makeIdentity(output)))
    })
}

function makeIdentity(path: string): void {
  const identity = createIdentity()
  writeIdentity(path, identity)
  const publicKey = keyText('public', identity.publicKey)
  process.stdout.write(`${publicKey}\n${fingerprint(identity.publicKey)}\n`)
  process.stderr.write(`
The private key is in ${path}. Keep it on this machine; what stands above is for the other side.

If this is a consumer:
  in its consumer.xml         <identity>${path}</identity>
  in each provider.xml        <consumer_key>${publicKey}</consumer_key> in the <pipe> that leads here

If this is a provider:
  in its provider.xml         <identity>${path}</identity>
  on the consumer, one line in the file that <authorized_providers> names:
    services="UUID,…" ${publicKey} who this is
`)
}

function makePreSharedKey(path: string): void {
  createPreSharedKeyFile(path)
  process.stderr.write(`The pre-shared key is in ${path}. Both sides need this file; bring it over by a way that nobody else reads.
On the consumer the line of the provider's key names it: psk-file="FILE"
`)
}

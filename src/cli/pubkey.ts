// edgerq pubkey: the public key that belongs to a private one, for giving it to the other side.

import type { Command } from 'commander'
import { readIdentity } from '../keys/identity.ts'
import { fingerprint, keyText } from '../keys/key-text.ts'
import { tellFailure } from './tell-failure.ts'

/** stdout has the key alone, so that a script can take it as it is. */
export function addPubkey(program: Command): void {
  program
    .command('pubkey')
    .description('print the public key of a private one; its fingerprint goes to stderr')
    .argument('<file>', 'the file that edgerq keygen made')
    .action((path: string) => {
      tellFailure('pubkey', () => {
        const { publicKey } = readIdentity(path)
        process.stdout.write(`${keyText('public', publicKey)}\n`)
        process.stderr.write(`${fingerprint(publicKey)}\n`)
      })
    })
}

// The openssl of this machine as a second opinion on certificates.

import { spawnSync } from 'node:child_process'

/** What it prints; its complaint, if it is not content. */
export function openssl(...args: readonly string[]): { readonly isContent: boolean; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  return { isContent: status === 0, said: `${stdout}${stderr}` }
}

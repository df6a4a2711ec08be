// The command line of edgerq-sp join.

import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { Command, Option } from 'commander'
import { type HostPort, readHostPort } from '../keys/host-port.ts'
import { holdsSecret, shown } from '../keys/shown.ts'
import { readToken, type Token } from '../keys/token.ts'
import type { LogLevel } from '../log.ts'
import { logLevelOption } from './daemon.ts'
import { ExitError, ExitStatus } from './exit.ts'

export interface JoinOptions {
  readonly token: Token
  readonly target: JoinTarget
  /** Undefined: what the consumer says of each service. */
  readonly protocol: 'http' | 'tcp' | undefined
  /** Of a private key; undefined: one is made and kept in the state directory. */
  readonly identity: string | undefined
  /** Of the configuration that is to be left behind. */
  readonly write: string | undefined
  readonly logLevel: LogLevel
}

export type JoinTarget =
  | { readonly kind: 'tcp'; readonly address: HostPort }
  | { readonly kind: 'unix'; readonly path: string }

interface Options {
  readonly to: string
  readonly protocol?: 'http' | 'tcp'
  readonly identity?: string
  readonly write?: string
  readonly logLevel: LogLevel
}

/** Throws an ExitError, or what commander throws. */
export function readJoinOptions(args: readonly string[]): JoinOptions {
  const command = new Command('edgerq-sp join')
    .description('Joins a consumer by a token and serves from a local target what the token is for; no file is needed.')
    .argument('<token>', 'as edgerq token create printed it where the consumer runs; - reads it from stdin')
    .requiredOption('--to <target>', 'where the service is: HOST:PORT, [IPV6]:PORT or unix:/PATH')
    .addOption(
      new Option('--protocol <protocol>', 'how it is carried, if not as the consumer says').choices(['http', 'tcp']),
    )
    .option('--identity <file>', 'our private key, as edgerq keygen makes it, instead of a new one')
    .option('--write <provider.xml>', 'leave a configuration behind, and the new key beside it')
    .addOption(logLevelOption())
    .addHelpText('after', HELP)
    .exitOverride()
    .showHelpAfterError('(edgerq-sp join --help says more)')
  command.parse(args, { from: 'user' })
  const { to, protocol, identity, write, logLevel } = command.opts<Options>()
  for (const path of [identity, write]) if (path !== undefined && holdsSecret(path)) throw misuse(shown(path))
  return { token: tokenOf(command.args[0]!), target: targetOf(to), protocol, identity, write, logLevel }
}

const HELP = `
A token lets in one provider, once. Without --write our key is kept in the state directory ($EDGERQ_STATE_DIR, else what systemd gives, else
~/.local/state/edgerq), under the token's id: the same command, run again there, goes on as the same provider, long after the token is used
up. With --write it joins, leaves provider.xml and provider.key behind, and serves; from the next start on run edgerq-sp provider.xml
instead. Neither file may be there before.
A token on a command line can be seen by other users of this machine while the program starts; - takes it from stdin.
Exit status: 0 stopped as asked, 1 could not run, or the token lets nobody in any more, 2 the command line is wrong.`

function tokenOf(text: string): Token {
  const reading = readToken(text === '-' ? fromStdin() : text)
  if (reading.ok) return reading.value
  throw misuse(`TOKEN: ${reading.what}`)
}

function fromStdin(): string {
  try {
    return readFileSync(0, 'utf8').trim()
  } catch (cause) {
    throw misuse(`no token can be read from stdin: ${(cause as Error).message}`)
  }
}

const UNIX = 'unix:'
/** unix(7): `sun_path` holds 108 bytes, of which the last is 0. */
const MOST_SOCKET_PATH_BYTES = 107

function targetOf(text: string): JoinTarget {
  if (text.startsWith(UNIX)) {
    const path = text.slice(UNIX.length)
    if (isAbsolute(path) && Buffer.byteLength(path) <= MOST_SOCKET_PATH_BYTES && !/\p{Cc}/u.test(path)) {
      return { kind: 'unix', path }
    }
    throw misuse(
      `--to unix:/PATH takes an absolute path of at most ${MOST_SOCKET_PATH_BYTES} bytes, not ${shown(path)}`,
    )
  }
  const address = readHostPort(text)
  if (address !== null) return { kind: 'tcp', address }
  throw misuse(`--to must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, or unix:/PATH, not ${shown(text)}`)
}

function misuse(message: string): ExitError {
  return new ExitError(ExitStatus.wrongUsage, `edgerq-sp join: ${message}`)
}

/** Before anything is used up for a file that cannot be written. Throws an ExitError. */
export function refuseOverwriting(path: string, remedy: string): void {
  if (!existsSync(path)) return
  throw new ExitError(
    ExitStatus.couldNotRun,
    `${path}: there is such a file already, and it was not touched; ${remedy}`,
  )
}

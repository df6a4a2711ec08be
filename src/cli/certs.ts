// edgerq certs authority|issue: a certificate authority of one's own, and certificates of it for stunnel, links in TLS and targets in HTTPS.

import type { Command } from 'commander'
import type { PairPaths } from '../certificates/pair-files.ts'
import type { Validity } from '../certificates/x509.ts'
import { adviceOnAuthority, adviceOnCertificate } from './certs-advice.ts'
import { authorityNameOf, DAY_MS, daysOf, namesOf, purposesOf, stemOf } from './certs-options.ts'
import { tellLateFailure } from './tell-failure.ts'

interface AuthorityOptions {
  readonly output: string
  readonly name: string
  readonly days: string
}

interface IssueOptions {
  readonly authority: string
  readonly output: string
  readonly dnsName?: readonly string[]
  readonly ipAddress?: readonly string[]
  readonly days: string
  readonly client?: true
  readonly server?: true
  readonly force?: true
}

export function addCerts(program: Command): void {
  const certs = program.command('certs').description('a certificate authority of your own, and certificates of it')
  certs
    .command('authority')
    .description('make an authority: its certificate, which is for everybody, and its key, which signs all others')
    .requiredOption('-o, --output <folder>', 'where ca.pem and ca.key will be; made if it is not there')
    .option('--name <text>', 'what people see it called', 'edgerq authority')
    .option('--days <number>', 'how long it is good for', '3650')
    .action((options: AuthorityOptions) => tellLateFailure('certs authority', () => makeAuthority(options)))
  certs
    .command('issue')
    .description('make a key, and a certificate for it that the authority signs')
    .requiredOption('--authority <folder>', 'what edgerq certs authority made')
    .requiredOption('-o, --output <name>', 'the files will be NAME.pem and NAME.key')
    .option('--dns-name <names>', 'what it stands for, a list with commas; may be given several times', collect)
    .option('--ip-address <addresses>', 'the same, of addresses', collect)
    .option('--days <number>', 'how long it is good for', '397')
    .option('--client', 'only for the side that connects')
    .option('--server', 'only for the side that is connected to')
    .option('--force', 'take the place of files that are there')
    .action((options: IssueOptions) => tellLateFailure('certs issue', () => issue(options)))
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(',')]
}

async function makeAuthority({ output, name, days }: AuthorityOptions): Promise<void> {
  const validity = validityOf(daysOf(days, MOST_AUTHORITY_DAYS), Number.POSITIVE_INFINITY)
  const commonName = authorityNameOf(name)
  const { authorityPaths, createAuthority } = await import('../certificates/authority.ts')
  await createAuthority(output, commonName, validity)
  tellFiles(authorityPaths(output))
  process.stderr.write(adviceOnAuthority(output, validity.untilMs))
}

async function issue(options: IssueOptions): Promise<void> {
  const names = namesOf(options)
  const days = daysOf(options.days, MOST_DAYS)
  const purposes = purposesOf(options)
  const stem = stemOf(options.output)
  const { authorityPaths, openAuthority } = await import('../certificates/authority.ts')
  const { createPair, pairPaths, replacePair } = await import('../certificates/pair-files.ts')
  const { signedBy } = await import('../certificates/x509.ts')
  const authority = openAuthority(options.authority, Date.now())
  const validity = validityOf(days, authority.untilMs)
  const pair = await signedBy(authority, { names, purposes, validity })
  const paths = pairPaths(stem)
  if (options.force) replacePair(paths, pair)
  else createPair(paths, pair)
  tellFiles(paths)
  const isCut = validity.untilMs === authority.untilMs
  const authorityPath = authorityPaths(options.authority).certificate
  process.stderr.write(adviceOnCertificate({ paths, authorityPath, names, purposes, untilMs: validity.untilMs, isCut }))
}

/** RFC 5280 has room for more; who will know in twenty years where the key has been? */
const MOST_AUTHORITY_DAYS = 7_300
/** Programs that look at it (browsers take 825 days, and 398 of public authorities) decide for themselves. */
const MOST_DAYS = 3_650

/** Clocks of machines differ by minutes, and who is behind would not believe a certificate that was made just now. */
const BACKDATED_MS = 5 * 60_000

function validityOf(days: number, mostUntilMs: number): Validity {
  const nowMs = Date.now()
  return { fromMs: nowMs - BACKDATED_MS, untilMs: Math.min(nowMs + days * DAY_MS, mostUntilMs) }
}

/** On stdout and one a line, for scripts. */
function tellFiles({ certificate, privateKey }: PairPaths): void {
  process.stdout.write(`${certificate}\n${privateKey}\n`)
}

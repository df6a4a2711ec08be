// edgerq token create|list|revoke: one-use tokens with which providers join a consumer, without a key being copied by hand.

import type { Command } from 'commander'
import { canonicalUuid } from '../keys/authorized-options.ts'
import { Enrolment, type KnownToken } from '../keys/enrolment.ts'
import { type HostPort, readHostPort } from '../keys/host-port.ts'
import { readIdentity } from '../keys/identity.ts'
import { shown } from '../keys/shown.ts'
import { isTokenId } from '../keys/token.ts'
import { type ConsumerFacts, readConsumerFacts } from './consumer-facts.ts'
import { ExitError, ExitStatus } from './exit.ts'
import { stateDirectoryPath } from './state-directory.ts'
import { tellFailure } from './tell-failure.ts'

interface CreateOptions {
  readonly service: readonly string[]
  readonly ttl: string
  readonly config?: string
  readonly address?: string
  readonly identity?: string
}

export function addToken(program: Command): void {
  const token = program
    .command('token')
    .description('one-use tokens with which providers join a consumer (edgerq-sp join)')
  token
    .command('create')
    .description('make a token and print it; its secret is shown this once')
    .requiredOption('--service <uuid>', 'what the provider may serve; may be given several times', collect)
    .option('--ttl <time>', 'how long the token can be used, such as 30m, 24h or 7d', '24h')
    .option('--config <file>', "the consumer's configuration, which tells its key and its address")
    .option('--address <host:port>', "where providers reach the consumer's listener")
    .option('--identity <file>', "the consumer's private key, instead of --config")
    .action((options: CreateOptions) => tellFailure('token create', () => create(options)))
  token
    .command('list')
    .description('print the tokens that were made: id, state, expiry, services, and which key used it')
    .action(() => tellFailure('token list', list))
  token
    .command('revoke')
    .description('end a token that was not used yet')
    .argument('<id>', 'as edgerq token list prints it')
    .action((id: string) => tellFailure('token revoke', () => revoke(id)))
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function create(options: CreateOptions): void {
  const ttlMs = ttlOf(options.ttl)
  const services = options.service.map(uuidOf)
  const facts = options.config === undefined ? null : readConsumerFacts(options.config)
  for (const uuid of services) {
    if (facts !== null && !facts.services.includes(uuid)) throw misuse(`${options.config} has no service ${uuid}`)
  }
  const address = addressOf(options, facts)
  const { publicKey } = readIdentity(identityPathOf(options, facts))
  const directory = stateDirectoryPath(process.env)
  const order = { services, ttlMs, address, consumerKey: publicKey }
  const token = new Enrolment(directory).create(order, Date.now())
  process.stdout.write(`${token.text}\n`)
  process.stderr.write(`
Token ${token.id} lets in one provider, once, until ${minute(token.expiresAtMs)}.
Whoever has it can join in its place: send it by a way that nobody else reads. Where the service is:
  edgerq-sp join TOKEN --to 127.0.0.1:8080

It is kept, without its secret, in ${directory}: the consumer must run with the same state directory.
`)
}

function list(): void {
  const directory = stateDirectoryPath(process.env)
  const tokens = new Enrolment(directory).list(Date.now())
  if (tokens.length === 0) process.stderr.write(`There are no tokens in ${directory}.\n`)
  for (const token of tokens) process.stdout.write(`${lineOf(token)}\n`)
}

/** Columns in a fixed order, so that scripts can take the first ones. */
function lineOf({ id, state, expiresAtMs, services, end }: KnownToken): string {
  const columns = [id, state.padEnd('revoked'.length), minute(expiresAtMs), services.join(',')]
  return [...columns, end?.usedBy ?? ''].join('  ').trimEnd()
}

function revoke(id: string): void {
  if (!isTokenId(id)) throw misuse(`${shown(id)} is no token's id; edgerq token list prints them`)
  const directory = stateDirectoryPath(process.env)
  const state = new Enrolment(directory).revoke(id, Date.now())
  if (state === null) throw failure(`there is no token ${id} in ${directory}; edgerq token list prints those that are`)
  if (state === 'used') {
    throw failure(
      `token ${id} was used already; to shut its provider out, write revoked before its key in the authorized file`,
    )
  }
  process.stdout.write(`${id} is revoked\n`)
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const LEAST_TTL_MS = UNIT_MS.m
/** A secret that lies about for longer is better replaced by keys that are exchanged. */
const MOST_TTL_MS = 30 * UNIT_MS.d

function ttlOf(text: string): number {
  const [, digits, unit] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? []
  const ttlMs = Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS]
  if (ttlMs >= LEAST_TTL_MS && ttlMs <= MOST_TTL_MS) return ttlMs
  throw misuse(`--ttl must be 1m to 30d, a whole number and s, m, h or d, not ${shown(text)}`)
}

function uuidOf(text: string): string {
  const uuid = canonicalUuid(text)
  if (uuid !== null) return uuid
  throw misuse(`--service must be a UUID such as 11111111-2222-3333-4444-555555555555, not ${shown(text)}`)
}

function addressOf({ address, config }: CreateOptions, facts: ConsumerFacts | null): HostPort {
  if (address !== undefined) {
    const read = readHostPort(address)
    if (read !== null) return read
    throw misuse(`--address must be HOST:PORT, such as example.org:12345 or [2001:db8::1]:12345, not ${shown(address)}`)
  }
  if (facts === null) throw misuse('--address HOST:PORT is missing: where providers reach the listener of the consumer')
  if (facts.address !== null) return facts.address
  throw misuse(
    `--address HOST:PORT is missing: ${config} does not tell by which name or port others reach its listener of UDP`,
  )
}

function identityPathOf({ identity, config }: CreateOptions, facts: ConsumerFacts | null): string {
  if (identity !== undefined && facts !== null)
    throw misuse('--config and --identity both name a key; give one of them')
  if (identity !== undefined) return identity
  if (facts === null) throw misuse('--config FILE or --identity FILE is missing: it tells the key of the consumer')
  if (facts.identityPath !== null) return facts.identityPath
  throw misuse(`${config} has no <identity>, and a token must tell the consumer's key; edgerq keygen makes one`)
}

function minute(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16)}Z`
}

function misuse(message: string): ExitError {
  return new ExitError(ExitStatus.wrongUsage, message)
}

function failure(message: string): ExitError {
  return new ExitError(ExitStatus.couldNotRun, message)
}

// The command line of edgerq-stresstest, read into a plan.

import { randomInt } from 'node:crypto'
import { METHODS, validateHeaderName, validateHeaderValue } from 'node:http'
import { Command, InvalidArgumentError } from 'commander'
import { VERSION } from '../../src/cli/version.ts'
import type { BodyPlan, LoadPlan } from './plan.ts'

/** How the program ends. */
export const ExitStatus = { allRight: 0, someFailed: 1, wrongUsage: 2 } as const

export interface Asked {
  readonly plan: LoadPlan
  readonly output: 'table' | 'json'
}

interface Options {
  readonly connections: number
  readonly duration?: number
  readonly rate?: number
  readonly requests?: number
  readonly method?: string
  readonly bodyBytes?: number
  readonly chunked?: true
  readonly keepAlive: boolean
  readonly verify: boolean
  readonly timeout: number
  readonly header: readonly string[]
  readonly json?: true
  readonly seed?: number
  readonly insecure?: true
}

const SEEDS = 1_000_000
const DEFAULT_SECONDS = 10

const HELP = `
Answers are read to their end and checked. Of the sample web server's /bytes/N, /hash and /echo every byte is known; any other URL
must keep its own framing and, for GET, bring the bytes of its first answer again. {id} in the URL becomes another id in each request.
With --rate, latency counts from when a request was due, not from when a connection was free for it.

Signals: SIGINT ends the run and prints what it has found so far; a second one exits now.
Exit status: 0 every answer was right, 1 some request failed, 2 the command line is wrong.`

/** Throws commander's own error after it has told the user what is wrong, or has printed what was asked for. */
export function readCommandLine(args: readonly string[]): Asked {
  const command = new Command('edgerq-stresstest')
    .description('Sends HTTP requests to a URL, as many and as fast as asked, and checks each answer.')
    .argument('<url>', 'http:// or https://', url)
    .option('--connections <n>', 'requests at once, each on a connection of its own', whole(1, 100_000), 10)
    .option(
      '--duration <s>',
      `seconds (default: ${DEFAULT_SECONDS}, or until --requests are done)`,
      decimal(0.001, 86_400),
    )
    .option('--rate <r>', 'requests per second in all (default: as fast as the connections allow)', decimal(0.001, 1e6))
    .option('--requests <n>', 'stop after so many', whole(1, 1e12))
    .option('--method <m>', 'GET, HEAD, POST … (default: GET, or POST with a body)', method)
    .option('--body-bytes <n>', 'bytes of body in each request', whole(0, 1e12))
    .option('--chunked', 'send the body in chunks, without saying its length')
    .option('--no-keep-alive', 'open a connection for each request')
    .option(
      '--timeout <s>',
      'give a request up when its answer is not whole after so many seconds',
      decimal(0.001, 86_400),
      30,
    )
    .option('--header <field>', "'Name: value', sent with each request; may be repeated", field, [])
    .option('--no-verify', 'check only that no announced byte of an answer is missing')
    .option('--json', 'print the result as one JSON object')
    .option('--seed <n>', 'makes the ids and the bodies the same again', whole(0, 2 ** 31 - 1))
    .option('--insecure', 'take any certificate over https')
    .version(`edgerq-stresstest ${VERSION}`)
    .addHelpText('after', HELP)
    .exitOverride()
    .showHelpAfterError('(edgerq-stresstest --help says more)')
  command.parse([...args], { from: 'user' })
  const options = command.opts<Options>()
  return { plan: planOf(command.processedArgs[0] as URL, options), output: options.json ? 'json' : 'table' }
}

function planOf(url: URL, options: Options): LoadPlan {
  const body = bodyOf(options)
  const untilDone = options.requests === undefined ? DEFAULT_SECONDS : Number.POSITIVE_INFINITY
  return {
    url,
    method: options.method ?? (body.kind === 'none' ? 'GET' : 'POST'),
    fields: options.header,
    body,
    connections: options.connections,
    keepAlive: options.keepAlive,
    ratePerSecond: options.rate ?? null,
    durationMs: (options.duration ?? untilDone) * 1000,
    requests: options.requests ?? Number.POSITIVE_INFINITY,
    timeoutMs: options.timeout * 1000,
    verify: options.verify ? 'content' : 'framing',
    certificate: options.insecure ? 'any' : 'valid',
    seed: options.seed ?? randomInt(SEEDS),
  }
}

function bodyOf({ bodyBytes, chunked }: Options): BodyPlan {
  if (chunked) return { kind: 'chunked', bytes: bodyBytes ?? 0 }
  return bodyBytes === undefined ? { kind: 'none', bytes: 0 } : { kind: 'length', bytes: bodyBytes }
}

function url(text: string): URL {
  const parsed = URL.canParse(text) ? new URL(text) : null
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed
  throw new InvalidArgumentError('It must be like http://127.0.0.1:3000/bytes/1000.')
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}

function decimal(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`)
  }
}

function method(text: string): string {
  const name = text.toUpperCase()
  if (METHODS.includes(name) && name !== 'CONNECT') return name
  throw new InvalidArgumentError('It must be a method of HTTP, like GET or PUT.')
}

/** The framing is what --body-bytes, --chunked and --no-keep-alive are for. */
const OURS = ['content-length', 'transfer-encoding', 'connection']

function field(text: string, before: readonly string[]): readonly string[] {
  const colon = text.indexOf(':')
  const name = text.slice(0, colon)
  const value = text.slice(colon + 1).trim()
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    throw new InvalidArgumentError("It must be like 'Name: value'.")
  }
  if (!OURS.includes(name.toLowerCase())) return [...before, name, value]
  throw new InvalidArgumentError('--body-bytes, --chunked and --no-keep-alive say what this field says.')
}

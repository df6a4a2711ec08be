// One line on stderr for each event: a name and fields, not sentences. What peers and clients put into a field cannot break
// the line, colour the terminal or fill the disk.

import { createLogger, format, type Logger, transports } from 'winston'

/** The levels, the most urgent first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What is known about an event. A field that is undefined is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | bigint | null | undefined>>

export interface Log {
  error(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  debug(event: string, fields?: LogFields): void
  /** Ask before building the fields of a debug line: while it is false, nothing is spent on it. */
  readonly isDebug: boolean
  /**
   * For what strangers can cause at will: the first is told at once, then the count, one line a minute for each name.
   * `event` must be a constant of the program, never something that a peer chose.
   */
  tally(event: string): void
  /**
   * For what strangers can cause at will and an operator wants to see: the first ten of a minute are told with their fields, at `warn`, the
   * rest is counted like a tally. `event` as there. Of one and the same `whom` only the first is told: whoever tries again and again must not
   * keep the others from being named.
   */
  some(event: string, fields: LogFields, whom?: string): void
  /** Tells what was counted and waits until every line has left the process. */
  close(): Promise<void>
}

export interface LogOptions {
  readonly level: LogLevel
  /** True: lines for people. False: one JSON object a line. */
  readonly isTerminal: boolean
  /** Where lines go; stderr unless told. */
  readonly stream?: NodeJS.WritableStream
}

export function openLog(options: LogOptions): Log {
  return new EventLog(options)
}

const TALLY_EVERY_MS = 60_000
const MOST_TOLD_IN_FULL = 10

class EventLog implements Log {
  readonly isDebug: boolean
  readonly #logger: Logger
  readonly #stream: NodeJS.WritableStream
  /** Counted since the last line, by event. An entry with 0 was told within this minute. */
  readonly #counts = new Map<string, number>()
  /** Told in full within this minute, by event: about whom, or nobody. */
  readonly #told = new Map<string, (string | undefined)[]>()
  #minute: NodeJS.Timeout | null = null

  constructor({ level, isTerminal, stream = process.stderr }: LogOptions) {
    this.isDebug = level === 'debug'
    this.#stream = stream
    // Whoever reads us may go away (a closed pipe); the tunnel must not die of that.
    stream.on('error', ignore)
    this.#logger = createLogger({
      level,
      levels: Object.fromEntries(LOG_LEVELS.map((name, rank) => [name, rank])),
      format: format.printf(({ level, message, fields }) =>
        (isTerminal ? lineForPeople : lineOfJson)(level, String(message), fields as LogFields),
      ),
      transports: [new transports.Stream({ stream, eol: '\n' })],
    })
  }

  error(event: string, fields: LogFields = {}): void {
    this.#logger.log({ level: 'error', message: event, fields })
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#logger.log({ level: 'warn', message: event, fields })
  }

  info(event: string, fields: LogFields = {}): void {
    this.#logger.log({ level: 'info', message: event, fields })
  }

  debug(event: string, fields: LogFields = {}): void {
    if (this.isDebug) this.#logger.log({ level: 'debug', message: event, fields })
  }

  tally(event: string): void {
    const count = this.#counts.get(event)
    this.#counts.set(event, count === undefined ? 0 : count + 1)
    if (count !== undefined) return
    this.info(event, { count: 1 })
    this.#startMinute()
  }

  some(event: string, fields: LogFields, whom?: string): void {
    const told = this.#told.get(event) ?? []
    if (told.length >= MOST_TOLD_IN_FULL || (whom !== undefined && told.includes(whom))) {
      this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1)
      return
    }
    told.push(whom)
    this.#told.set(event, told)
    this.warn(event, fields)
    this.#startMinute()
  }

  async close(): Promise<void> {
    this.#tellCounts()
    this.#stopCounting()
    const finished = new Promise((resolve) => this.#logger.once('finish', resolve))
    this.#logger.end()
    await finished
    await new Promise<void>((resolve) => this.#stream.write('', () => resolve()))
    this.#stream.off('error', ignore)
  }

  /** An event that was quiet for a whole minute is forgotten: its next one is told at once again. */
  #tellCounts(): void {
    for (const [event, count] of this.#counts) {
      if (count === 0) {
        this.#counts.delete(event)
        continue
      }
      this.#counts.set(event, 0)
      this.info(event, { count })
    }
    this.#told.clear()
    if (this.#counts.size === 0) this.#stopCounting()
  }

  #startMinute(): void {
    this.#minute ??= setInterval(() => this.#tellCounts(), TALLY_EVERY_MS).unref()
  }

  #stopCounting(): void {
    if (this.#minute !== null) clearInterval(this.#minute)
    this.#minute = null
  }
}

function lineOfJson(level: string, event: string, fields: LogFields): string {
  const line: Record<string, unknown> = { time: new Date().toISOString(), level, event }
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || Object.hasOwn(line, name)) continue
    line[name] =
      typeof value === 'number' || typeof value === 'boolean' || value === null ? value : clean(String(value))
  }
  return JSON.stringify(line)
}

function lineForPeople(level: string, event: string, fields: LogFields): string {
  let line = `${new Date().toISOString()} ${level.padEnd(5)} ${event}`
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const text = clean(String(value))
    line += /^[^\s"=]+$/.test(text) ? ` ${name}=${text}` : ` ${name}=${JSON.stringify(text)}`
  }
  return line
}

const MAX_FIELD_BYTES = 256
const CUT_MARK = '…'
const fieldBytes = new Uint8Array(MAX_FIELD_BYTES)
const roomBeforeMark = fieldBytes.subarray(0, MAX_FIELD_BYTES - Buffer.byteLength(CUT_MARK))
const encoder = new TextEncoder()

/**
 * Commands to a terminal (ECMA-48): CSI with its parameters, and the strings of OSC, DCS, SOS, PM and APC with their text.
 * One without its end loses only its beginning: it must not hide the rest of the field.
 */
const TERMINAL_COMMANDS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)/g

/** What ends a line or a word keeps apart what stood on its two sides. */
const BREAKS = /[\t\n\v\f\r\x85\u2028\u2029]+/g

/** C0, DEL and C1; the marks that turn the direction of writing (they can make a line read as another); half characters. */
const UNFIT =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu

/** No more of a field is looked at than could survive: its cost must not grow with what a stranger sends. */
const MAX_LOOKED_AT = 4 * MAX_FIELD_BYTES

function clean(text: string): string {
  const plain = text.slice(0, MAX_LOOKED_AT).replace(TERMINAL_COMMANDS, '').replace(BREAKS, ' ').replace(UNFIT, '')
  const isWhole = text.length <= MAX_LOOKED_AT && encoder.encodeInto(plain, fieldBytes).read === plain.length
  return isWhole ? plain : plain.slice(0, encoder.encodeInto(plain, roomBeforeMark).read) + CUT_MARK
}

function ignore(): void {}

// Parts in files, one for each ground, in the folder `parts` beside the report that is drawn from them.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from '../machine.ts'
import { type Figure, Samples, type Series } from '../samples.ts'
import { byGround, groundNamed } from './ground-name.ts'
import type { Failure } from './outcome.ts'
import type { Part, PartContender, PartOptions } from './part.ts'
import {
  type Check,
  hasFields,
  isFlag,
  isListOf,
  isNumber,
  isOneOf,
  isRecord,
  isRecordOf,
  isText,
  wrongField,
} from './shape.ts'

type Fields<Of> = Record<keyof Of, Check>

const MACHINE: Fields<Machine> = {
  node: isText,
  system: isText,
  processor: isText,
  cores: isNumber,
  memoryBytes: isNumber,
  commit: isText,
}
const OPTIONS: Fields<PartOptions> = {
  rounds: isNumber,
  seconds: isNumber,
  transferBytes: isNumber,
  withinSeconds: isNumber,
  isQuick: isFlag,
}
const CONTENDER: Fields<PartContender> = {
  name: isText,
  tunnel: isText,
  controller: isOneOf('cubic', 'bbr', null),
  whose: isOneOf('ours', 'others', 'nobody'),
  isEncrypted: isFlag,
  hops: isNumber,
  isOverTcp: isFlag,
}
const FIGURE: Fields<Figure> = { name: isText, unit: isText, digits: isNumber }
const SERIES: Fields<Series> = { ...FIGURE, values: isRecordOf(isListOf(isNumber)) }
const FAILURE: Fields<Failure> = { figures: isListOf(isText), route: isText, reason: isText }
const PART: Fields<Part> = {
  ground: (value) => typeof value === 'string' && groundNamed(value) !== null,
  title: isText,
  at: isText,
  machine: hasFields(MACHINE),
  versions: isListOf(isText),
  options: hasFields(OPTIONS),
  contenders: isListOf(hasFields(CONTENDER)),
  samples: isListOf(hasFields(SERIES)),
  failures: isListOf(hasFields(FAILURE)),
  left: isListOf(isText),
}

/** In the place of the one that was there before, of the same ground. */
export function writePart(folder: string, part: Part): void {
  mkdirSync(join(folder, 'parts'), { recursive: true })
  writeFileSync(join(folder, 'parts', `${part.ground.replace('/', '-')}.json`), `${legible(part)}\n`)
}

/** All that are there, in the order of their grounds. Throws with a sentence that names the file when one is broken. */
export function readParts(folder: string): Part[] {
  const own = join(folder, 'parts')
  const names = existsSync(own) ? readdirSync(own).filter((name) => name.endsWith('.json')) : []
  return names.map((name) => readPart(join(own, name))).sort((a, b) => byGround(a.ground, b.ground))
}

function readPart(file: string): Part {
  const content = parsed(file)
  if (!isRecord(content)) throw new Error(`${file} is not a part of a report: it is not a JSON object`)
  const wrong = wrongField(content, PART)
  if (wrong !== null)
    throw new Error(`${file} is not a part of a report: "${wrong}" is missing or not what it should be`)
  return { ...(content as unknown as Part), samples: Samples.from(content.samples as readonly Series[]) }
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`)
  }
}

/** The values of all rounds on one line: whoever compares two versions of a file sees what belongs together. */
function legible(part: Part): string {
  return JSON.stringify(part, null, 1).replaceAll(/\[\n([-+\d.,e\s]+)\]/g, (_, values: string) => {
    return `[${values.trim().replaceAll(/\s+/g, ' ')}]`
  })
}

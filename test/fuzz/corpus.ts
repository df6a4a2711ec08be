// The inputs that are kept in test/fuzz/corpus: good ones to begin with, and those that once broke something.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../../stresstest/rig/places.ts'
import { bytesOf } from '../protocol/bytes.ts'

/** One input a line, in hexadecimal; a remark may stand behind `#`. */
export function hexCorpus(file: string): readonly Uint8Array[] {
  return linesOf(textOf(file))
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((digits) => digits !== '')
    .map(bytesOf)
}

/** One input a line, as it is. */
export function lineCorpus(file: string): readonly Uint8Array[] {
  return linesOf(textOf(file)).map((line) => Buffer.from(line))
}

/** Inputs of many lines, with a line of four hyphens between them. */
export function blockCorpus(file: string): readonly Uint8Array[] {
  return textOf(file)
    .split('----\n')
    .map((block) => Buffer.from(block))
}

export function fixture(path: string): Uint8Array {
  return readFileSync(join(projectFolder, 'test/fixtures', path))
}

function textOf(file: string): string {
  return readFileSync(join(projectFolder, 'test/fuzz/corpus', file), 'utf8')
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}

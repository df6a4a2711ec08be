// What the figures were measured on, for whoever compares two files of them.

import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { projectFolder } from '../stresstest/rig/places.ts'

export interface Machine {
  readonly node: string
  readonly system: string
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  /**
   * The last that changed what is measured: other commits make no other edgerq, and the results themselves are committed. `+changes` follows when
   * that is not as it was committed. Empty outside a git checkout, as in a source archive.
   */
  readonly commit: string
}

/** Beside the figures in the JSON. */
export function describeMachine(): Machine {
  const [processor] = cpus()
  return {
    node: process.version,
    system: `${process.platform} ${release()}`,
    processor: processor?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    commit: commit(),
  }
}

/** With what it depends on. */
const MEASURED = ['src', 'package-lock.json']

function commit(): string {
  try {
    const isChanged = git('status', '--porcelain', '--', ...MEASURED) !== ''
    return git('log', '-1', '--format=%h', '--abbrev=12', '--', ...MEASURED) + (isChanged ? '+changes' : '')
  } catch {
    return ''
  }
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd: projectFolder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}

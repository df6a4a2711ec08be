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
  /** Of what is measured; `+changes` follows when src/ is not as it was committed. Empty outside a git checkout, as in a source archive. */
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

function commit(): string {
  try {
    const isChanged = git('status', '--porcelain', '--', 'src') !== ''
    return git('rev-parse', '--short=12', 'HEAD') + (isChanged ? '+changes' : '')
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

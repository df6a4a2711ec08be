// What the figures were measured on, for whoever compares two files of them.

import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { projectFolder } from '../stresstest/rig/places.ts'

/** Beside the figures in the JSON. */
export function describeMachine(): object {
  const [processor] = cpus()
  return {
    node: process.version,
    system: `${process.platform} ${release()}`,
    processor: processor?.model,
    cores: cpus().length,
    memoryBytes: totalmem(),
    commit: commit(),
  }
}

/** Null outside a git checkout, and in a source archive. */
function commit(): string | null {
  try {
    const args = ['describe', '--always', '--dirty']
    return execFileSync('git', args, {
      cwd: projectFolder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return null
  }
}

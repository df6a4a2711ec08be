// Programs of others: named by an environment variable, or found on the PATH.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface FoundProgram {
  readonly path: string
  /** `frps 0.65.0`; as it says itself. */
  readonly version: string
}

/** Null when there is none. `versionFlag` makes it print its version. */
export function findProgram(name: string, versionFlag: string): FoundProgram | null {
  const path = process.env[variableOf(name)] ?? onPath(name)
  if (path === null || !isExecutable(path)) return null
  return { path, version: `${name} ${versionOf(path, versionFlag)}` }
}

/** What to say of one that was not found. */
export function notFound(name: string): string {
  return `${name} is not on the PATH and ${variableOf(name)} does not name it`
}

function variableOf(name: string): string {
  return `EDGERQ_BENCH_${name.toUpperCase()}`
}

function onPath(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function versionOf(path: string, flag: string): string {
  const { stdout, stderr } = spawnSync(path, [flag], { encoding: 'utf8', timeout: 10_000 })
  return `${stdout}${stderr}`.match(/\d+\.\d+\.\d+[\w.+-]*/)?.[0] ?? 'of an unknown version'
}

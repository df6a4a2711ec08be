// A lock file that a dead process cannot hold: it says which process holds it, down to the moment that one began.
//
// Processes in different pid namespaces (containers) that share a directory cannot see each other and take each other for
// dead; they need a directory each.

import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/** Each round lost means that another process moved in between; so many in a row do not happen. */
const MAX_ROUNDS = 16

const HAS_PROC = process.platform === 'linux' && readStat(process.pid) !== null
const OWN_MARK = (HAS_PROC ? markOf(process.pid) : null) ?? `${process.pid} ${randomUUID()}`

/** Returns what releases the lock; null: a live process holds it, perhaps this one. Throws if the disk refuses. */
export function lockForProcess(path: string): (() => void) | null {
  const draft = `${path}.${randomUUID()}.tmp`
  writeFileSync(draft, OWN_MARK, { mode: 0o600, flag: 'wx' })
  try {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (isLinked(draft, path)) return () => release(path)
      const holder = readIfThere(path)
      if (holder === null) continue
      if (isAlive(holder)) return null
      removeStale(path, holder)
    }
    return null
  } finally {
    rmSync(draft, { force: true })
  }
}

/** A link appears with its contents or not at all, and never replaces another. */
function isLinked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Two processes may find the same stale lock; whoever is slower must not remove the lock of the faster one. */
function removeStale(path: string, holder: string): void {
  const aside = `${path}.${randomUUID()}.tmp`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (readIfThere(aside) !== holder) isLinked(aside, path)
  rmSync(aside, { force: true })
}

function release(path: string): void {
  if (readIfThere(path) === OWN_MARK) rmSync(path, { force: true })
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function isAlive(holder: string): boolean {
  const pid = Number.parseInt(holder, 10)
  if (!(pid > 0)) return false
  if (pid === process.pid) return holder === OWN_MARK // else it is of an earlier process that had our number
  return HAS_PROC ? markOf(pid) === holder : isSignalled(pid)
}

/** A number, and what tells its bearer from an earlier one: this boot and the start time. Null: no such process. */
function markOf(pid: number): string | null {
  const stat = readStat(pid)
  if (stat === null) return null
  // proc(5): the name in parentheses may hold anything, so count from its end: state is the first, start time the 20th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const isDead = fields[0] === 'Z' || fields[0] === 'X' // killed, but its parent has not asked yet
  return isDead ? null : `${pid} ${readIfThere('/proc/sys/kernel/random/boot_id')?.trim()} ${fields[19]}`
}

function readStat(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null // gone, also while it was read (ESRCH)
  }
}

/** A number that was given to another process since then looks alive: a fresh instance id is the mild mistake. */
function isSignalled(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

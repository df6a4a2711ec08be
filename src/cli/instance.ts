// The name that a program keeps over its restarts, and that no two live programs bear: a peer ends the old session of a name
// when the name dials again, so two that share one would throw each other out for ever.

import { randomBytes } from 'node:crypto'
import type { Log } from '../log.ts'
import { lockForProcess } from './process-lock.ts'
import { parseHex, type StateFiles } from './state-files.ts'

const INSTANCE_ID_BYTES = 16

export interface Instance {
  readonly id: Uint8Array
  /** True: the name is ours alone, and files that go with it are ours to write. */
  readonly isKept: boolean
  close(): void
}

/** Never fails: without a lock or a disk the name is a fresh one that lasts as long as the process. */
export function openInstance(files: StateFiles, name: string, log: Log): Instance {
  const lock = files.pathOf(`${name}.lock`)
  const release = files.attempt<(() => void) | null | 'unusable'>(() => lockForProcess(lock), 'unusable')
  if (typeof release === 'function') return { id: keptId(files, `${name}.instance`), isKept: true, close: release }
  if (release === null) {
    log.warn('instanceTaken', {
      lock,
      cause: 'another live process runs this configuration',
      effect: 'this one goes by a fresh instance id and keeps no state',
    })
  }
  return { id: randomBytes(INSTANCE_ID_BYTES), isKept: false, close: () => {} }
}

function keptId(files: StateFiles, name: string): Uint8Array {
  const kept = files.read(name, (text) => parseHex(text, INSTANCE_ID_BYTES))
  if (kept !== null) return kept
  const fresh = randomBytes(INSTANCE_ID_BYTES)
  files.writeDurably(name, `${fresh.toString('hex')}\n`)
  return fresh
}

// Whether the kernel stops this process once it has used its share of processor time: cgroups, of containers and of systemd's CPUQuota=.

import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

const ROOT = '/sys/fs/cgroup'

/** What a file says; null: there is none that may be read. */
export type ReadText = (path: string) => string | null

/** The file that sets the nearest limit on this process, or null. */
export function cpuQuota(read: ReadText = readOrNull): string | null {
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (group === undefined) continue
    const hierarchy = HIERARCHIES.find(({ isMeant }) => isMeant(controllers!.split(',')))
    const limit = hierarchy === undefined ? null : limitAbove(group, hierarchy, read)
    if (limit !== null) return limit
  }
  return null
}

/** Where the limits of one version of cgroups stand. */
interface Hierarchy {
  readonly isMeant: (controllers: readonly string[]) => boolean
  readonly mount: string
  readonly file: string
}

/** Version 2, whose line names no controllers, then version 1: cgroups(7). */
const HIERARCHIES: readonly Hierarchy[] = [
  { isMeant: ([first]) => first === '', mount: ROOT, file: 'cpu.max' },
  { isMeant: (controllers) => controllers.includes('cpu'), mount: `${ROOT}/cpu`, file: 'cpu.cfs_quota_us' },
]

/** No limit is spelt "max 100000" or "-1". */
const LIMIT = /^\d/

/** In a container the groups above it are not seen, and its own may be mounted as the root: so the root is looked at, too. */
function limitAbove(group: string, { mount, file }: Hierarchy, read: ReadText): string | null {
  for (let at = group; ; at = posix.dirname(at)) {
    const path = posix.join(mount, at, file)
    if (LIMIT.test(read(path) ?? '')) return path
    if (at === '/') return null
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

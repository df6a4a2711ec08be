// The project's own source as a map, so that a check can be given a tree that exists only in a test.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { projectFolder } from '../../stresstest/rig/places.ts'

/** Path from the project's folder, with `/`, to text. */
export type SourceTree = ReadonlyMap<string, string>

/** Every .ts file in these folders of the project. */
export function readSourceTree(...folders: readonly string[]): SourceTree {
  const tree = new Map<string, string>()
  for (const folder of folders) {
    for (const entry of readdirSync(join(projectFolder, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
      const file = join(entry.parentPath, entry.name)
      tree.set(relative(projectFolder, file).replaceAll(sep, '/'), readFileSync(file, 'utf8'))
    }
  }
  return tree
}

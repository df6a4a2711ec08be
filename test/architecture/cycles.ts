// Finds files that import each other in a ring: none of them can be understood, tested or moved without the others.

import { importLines } from './import-lines.ts'
import { targetOf } from './layering.ts'
import type { SourceTree } from './source-tree.ts'

/** Each ring once, as `a → b → a`; imports of types count, for readers follow them too. */
export function importCycles(tree: SourceTree): readonly string[] {
  const rings: string[] = []
  const done = new Set<string>()
  const way: string[] = []
  const visit = (path: string): void => {
    const at = way.indexOf(path)
    if (at >= 0) {
      rings.push([...way.slice(at), path].join(' → '))
      return
    }
    if (done.has(path)) return
    way.push(path)
    for (const { from } of importLines(tree.get(path) ?? '')) {
      if (from.startsWith('.')) visit(targetOf(path, from))
    }
    way.pop()
    done.add(path)
  }
  for (const path of tree.keys()) visit(path)
  return rings
}

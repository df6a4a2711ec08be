// Where things are, seen from the built files: the project's own folder, and the programs that were built beside this one.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder with `package.json`. */
export const projectFolder = folderWith('package.json')

/** The command that runs a built program, which is named by its place in the source: `src/cli/edgerq-sc`. */
export function builtProgram(name: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, join(import.meta.dirname, '../..', `${name}.js`), ...args]
}

function folderWith(file: string): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, file))) {
    if (folder === dirname(folder)) throw new Error(`there is no ${file} above ${import.meta.dirname}`)
    folder = dirname(folder)
  }
  return folder
}

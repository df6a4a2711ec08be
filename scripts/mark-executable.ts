// Makes the built programs that package.json names executable: the compiler writes plain files, and npm marks them only when it installs.

import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../stresstest/rig/places.ts'

const EXECUTABLE = 0o755

const { bin } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { bin: Record<string, string> }

for (const [name, path] of Object.entries(bin)) {
  const file = join(projectFolder, path)
  if (!existsSync(file)) throw new Error(`package.json names ${path} for ${name}, but the build has not written it`)
  if (!readFileSync(file, 'utf8').startsWith('#!')) throw new Error(`${path} must begin with #!/usr/bin/env node`)
  chmodSync(file, EXECUTABLE)
}

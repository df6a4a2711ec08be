// Name and version of this program, from the package it was installed with.

import { readFileSync } from 'node:fs'

interface PackageFile {
  readonly version: string
}

function read(): PackageFile {
  // From dist/src/cli the package file is three folders up.
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as PackageFile
}

export const VERSION = read().version

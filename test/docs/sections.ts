// Reads a Markdown page as people do: sections, and what they say.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../../stresstest/rig/places.ts'

/** The text of a file of the project. */
export function page(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8')
}

/** What stands below `## title`, up to the next heading of that depth. */
export function section(text: string, title: string): string {
  const parts = text.split(/^## /m).filter((part) => part.startsWith(`${title}\n`))
  if (parts.length !== 1) throw new Error(`there are ${parts.length} sections "## ${title}"`)
  return parts[0]!.slice(title.length + 1)
}

/** Heading to paragraph, for every `### heading` of a section. */
export function entries(sectionText: string): ReadonlyMap<string, string> {
  const parts = sectionText.split(/^### /m).slice(1)
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n')).trim()]))
}

/** The cells of every row of the first table, without its head. */
export function rows(sectionText: string): readonly (readonly string[])[] {
  const lines = sectionText.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  )
}

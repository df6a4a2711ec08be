// docs/operations.md lists every event that the programs log, with its level.

import assert from 'node:assert/strict'
import { readSourceTree } from '../architecture/source-tree.ts'
import { page, rows, section } from './sections.ts'

/** `log.warn('name'`, also where one of two names is chosen. */
const EVENT = /\blog\.(error|warn|info|debug|tally|some)\(\s*(?:[^'()]*\? )?'(\w+)'(?: : '(\w+)')?/g

const COUNTED: Readonly<Record<string, string>> = { tally: 'info, counted', some: 'warn, counted' }

function loggedEvents(): ReadonlyMap<string, string> {
  const events = new Map<string, string>()
  for (const text of readSourceTree('src').values()) {
    for (const [, method, name, other] of text.matchAll(EVENT)) {
      const level = COUNTED[method!] ?? method!
      for (const event of [name, other]) if (event !== undefined) events.set(event, level)
    }
  }
  return events
}

/** A row may tell of two events, with one level or with one each. */
function listedEvents(): ReadonlyMap<string, string> {
  const events = new Map<string, string>()
  for (const [names, level] of rows(section(page('docs/operations.md'), 'Events'))) {
    const levels = level!.endsWith('counted') ? [level!] : level!.split(', ')
    for (const [index, name] of names!.replaceAll('`', '').split(', ').entries()) {
      events.set(name, levels[index] ?? levels[0]!)
    }
  }
  return events
}

describe('docs/operations.md', () => {
  it('lists every event that is logged, at its level, and no other', () => {
    const sorted = (events: ReadonlyMap<string, string>) => [...events].map((entry) => entry.join(' ')).sort()
    assert.deepEqual(sorted(listedEvents()), sorted(loggedEvents()))
  })
})

// What the pages point at is there: files, headings, npm scripts. A reader who follows them must not end up nowhere.

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectFolder } from '../../stresstest/rig/places.ts'
import { page } from './sections.ts'

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'bench/README.md',
  'src/protocol/README.md',
  'stunnel/README.md',
  ...readdirSync(join(projectFolder, 'docs')).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'))

const { scripts } = JSON.parse(page('package.json')) as { scripts: Readonly<Record<string, string>> }

/** `[text](target)`, but not an image's or a site's. */
const LINK = /\[[^\]]*\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)/g
/** A file of the project named in the running text: `src/cli/exit.ts`, docs/errors.md. */
const NAMED = /(?<![\w./-])(?:src|docs|config|test|bench|scripts|stresstest|stunnel|\.ci)\/[\w./@-]*\w/g
const SCRIPT = /\bnpm run ([\w:-]+)/g

describe('the pages', () => {
  for (const path of PAGES) {
    it(`${path} points only at what is there`, () => {
      const text = page(path)
      const lost: string[] = []
      for (const [link, target, heading] of text.matchAll(LINK)) {
        const file = target === '' ? path : join(dirname(path), target!)
        if (!existsSync(join(projectFolder, file))) lost.push(link)
        else if (heading !== undefined && !anchors(file).has(heading.slice(1))) lost.push(link)
      }
      for (const [name] of text.matchAll(NAMED)) if (!isThere(name)) lost.push(name)
      for (const [command, script] of text.matchAll(SCRIPT)) if (!Object.hasOwn(scripts, script!)) lost.push(command)
      assert.deepEqual(lost, [])
    })
  }
})

/** Named in the pages, made only when it is needed. */
const MADE_LATER = ['bench/results', 'bench/results/against']

function isThere(name: string): boolean {
  return MADE_LATER.includes(name) || existsSync(join(projectFolder, name))
}

/** As the sites that show Markdown spell them. */
function anchors(path: string): ReadonlySet<string> {
  const headings = [...page(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\d\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

// What to say about an element or attribute that does not belong where it stands: most often a slip of the keyboard.

import { GROUP_NAMES, GROUPS, type GroupName } from './groups.ts'
import { nearest } from './nearest.ts'
import { brief, type Problems } from './problems.ts'
import { EDITOR_ATTRIBUTES, ELEMENTS } from './schema.ts'
import type { XmlElement } from './source.ts'

const ALL_NAMES: ReadonlySet<string> = new Set([...ELEMENTS, ...Object.values(GROUPS)].map((rule) => rule.name))

/** `here`: the names that may stand in `group`. */
export function refuseElement(
  stranger: XmlElement,
  group: GroupName,
  here: readonly string[],
  problems: Problems,
): void {
  if (problems.isFull) return // looking for the nearest name is the dearest thing that a file can ask for
  const shown = `<${brief(stranger.name)}>`
  if (isForLater(stranger.name)) {
    problems.add(stranger, `${shown} is not in this version; leave it out`)
  } else if (ALL_NAMES.has(stranger.name)) {
    problems.add(
      stranger,
      `${shown} may not stand in <${GROUPS[group].name}>; it belongs ${homeOf(stranger.name, group)}`,
    )
  } else {
    const meant = nearest(stranger.name, here) ?? nearest(stranger.name, ALL_NAMES)
    problems.add(stranger, `unknown element ${shown} in <${GROUPS[group].name}>${didYouMean(meant && `<${meant}>`)}`)
  }
}

/** Groups have no attributes; only a root may carry those by which an editor finds the .xsd file. */
export function refuseAttributes(element: XmlElement, group: GroupName, problems: Problems): void {
  for (const name of element.attributes.keys()) {
    const isForEditors = GROUPS[group].under === null && EDITOR_ATTRIBUTES.has(name)
    if (!isForEditors) refuseAttribute(element, name, [], problems)
  }
}

export function refuseAttribute(element: XmlElement, name: string, here: readonly string[], problems: Problems): void {
  problems.add(element, `unknown attribute ${brief(name)} of <${element.name}>${didYouMean(nearest(name, here))}`)
}

function didYouMean(meant: string | null): string {
  return meant === null ? '' : `; did you mean ${meant}?`
}

function isForLater(name: string): boolean {
  return ELEMENTS.some((rule) => rule.name === name && rule.takes.kind === 'nothing yet')
}

/** Where an element of this name may stand: in this file, or else in the other one. */
function homeOf(name: string, group: GroupName): string {
  const homes = [...ELEMENTS.filter((rule) => rule.name === name).flatMap((rule) => rule.under), ...parentsOf(name)]
  const inThisFile = homes.filter((home) => GROUPS[home].file === GROUPS[group].file)
  const parents = new Set((inThisFile.length > 0 ? inThisFile : homes).map((home) => `<${GROUPS[home].name}>`))
  if (parents.size === 0) return 'at the root'
  const otherFile = inThisFile.length > 0 ? '' : ` of ${GROUPS[homes[0]!].file}.xml`
  return `in ${[...parents].join(' or ')}${otherFile}`
}

function parentsOf(name: string): readonly GroupName[] {
  const parents = GROUP_NAMES.filter((group) => GROUPS[group].name === name).map((group) => GROUPS[group].under)
  return parents.filter((parent) => parent !== null)
}

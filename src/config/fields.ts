// What one group of the file says, read by the table: every setting once, whether written here, inherited or left to its default.

import { GROUPS, type GroupName, groupsIn } from './groups.ts'
import { type Place, type Problems, quote } from './problems.ts'
import { type ElementRule, settingsOf } from './schema.ts'
import { absentSetting, readSetting, type Setting } from './setting.ts'
import type { XmlElement } from './source.ts'
import { refuseAttributes, refuseElement } from './strangers.ts'
import { allowed } from './values.ts'

/**
 * The settings and groups inside one group element. What is wrong with them is in `problems` when the constructor returns;
 * a value that could not be read is then filled with something of its type, so that reading goes on and finds the rest.
 */
export class Fields {
  /** Of the group itself. */
  readonly place: Place
  readonly #element: XmlElement
  readonly #group: GroupName
  readonly #problems: Problems
  readonly #written: ReadonlyMap<string, readonly XmlElement[]>
  readonly #settings = new Map<string, readonly Setting[]>()
  readonly #groups = new Map<GroupName, readonly XmlElement[]>()

  /** `defaults`: whose settings hold where this group leaves them out. */
  constructor(element: XmlElement, group: GroupName, problems: Problems, defaults?: Fields) {
    this.place = element
    this.#element = element
    this.#group = group
    this.#problems = problems
    refuseAttributes(element, group, problems)
    if (element.text !== '') {
      problems.add(element, `text may not stand in <${element.name}>, only elements may: ${quote(element.text)}`)
    }
    const inherited = (name: string) => (defaults === undefined ? undefined : defaults.#settings.get(name))
    this.#written = this.#sort(element, group, problems)
    for (const rule of settingsOf(group)) {
      const own = this.#written.get(rule.name)?.map((member) => readSetting(rule, member, problems))
      const settings = own ?? inherited(rule.name)
      this.#settings.set(rule.name, settings ?? [absentSetting(rule, element)])
      if (settings === undefined && rule.fallback === null) this.#refuseAbsence(rule)
    }
    const needed = groupsIn(group).filter((name) => GROUPS[name].occurs !== 'at most once')
    for (const missing of needed.filter((name) => this.groups(name).length === 0)) {
      problems.add(element, `<${GROUPS[missing].name}> is missing in <${element.name}>`)
    }
  }

  /** True: the element stands in this very group, whatever it says. */
  isWritten(name: string): boolean {
    return this.#written.has(name)
  }

  /** For what the table lets be left out, and its neighbours do not. */
  refuseAbsence(name: string): void {
    const rule = settingsOf(this.#group).find((candidate) => candidate.name === name)
    if (rule !== undefined && !this.isWritten(name)) this.#refuseAbsence(rule)
  }

  text(name: string): string {
    return String(this.#setting(name).value)
  }

  number(name: string): number {
    return Number(this.#setting(name).value)
  }

  isYes(name: string): boolean {
    return this.text(name) === 'yes'
  }

  /** The one of `words` (those of the table) that holds. */
  word<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const { value } = this.#setting(name)
    return words.find((word) => word === value) ?? words[0]
  }

  attribute(name: string, attribute: string): number {
    return Number(this.#setting(name).attributes.get(attribute))
  }

  /** Of an element that may be repeated: each as it is written, or else the default alone. */
  all(name: string): readonly Setting[] {
    const settings = this.#settings.get(name)
    if (settings === undefined) throw new Error(`the table of elements has no <${name}> here`)
    return settings
  }

  placeOf(name: string): Place {
    return this.#setting(name).place
  }

  /** False: the value was refused or is missing, and must not be compared with others. */
  isSound(name: string): boolean {
    return this.#setting(name).isSound
  }

  groups(name: GroupName): readonly XmlElement[] {
    return this.#groups.get(name) ?? []
  }

  #refuseAbsence(rule: ElementRule): void {
    const where = `<${rule.name}> is missing in <${this.#element.name}>`
    this.#problems.add(this.#element, `${where}; it must be ${allowed(rule.takes)}`)
  }

  #setting(name: string): Setting {
    return this.all(name)[0]!
  }

  /** Tells settings (returned) from groups (kept) and from what does not belong here; of what stands there too often, the first count. */
  #sort(element: XmlElement, group: GroupName, problems: Problems): ReadonlyMap<string, readonly XmlElement[]> {
    const most = mostIn(group)
    const kept = new Map<string, XmlElement[]>()
    for (const child of element.children) {
      const mostHere = most.get(child.name)
      const earlier = kept.get(child.name) ?? []
      if (mostHere === undefined) {
        refuseElement(child, group, [...most.keys()], problems)
      } else if (earlier.length < mostHere) {
        kept.set(child.name, earlier)
        earlier.push(child)
      } else {
        const times = mostHere === 1 ? 'only once' : `at most ${mostHere} times`
        const where = `in <${element.name}>; the first is on line ${earlier[0]!.line}`
        problems.add(child, `<${child.name}> may stand ${times} ${where}`)
      }
    }
    for (const name of groupsIn(group)) this.#groups.set(name, kept.get(GROUPS[name].name) ?? [])
    return kept
  }
}

/** How often each element may stand in `group`. */
function mostIn(group: GroupName): ReadonlyMap<string, number> {
  const groups = groupsIn(group).map((name): [string, number] => {
    const { name: tag, occurs } = GROUPS[name]
    return [tag, occurs === 'at least once' ? Number.POSITIVE_INFINITY : 1]
  })
  return new Map([...groups, ...settingsOf(group).map((rule): [string, number] => [rule.name, rule.most ?? 1])])
}

// One setting: the value of one element with its attributes, as written or as the table has it.

import { brief, type Place, type Problems } from './problems.ts'
import type { ElementRule, Taken } from './schema.ts'
import type { XmlElement } from './source.ts'
import { refuseAttribute } from './strangers.ts'
import { allowed, judge, type Value } from './values.ts'

export interface Setting {
  readonly value: Value
  readonly attributes: ReadonlyMap<string, Value>
  /** Where it is written; without an element of its own, where the element that should hold it is. */
  readonly place: Place
  /** False: the value, or that of an attribute, stands in for one that was refused or is missing, and means nothing. */
  readonly isSound: boolean
}

/** Empty: the attribute is not written and has no default. */
export function attributeOf({ attributes }: Setting, name: string): string {
  return String(attributes.get(name) ?? '')
}

export function readSetting(rule: ElementRule, element: XmlElement, problems: Problems): Setting {
  const judged = judge(rule.takes, element.text, `<${rule.name}>`)
  const isForLater = rule.takes.kind === 'nothing yet' // what it holds is then for later too
  if (!isForLater) refuseChildren(element, problems)
  const isNamedAlready = !isForLater && element.children.length > 0
  if (!judged.ok && !isNamedAlready) problems.add(element, judged.what)
  const attributes = isForLater ? null : readAttributes(rule, element, problems)
  return {
    value: judged.ok ? judged.value : '',
    attributes: attributes?.values ?? new Map(),
    place: element,
    isSound: judged.ok && attributes?.areSound === true,
  }
}

/** What holds without the element. */
export function absentSetting(rule: ElementRule, place: Place): Setting {
  if (rule.fallback === null || rule.fallback === '') {
    return { value: '', attributes: attributeDefaults(rule), place, isSound: rule.fallback !== null }
  }
  return { value: defaultValue(rule.takes, rule.fallback), attributes: attributeDefaults(rule), place, isSound: true }
}

function refuseChildren(element: XmlElement, problems: Problems): void {
  for (const child of element.children) {
    problems.add(child, `<${brief(child.name)}> may not stand in <${element.name}>, which holds a value`)
  }
}

interface Attributes {
  readonly values: ReadonlyMap<string, Value>
  /** False: one was refused or is missing. */
  readonly areSound: boolean
}

function readAttributes(rule: ElementRule, element: XmlElement, problems: Problems): Attributes {
  const known = new Map((rule.attributes ?? []).map((attribute) => [attribute.name, attribute]))
  const values = attributeDefaults(rule)
  let areSound = true
  for (const [name, text] of element.attributes) {
    const attribute = known.get(name)
    const judged = attribute && judge(attribute.takes, text, `attribute ${name} of <${rule.name}>`)
    if (judged === undefined) refuseAttribute(element, name, [...known.keys()], problems)
    else if (!judged.ok) problems.add(element, judged.what)
    if (judged?.ok) values.set(name, judged.value)
    else areSound = false
  }
  for (const { name, takes, fallback } of known.values()) {
    if (fallback !== null || element.attributes.has(name)) continue
    problems.add(element, `attribute ${name} is missing in <${rule.name}>; it must be ${allowed(takes)}`)
    areSound = false
  }
  return { values, areSound }
}

function attributeDefaults(rule: ElementRule): Map<string, Value> {
  const defaults = new Map<string, Value>()
  for (const { name, takes, fallback } of rule.attributes ?? []) {
    defaults.set(name, fallback === null || fallback === '' ? '' : defaultValue(takes, fallback))
  }
  return defaults
}

function defaultValue(takes: Taken, fallback: string): Value {
  const judged = judge(takes, fallback, 'a default')
  if (!judged.ok) throw new Error(`the table refuses its own default: ${judged.what}`)
  return judged.value
}

// One setting: the value of one element with its attributes, as written or as the table has it.

import { brief, type Place, type Problems } from './problems.ts'
import type { ElementRule } from './schema.ts'
import type { XmlElement } from './source.ts'
import { refuseAttribute } from './strangers.ts'
import { judge, type Value } from './values.ts'

export interface Setting {
  readonly value: Value
  readonly attributes: ReadonlyMap<string, Value>
  /** Where it is written; without an element of its own, where the element that should hold it is. */
  readonly place: Place
  /** False: the value stands in for one that was refused or is missing, and means nothing. */
  readonly isSound: boolean
}

export function readSetting(rule: ElementRule, element: XmlElement, problems: Problems): Setting {
  const judged = judge(rule.takes, element.text, `<${rule.name}>`)
  const isForLater = rule.takes.kind === 'nothing yet' // what it holds is then for later too
  if (!isForLater) refuseChildren(element, problems)
  const isNamedAlready = !isForLater && element.children.length > 0
  if (!judged.ok && !isNamedAlready) problems.add(element, judged.what)
  return {
    value: judged.ok ? judged.value : '',
    attributes: isForLater ? new Map() : readAttributes(rule, element, problems),
    place: element,
    isSound: judged.ok,
  }
}

/** What holds without the element. */
export function absentSetting(rule: ElementRule, place: Place): Setting {
  if (rule.fallback === null || rule.fallback === '') {
    return { value: '', attributes: attributeDefaults(rule), place, isSound: rule.fallback !== null }
  }
  const judged = judge(rule.takes, rule.fallback, `<${rule.name}>`)
  if (!judged.ok) throw new Error(`the table refuses its own default: ${judged.what}`)
  return { value: judged.value, attributes: attributeDefaults(rule), place, isSound: true }
}

function refuseChildren(element: XmlElement, problems: Problems): void {
  for (const child of element.children) {
    problems.add(child, `<${brief(child.name)}> may not stand in <${element.name}>, which holds a value`)
  }
}

function readAttributes(rule: ElementRule, element: XmlElement, problems: Problems): ReadonlyMap<string, Value> {
  const known = new Map((rule.attributes ?? []).map((attribute) => [attribute.name, attribute]))
  const values = attributeDefaults(rule)
  for (const [name, text] of element.attributes) {
    const attribute = known.get(name)
    if (attribute === undefined) {
      refuseAttribute(element, name, [...known.keys()], problems)
      continue
    }
    const judged = judge(attribute.takes, text, `attribute ${name} of <${rule.name}>`)
    if (judged.ok) values.set(name, judged.value)
    else problems.add(element, judged.what)
  }
  return values
}

function attributeDefaults(rule: ElementRule): Map<string, Value> {
  return new Map((rule.attributes ?? []).map(({ name, fallback }) => [name, Number(fallback)]))
}

// Whether what was read from a file is what it should be.

export type Check = (value: unknown) => boolean

export const isText: Check = (value) => typeof value === 'string'
export const isNumber: Check = Number.isFinite
export const isFlag: Check = (value) => typeof value === 'boolean'

export function isOneOf(...choices: readonly unknown[]): Check {
  return (value) => choices.includes(value)
}

export function isListOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check)
}

export function isRecordOf(check: Check): Check {
  return (value) => isRecord(value) && Object.values(value).every(check)
}

export function hasFields(fields: Readonly<Record<string, Check>>): Check {
  return (value) => isRecord(value) && wrongField(value, fields) === null
}

/** The name of the first that is missing or not as it should be. */
export function wrongField(
  record: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, Check>>,
): string | null {
  return Object.keys(fields).find((name) => !fields[name]!(record[name])) ?? null
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

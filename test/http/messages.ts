// Requests for tests: a good one, with what a test wants otherwise.

import assert from 'node:assert/strict'
import type { FieldList } from '../../src/http/fields.ts'
import { type FitRequest, type GateVerdict, inspectRequest, type RawRequest } from '../../src/http/gate.ts'

/** `fields` come behind a Host. */
export function raw(fields: FieldList = [], otherwise: Partial<RawRequest> = {}): RawRequest {
  return { method: 'GET', target: '/', httpVersion: '1.1', fields: ['Host', 'a.example', ...fields], ...otherwise }
}

export function verdictOn(fields: FieldList = [], otherwise: Partial<RawRequest> = {}): GateVerdict {
  return inspectRequest(raw(fields, otherwise))
}

export function fitRequest(fields: FieldList = [], otherwise: Partial<RawRequest> = {}): FitRequest {
  const verdict = verdictOn(fields, otherwise)
  assert.ok(verdict.fit, verdict.fit ? '' : verdict.detail)
  return verdict.request
}

import assert from 'node:assert/strict'
import { prefersHtml } from '../../src/http/accept.ts'

const PEOPLE: readonly string[] = [
  'text/html',
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'TEXT/HTML',
  'text/html, application/json',
  'application/json, text/html',
  'text/html;q=0.5, application/json;q=0.5',
  'text/html;q=0.3, application/json;q=0.2, */*;q=0.1',
  'text/html;q=0.9,*/*;q=0.8',
  'text/html;charset=utf-8;q=0.7, application/json;q=0.6',
  'application/json;q=0, text/html;q=0.001, */*',
  'text/*',
  'text/html;q=1.000',
  'text/html , */*;q=0.9',
  ' text/html ; q=0.9 , application/* ; q=0.1',
]

const PROGRAMS: readonly (string | undefined)[] = [
  undefined,
  '',
  '*/*',
  'application/json',
  'application/json, text/plain, */*',
  'application/*',
  'text/html;q=0.4, application/json;q=0.5',
  'text/html;q=0.5, */*',
  'text/html;q=0',
  'text/html;q=0, text/*',
  'text/*;q=0.1, application/*;q=0.2',
  'text/plain',
  'image/png',
  'text/html;q=2',
  'text/html;q=0.1234',
  'text/html;q=',
  'text/htmlx',
  ',,;;,',
  `${'x/y,'.repeat(100_000)}text/html`,
]

describe('prefersHtml', () => {
  for (const accept of PEOPLE) it(`is true for ${accept}`, () => assert.equal(prefersHtml(accept), true))
  for (const accept of PROGRAMS) {
    it(`is false for ${accept?.slice(0, 60) ?? 'no Accept at all'}`, () => assert.equal(prefersHtml(accept), false))
  }
})

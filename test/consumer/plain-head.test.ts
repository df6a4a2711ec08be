import assert from 'node:assert/strict'
import { plainHead } from '../../src/consumer/plain-head.ts'
import { inspectRequest } from '../../src/http/gate.ts'

describe('a head without its offer to upgrade', () => {
  function plain(fields: string[]): string[] {
    const verdict = inspectRequest({
      method: 'GET',
      target: '/a',
      httpVersion: '1.1',
      fields: ['Host', 'a', ...fields],
    })
    assert.ok(verdict.fit)
    const text = Buffer.from(plainHead(verdict.request)).toString('latin1')
    assert.ok(text.endsWith('\r\n\r\n'))
    return text.slice(0, -4).split('\r\n')
  }

  it('is what came otherwise, in its order and spelling', () => {
    const fields = [
      'X-b',
      '1',
      'Upgrade',
      'h2c',
      'Connection',
      'Upgrade, HTTP2-Settings',
      'HTTP2-Settings',
      'A',
      'x-B',
      '2',
    ]
    assert.deepEqual(plain(fields), ['GET /a HTTP/1.1', 'Host: a', 'X-b: 1', 'x-B: 2'])
  })

  it('keeps what else Connection says', () => {
    const fields = ['Connection', 'Upgrade', 'connection', 'close, X-Mine', 'Upgrade', 'h2c']
    assert.deepEqual(plain(fields), ['GET /a HTTP/1.1', 'Host: a', 'Connection: close, x-mine'])
  })
})

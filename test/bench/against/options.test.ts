import assert from 'node:assert/strict'
import { groundName, isWholeRun, readAgainstOptions } from '../../../bench/against/options.ts'

describe('the options of a comparison', () => {
  it('name the tunnels, in an order that is always the same', () => {
    assert.deepEqual(readAgainstOptions(['--against', 'wstunnel,frp']).against, ['frp', 'wstunnel'])
    assert.throws(() => readAgainstOptions(['--against', 'frp,ngrok']), /not "ngrok"/)
  })

  it('name links by delay and loss', () => {
    assert.deepEqual(grounds('--links', 'loopback,75/0.1,narrow'), ['loopback', '75/0.1', 'narrow'])
    for (const wrong of ['40', '40/x', '40/1/2', '-1/0', 'wifi']) {
      assert.throws(() => grounds(`--links=${wrong}`), /--links knows/)
    }
  })

  it('mean the grounds of the bars when they name none, and all sixteen links for the matrix', () => {
    assert.deepEqual(grounds(), ['loopback', '40/1', '40/5', 'narrow'])
    assert.equal(new Set(grounds('--link-matrix')).size, 18)
  })

  it('make a whole run only of all tunnels, on the grounds of the bars, with no fewer rounds than by default', () => {
    const all = ['--against', 'frp,rathole,chisel,wstunnel']
    const isWhole = (...args: readonly string[]): boolean => isWholeRun(readAgainstOptions(args))
    assert.ok(isWhole(...all) && isWhole(...all, '--link-matrix'))
    for (const less of [['--quick'], ['--rounds', '4'], ['--links', 'loopback,40/1,narrow']]) {
      assert.ok(!isWhole(...all, ...less))
    }
    assert.ok(!isWhole('--against', 'frp,rathole,chisel'))
  })
})

function grounds(...args: readonly string[]): string[] {
  return readAgainstOptions(['--against', 'frp', ...args]).grounds.map(groundName)
}

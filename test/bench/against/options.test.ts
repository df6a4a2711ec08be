import assert from 'node:assert/strict'
import { groundName } from '../../../bench/against/ground-name.ts'
import { COMMITTED_RESULTS, isThorough, readAgainstOptions, readReportFolder } from '../../../bench/against/options.ts'

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

  it('are thorough with all tunnels and no fewer rounds than by default, on however few grounds', () => {
    const all = ['--against', 'frp,rathole,chisel,wstunnel']
    const isWell = (...args: readonly string[]): boolean => isThorough(readAgainstOptions(args))
    assert.ok(isWell(...all) && isWell(...all, '--link-matrix') && isWell(...all, '--links', 'narrow'))
    assert.ok(!isWell(...all, '--quick') && !isWell(...all, '--rounds', '4'))
    assert.ok(!isWell('--against', 'frp,rathole,chisel'))
  })

  it('name a folder for a report without measurements, or none for the committed one', () => {
    assert.equal(readReportFolder(['--against-report']), COMMITTED_RESULTS)
    assert.equal(readReportFolder(['--against-report', 'elsewhere']), 'elsewhere')
    assert.throws(() => readReportFolder(['--against-report', 'one', 'two']), /one folder/)
    assert.throws(() => readReportFolder(['--against-report', '--quick']), /--quick/)
  })
})

function grounds(...args: readonly string[]): string[] {
  return readAgainstOptions(['--against', 'frp', ...args]).grounds.map(groundName)
}

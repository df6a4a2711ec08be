import assert from 'node:assert/strict'
import { type Growth, growthText } from '../../bench/growth.ts'

describe('a figure that grows', () => {
  const growth: Growth = {
    name: 'kept',
    title: 'Of each kept one',
    counted: 'kept ones',
    counts: [100, 200, 500],
    figures: [
      { name: 'memory', unit: 'kB', digits: 1, values: [-117.8, 6, 12], atMost: 12 },
      { name: 'time', unit: 's', digits: 1, values: [1, 2, 3] },
    ],
  }

  it('has a curve where it has a bar, empty below nothing and full at the most', () => {
    const lines = growthText(growth).split('\n')
    const curve = lines.slice(lines.lastIndexOf('memory (kB)') + 1)
    assert.deepEqual(curve, [
      `     100 ${' '.repeat(24)} -117.8`,
      `     200 ${'█'.repeat(12)}${' '.repeat(12)} 6.0`,
      `     500 ${'█'.repeat(24)} 12.0`,
    ])
  })
})

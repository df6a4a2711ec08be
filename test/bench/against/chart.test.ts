import assert from 'node:assert/strict'
import { type ChartBar, drawChart } from '../../../bench/against/chart.ts'

describe('a chart', () => {
  it('has bars as long as their medians are to each other', () => {
    const [one, two] = widths([bar('one', 100), bar('two', 50)])
    assert.ok(Math.abs(one! / two! - 2) < 0.01)
  })

  it('leaves room for the most of all rounds, not for the medians alone', () => {
    const [calm] = widths([bar('calm', 100)])
    const [wild] = widths([{ ...bar('wild', 100), most: 400 }])
    assert.ok(Math.abs(calm! / wild! - 4) < 0.05)
  })

  it('shows names as they are, whatever is in them', () => {
    assert.match(
      drawChart({ title: 'a & b', unit: '<s>', digits: 0, bars: [bar('x<y', 1)] }),
      /a &amp; b \(&lt;s>\)[\s\S]*x&lt;y/,
    )
  })

  it('can be drawn of figures that are all nothing', () => {
    assert.doesNotMatch(drawChart({ title: 't', unit: 'u', digits: 0, bars: [bar('none', 0)] }), /NaN|Infinity/)
  })
})

function bar(name: string, median: number): ChartBar {
  return { name, median, least: median, most: median, kind: 'encrypted' }
}

/** Of the bars alone. */
function widths(bars: readonly ChartBar[]): number[] {
  const svg = drawChart({ title: 't', unit: 'u', digits: 0, bars })
  return [...svg.matchAll(/width="([\d.]+)" height="16"/g)].map(([, width]) => Number(width))
}

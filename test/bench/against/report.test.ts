import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reportMarkdown } from '../../../bench/against/markdown.ts'
import { writePart } from '../../../bench/against/part-files.ts'
import { writeReport } from '../../../bench/against/report.ts'
import { DEFAULT_CONTROLLER, EDGERQ } from '../../../bench/against/tunnels/edgerq.ts'
import { ELEMENTS } from '../../../src/config/schema.ts'
import { contender, loopbackPart, MACHINE, narrowPart } from './parts.ts'

describe('the report of a comparison', () => {
  const both = reportMarkdown([loopbackPart(), narrowPart()], [])

  it('says of each ground when, of what, on what and how often it was measured', () => {
    const told =
      'Measured 2026-11-22 02:30 UTC, edgerq at commit 0123456789ab, on A processor, 2 cores, 24 GB, linux 6.18, Node v20.20.2; with rathole 0.5.0. 3 rounds,'
    assert.equal(both.split(told).length, 3)
    assert.match(both, /## narrow: 10 Mbit\/s\n\nMeasured[^\n]*\n\nLeft out:\n\n- the kernel's TCP takes no bbr\n/)
  })

  it('says plainly when parts are of different commits or machines', () => {
    const elsewhere = (machine: Partial<typeof MACHINE>): string =>
      reportMarkdown([loopbackPart(), narrowPart({ machine: { ...MACHINE, ...machine } })], [])
    assert.match(both, /measured on one machine and at one commit of edgerq\./)
    assert.match(
      elsewhere({ commit: 'ba9876543210+changes' }),
      /on one machine and at \*\*different commits\*\* \(0123456789ab; ba9876543210 with changes\) of edgerq\./,
    )
    assert.match(
      elsewhere({ cores: 64 }),
      /on \*\*different machines\*\* \(.* 2 cores.*; .* 64 cores.*\) and at one commit of edgerq\./,
    )
  })

  it('names the grounds of the bars that nobody has measured yet, and short runs', () => {
    assert.match(both, /Not measured yet: 40\/1, 40\/5\./)
    assert.doesNotMatch(both, /Short runs/)
    const options = { ...narrowPart().options, isQuick: true }
    assert.match(reportMarkdown([narrowPart({ options })], []), /Short runs, for a first look only/)
  })

  it('judges bars by the values of their own ground', () => {
    assert.match(
      both,
      /\| loopback \| requests, 32 connections, ÷ rathole Noise \| edgerq tcp \| ≥ 1 \| 1\.500 \| met \|/,
    )
    assert.match(both, /\| loopback \| download \(MB\/s\) \| edgerq tcp \| ≥ 600 \| 650 \| met \|/)
    assert.match(both, /\| narrow \| download \(Mbit\/s\) \| edgerq tcp · bbr \| ≥ 9\.2 \| 9\.20 \| met \|/)
    assert.match(
      both,
      /\| loopback \| requests, 32 connections, ÷ frp \| edgerq tcp \| ≥ 1\.5 \| not measured \| {2}\|/,
    )
  })

  it('compares the others with edgerq as it is by default', () => {
    const own = `${EDGERQ.tcp} · cubic`
    const { contenders } = narrowPart()
    const cubic = contender({ name: own, tunnel: EDGERQ.tcp, controller: 'cubic', whose: 'ours', isOverTcp: false })
    assert.match(
      reportMarkdown([narrowPart({ contenders: [cubic, ...contenders] })], []),
      /\| edgerq tcp · bbr ÷ it \|/,
    )
    assert.match(reportMarkdown([narrowPart({ contenders: [cubic] })], []), /\| edgerq tcp · cubic ÷ it \|/)
    assert.equal(DEFAULT_CONTROLLER, ELEMENTS.find(({ name }) => name === 'congestion')?.fallback)
  })

  it('tells what did not finish in the table of each figure that is missing because of it', () => {
    assert.match(both, /\| rathole Noise \| did not finish: load: it \\\| broke \| {2}\|/)
  })

  it('is drawn of all parts of a folder, with charts of these parts alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'edgerq-report-'))
    try {
      assert.throws(() => writeReport(folder), /there is no part/)
      writeFileSync(join(folder, 'of-a-part-that-is-gone.svg'), '')
      writePart(folder, narrowPart())
      writePart(folder, loopbackPart())
      const { file, text } = writeReport(folder)
      assert.equal(readFileSync(file, 'utf8'), `${text}\n`)
      assert.ok(!existsSync(join(folder, 'of-a-part-that-is-gone.svg')))
      const images = [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, name]) => name!)
      assert.deepEqual(images.toSorted(), [
        'download-loopback.svg',
        'download-narrow.svg',
        'requests-32-connections-loopback.svg',
        'share-beside-one-TCP-flow-on-CUBIC-narrow.svg',
      ])
      for (const image of images) assert.match(readFileSync(join(folder, image), 'utf8'), /^<svg [\s\S]*edgerq tcp/)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

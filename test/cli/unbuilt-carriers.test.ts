import assert from 'node:assert/strict'
import { refuseUnbuiltCarriers } from '../../src/cli/unbuilt-carriers.ts'
import { readConsumer, readProvider } from '../../src/config/read.ts'
import { consumer, provider } from '../config/documents.ts'

function consumerProblems(text: string): readonly string[] {
  const outcome = refuseUnbuiltCarriers(readConsumer(text, 'c.xml'), 'c.xml')
  return outcome.ok ? [] : outcome.problems
}

function providerProblems(carriers: string): readonly string[] {
  const text = provider('', '::1').replace('<pipe>', `<pipe>${carriers}`)
  const outcome = refuseUnbuiltCarriers(readProvider(text, 'p.xml'), 'p.xml')
  return outcome.ok ? [] : outcome.problems
}

describe('carriers that are not built yet', () => {
  it('leave a link over UDP alone', () => {
    assert.deepEqual(consumerProblems(consumer('')), [])
    assert.deepEqual(providerProblems(''), [])
    assert.deepEqual(providerProblems('<carrier>udp</carrier>'), [])
  })

  it('are refused at each listener that has one', () => {
    const listeners =
      '<listener><carrier>tcp</carrier></listener><listener><port>1</port><carrier>websocket</carrier></listener>'
    assert.deepEqual(consumerProblems(consumer(listeners)), [
      'c.xml: listener 2: "tcp" for <carrier> is not in this version; it must be udp',
      'c.xml: listener 3: "websocket" for <carrier> is not in this version; it must be udp',
    ])
  })

  it('are refused at each <carrier> of a pipe, and so is a second way', () => {
    const must = 'is not in this version; it must be udp to <hostname> and <port> of the pipe, and nothing else'
    assert.deepEqual(providerProblems('<carrier>tcp</carrier>'), [`p.xml:1:32: tcp to ::1, port 1, ${must}`])
    assert.deepEqual(providerProblems('<carrier>udp</carrier><carrier port="2">udp</carrier>'), [
      `p.xml:1:54: udp to ::1, port 2, ${must}`,
    ])
    assert.deepEqual(providerProblems('<carrier hostname="127.0.0.1">udp</carrier>'), [
      `p.xml:1:32: udp to 127.0.0.1, port 1, ${must}`,
    ])
  })

  it('do not hide what is wrong otherwise', () => {
    assert.match(consumerProblems(consumer('<hold>x</hold>')).join(), /^c\.xml:1:136: <hold> must be/)
  })
})

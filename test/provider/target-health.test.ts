import assert from 'node:assert/strict'
import type { ProviderService } from '../../src/config/read.ts'
import { TargetHealth } from '../../src/provider/target-health.ts'

const UUID = '11111111-2222-3333-4444-555555555555'

function serviceWith(kind: ProviderService['health']['kind']): ProviderService {
  const health = { kind, intervalSeconds: 10 }
  return { uuid: UUID, name: 'web', hostname: '127.0.0.1', port: 1, protocol: 'tcp', health }
}

describe('the health of a target', () => {
  it('is good until something else is learnt, and each change is told once', () => {
    const told: boolean[] = []
    const health = new TargetHealth(serviceWith('connect'), (isHealthy) => told.push(isHealthy))
    assert.equal(health.isHealthy, true)
    health.note(true)
    health.note(false)
    health.note(false)
    health.note(true)
    health.note(true)
    assert.deepEqual(told, [false, true])
    assert.equal(health.isHealthy, true)
  })

  it('is never doubted when checks are off', () => {
    const told: boolean[] = []
    const health = new TargetHealth(serviceWith('off'), (isHealthy) => told.push(isHealthy))
    health.start()
    health.note(false)
    health.stop()
    assert.deepEqual([told, health.isHealthy], [[], true])
  })
})

import assert from 'node:assert/strict'
import { cpuQuota } from '../../src/runtime/cpu-quota.ts'

/** What this process would find if these were its files. */
function quotaWith(files: Readonly<Record<string, string>>): string | null {
  return cpuQuota((path) => files[path] ?? null)
}

const CONTAINER = { '/proc/self/cgroup': '0::/\n' }
const SERVICE = { '/proc/self/cgroup': '0::/system.slice/edgerq.service\n' }
const VERSION_1 = { '/proc/self/cgroup': '9:name=systemd:/\n3:cpuset:/\n2:cpu,cpuacct:/docker/0af\n' }

describe('the quota of processor time', () => {
  it('is none where no file sets one', () => {
    assert.equal(quotaWith({}), null)
    assert.equal(quotaWith({ '/proc/self/cgroup': 'not\nof: this kind\n' }), null)
    assert.equal(quotaWith(SERVICE), null)
    assert.equal(quotaWith({ ...SERVICE, '/sys/fs/cgroup/system.slice/edgerq.service/cpu.max': 'max 100000\n' }), null)
    assert.equal(quotaWith({ ...VERSION_1, '/sys/fs/cgroup/cpu/docker/0af/cpu.cfs_quota_us': '-1\n' }), null)
  })

  it('is found at the root of a container', () => {
    const file = '/sys/fs/cgroup/cpu.max'
    assert.equal(quotaWith({ ...CONTAINER, [file]: '10000 100000\n' }), file)
  })

  it("is found at a unit of systemd's, and at the slice above it", () => {
    for (const group of ['/system.slice/edgerq.service', '/system.slice']) {
      const file = `/sys/fs/cgroup${group}/cpu.max`
      assert.equal(quotaWith({ ...SERVICE, [file]: '50000 100000\n' }), file)
    }
  })

  it('is found in version 1, also where the own group is mounted as the root', () => {
    for (const group of ['/docker/0af', '']) {
      const file = `/sys/fs/cgroup/cpu${group}/cpu.cfs_quota_us`
      assert.equal(quotaWith({ ...VERSION_1, [file]: '20000\n' }), file)
    }
  })

  it('is read on this machine without an error', () => {
    const file = cpuQuota()
    assert.ok(file === null || file.startsWith('/sys/fs/cgroup/'), String(file))
  })
})

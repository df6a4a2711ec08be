import assert from 'node:assert/strict'
import { connectOptions, describeTarget, hostOf } from '../../src/provider/target.ts'
import { serviceAt, tcp } from './targets.ts'

const SOCKET = { kind: 'unix', path: '/run/app.sock' } as const
const NO_NAME = { caPath: null, name: null }

describe('the target of a service', () => {
  it('is called by its address, with https:// in front if it is spoken to by TLS', () => {
    assert.equal(describeTarget(serviceAt(tcp(80, 'web.test'))), 'web.test:80')
    assert.equal(describeTarget(serviceAt(tcp(80, '::1'))), '[::1]:80')
    assert.equal(describeTarget(serviceAt(SOCKET)), 'unix:/run/app.sock')
    assert.equal(describeTarget(serviceAt(tcp(443, '::1'), { tls: NO_NAME })), 'https://[::1]:443')
  })

  it('is asked for by the name of its certificate, else by its host, with the port if it is not the usual one', () => {
    assert.equal(hostOf(serviceAt(tcp(80, 'web.test'))), 'web.test')
    assert.equal(hostOf(serviceAt(tcp(443, 'web.test'))), 'web.test:443')
    assert.equal(hostOf(serviceAt(tcp(443, '::1'), { tls: NO_NAME })), '[::1]')
    assert.equal(hostOf(serviceAt(tcp(8443, '::1'), { tls: { caPath: null, name: 'app.test' } })), 'app.test:8443')
    assert.equal(hostOf(serviceAt(SOCKET)), 'localhost')
    assert.equal(hostOf(serviceAt(SOCKET, { tls: { caPath: null, name: 'app.test' } })), 'app.test')
  })

  it('is connected to by nothing but what the configuration says (D-1)', () => {
    assert.deepEqual(connectOptions(serviceAt(SOCKET)), { path: '/run/app.sock' })
    const { host, port } = connectOptions(serviceAt(tcp(80, 'web.test'))) as { host: string; port: number }
    assert.deepEqual([host, port], ['web.test', 80])
  })
})

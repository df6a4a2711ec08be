// A link that has to go through an HTTP proxy, which alone knows where the consumer is.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { contentSha256 } from '../../stresstest/content.ts'
import { type Peer, startPeer } from '../../stresstest/peer.ts'
import type { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { type Daemon, launchProvider } from '../../stresstest/rig/daemons.ts'
import { startWebServer } from '../../stresstest/web-server.ts'
import { CarriedSite, CONSUMER_NAME } from './carried.ts'
import { download, upload } from './clients.ts'
import { RAW_SERVICE, UUID, useStage } from './harness.ts'
import { logged } from './keyed-site.ts'

const MIB = 1_024 * 1_024

interface Proxy extends Peer {
  /** What it was asked to connect to. */
  readonly asked: string[]
}

/** Connects whoever asks for CONNECTs to this machine, whatever the host is called. */
async function startProxy(): Promise<Proxy> {
  const asked: string[] = []
  const server = createServer().on('connect', (request, client, head) => {
    asked.push(request.url ?? '')
    const there = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      there.write(head)
      client.pipe(there).pipe(client)
    })
    there.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('error', () => there.destroy()).on('close', () => there.destroy())
  })
  return { ...(await startPeer(server, {})), asked }
}

describe('a link over wss with a proxy in the environment', () => {
  const stage = useStage()
  let site: CarriedSite
  let proxy: Proxy
  let consumer: Daemon

  beforeEach(async () => {
    site = await CarriedSite.make(stage())
    proxy = await startProxy()
    await stage().peer(Promise.resolve(proxy))
    consumer = await stage().consumer({ listeners: [site.listener('wss')], services: [RAW_SERVICE] })
  })

  async function provider(host: string, noProxy: string): Promise<ChildProgram> {
    const web = await stage().peer(startWebServer())
    const port = consumer.ready.port('websocket')
    const url = `wss://${host}:${port}/edgerq`
    const elements = { carrier: { '@url': url, '#': 'websocket' }, tls: site.pipeTls() }
    const services = [{ uuid: UUID, protocol: 'tcp', port: web.port }]
    const environment = { HTTPS_PROXY: `127.0.0.1:${proxy.port}`, https_proxy: '', NO_PROXY: noProxy, no_proxy: '' }
    const options = { name: 'provider', folder: stage().folder, environment }
    const program = stage().own(launchProvider(options, { pipes: [{ port, elements, services }] }))
    await program.line(/^edgerq-sp ready/)
    return program
  }

  it('goes through it, and leaves it to it to find the consumer', async () => {
    const program = await provider(CONSUMER_NAME, '')
    const port = consumer.ready.port(UUID)
    await download(port, 5 * MIB)
    assert.deepEqual(await upload(port, 5 * MIB), { sha256: contentSha256(5 * MIB), bytes: 5 * MIB })
    assert.deepEqual(proxy.asked, [`${CONSUMER_NAME}:${consumer.ready.port('websocket')}`])
    assert.equal(logged(program, 'throughProxy')[0]!.proxy, `127.0.0.1:${proxy.port}`)
  })

  it('passes it by for a host that is exempt', async () => {
    await provider('127.0.0.1', 'example.org,127.0.0.1')
    await download(consumer.ready.port(UUID), MIB)
    assert.deepEqual(proxy.asked, [])
  })
})

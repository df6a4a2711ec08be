// What the daemons say and how they end when they cannot run: every problem at once, with its place, and a status that scripts can use.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startEchoServer } from '../../stresstest/echo-server.ts'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import { consumerXml, providerXml } from '../../stresstest/rig/daemon-config.ts'
import { launch } from '../../stresstest/rig/daemons.ts'
import { builtProgram, projectFolder } from '../../stresstest/rig/places.ts'
import { RAW_SERVICE, UUID, useStage } from './harness.ts'

const STACK_TRACE = /^\s+at /m
const DAEMONS = ['edgerq-sc', 'edgerq-sp'] as const
const GOOD = {
  'edgerq-sc': consumerXml({ services: [RAW_SERVICE] }),
  'edgerq-sp': providerXml({ pipes: [{ port: 12345, services: [{ uuid: UUID, port: 3088 }] }] }),
}
const BAD = {
  'edgerq-sc': `<service_consumer>
  <listener><port>99999</port></listener>
  <services>
    <service><uuid>no-uuid</uuid><prot>3000</prot></service>
  </services>
</service_consumer>
`,
  'edgerq-sp': `<service_provider>
  <pipes><pipe><name>p</name><hostname>127.0.0.1</hostname><port>99999</port>
  <services>
    <service><uuid>no-uuid</uuid><prot>3000</prot></service>
  </services></pipe></pipes>
</service_provider>
`,
}

for (const daemon of DAEMONS) {
  describe(daemon, () => {
    const stage = useStage()

    const run = (...args: string[]): ChildProgram =>
      stage().own(new ChildProgram({ name: daemon, command: builtProgram(`src/cli/${daemon}`, ...args) }))

    const sealingBy = (name: string): ChildProgram => {
      const options = { name: daemon, folder: stage().folder, environment: { EDGERQ_SEALING: name } }
      return stage().own(launch(daemon, options, GOOD[daemon]))
    }

    it('--check finds nothing wrong with a good file and ends with 0', async () => {
      const program = stage().launch(daemon, GOOD[daemon], ['--check'])
      assert.deepEqual(await program.ended(), { code: 0, signal: null })
    })

    it('--check starts nothing', async () => {
      const program = stage().launch(daemon, GOOD[daemon], ['--check'])
      await program.ended()
      assert.doesNotMatch(program.logs(), /ready/)
    })

    for (const args of [[], ['--check']]) {
      it(`names every problem of a bad file with its place and ends with 2 (${args.join('') || 'plain start'})`, async () => {
        const program = stage().launch(daemon, BAD[daemon], args)
        assert.deepEqual(await program.ended(), { code: 2, signal: null })
        const said = [...program.stdout, ...program.stderr].join('\n')
        assert.match(said, /\.xml:2:\d+: .*99999/)
        assert.match(said, /\.xml:4:14: .*no-uuid/)
        assert.match(said, /\.xml:4:34: .*prot.*did you mean.*port/i)
      })
    }

    it('says line and column of XML that is not well-formed, and ends with 2', async () => {
      const program = stage().launch(daemon, GOOD[daemon].replace('</services>', '</service>'))
      assert.deepEqual(await program.ended(), { code: 2, signal: null })
      assert.match([...program.stdout, ...program.stderr].join('\n'), /\.xml:\d+:\d+: /)
    })

    it('ends with 2 when it is given no file, a file that is not there, or an option that it does not know', async () => {
      for (const args of [[], [join(stage().folder, 'nowhere.xml')], ['--no-such-option', 'a.xml']]) {
        const program = run(...args)
        assert.deepEqual(await program.ended(), { code: 2, signal: null }, `with ${JSON.stringify(args)}`)
        assert.doesNotMatch(program.stderr.join('\n'), STACK_TRACE)
      }
    })

    for (const [name, asked] of [
      ['$EDGERQ_UDP_OFFLOAD', { environment: 'no', file: 'yes', because: 'EDGERQ_UDP_OFFLOAD=no' }],
      ['<udp_offload>', { environment: '', file: 'no', because: '<udp_offload>no' }],
    ] as const) {
      it(`sends datagrams one by one when ${name} asks for it, and says so at its start`, async () => {
        const options = {
          name: daemon,
          folder: stage().folder,
          environment: { EDGERQ_UDP_OFFLOAD: asked.environment },
        }
        const xml = GOOD[daemon].replace(/<service_\w+[^>]*>/, `$&<udp_offload>${asked.file}</udp_offload>`)
        const [line] = await stage()
          .own(launch(daemon, options, xml))
          .line(/^.*"udpBatching".*$/)
        const { by, because } = JSON.parse(line)
        assert.deepEqual([by, because], ['none', asked.because])
      })
    }

    it('seals by what $EDGERQ_SEALING asks for, and says so at its start', async () => {
      const program = sealingBy('node:crypto')
      const [line] = await program.line(/^.*"sealing".*$/)
      assert.equal(JSON.parse(line).by, 'node:crypto')
    })

    it('leaves writes to Node when $EDGERQ_DIRECT_WRITES says no, and says so at its start', async () => {
      const options = { name: daemon, folder: stage().folder, environment: { EDGERQ_DIRECT_WRITES: 'no' } }
      const [line] = await stage()
        .own(launch(daemon, options, GOOD[daemon]))
        .line(/^.*"directWrites".*$/)
      const { by, because } = JSON.parse(line)
      assert.deepEqual([by, because], ['node', 'EDGERQ_DIRECT_WRITES=no'])
    })

    it('sleeps at once when $EDGERQ_BUSY_POLL says no, and says so at its start', async () => {
      const options = { name: daemon, folder: stage().folder, environment: { EDGERQ_BUSY_POLL: 'no' } }
      const [line] = await stage()
        .own(launch(daemon, options, GOOD[daemon]))
        .line(/^.*"busyPolling".*$/)
      const { microseconds, because } = JSON.parse(line)
      assert.deepEqual([microseconds, because], [0, 'EDGERQ_BUSY_POLL=no'])
    })

    it('ends with 2 when $EDGERQ_DIRECT_WRITES says neither yes nor no', async () => {
      const options = { name: daemon, folder: stage().folder, environment: { EDGERQ_DIRECT_WRITES: '1' } }
      const program = stage().own(launch(daemon, options, GOOD[daemon]))
      assert.deepEqual(await program.ended(), { code: 2, signal: null })
      assert.match(program.stderr.join('\n'), /^EDGERQ_DIRECT_WRITES must be yes or no, not "1"/m)
    })

    it('does not run when $EDGERQ_SEALING asks for what there is not, such as no sealing, and ends with 2', async () => {
      for (const name of ['none', 'node', 'Node:Crypto', ' ']) {
        const program = sealingBy(name)
        assert.deepEqual(await program.ended(), { code: 2, signal: null }, `with ${JSON.stringify(name)}`)
        assert.match(program.stderr.join('\n'), /^EDGERQ_SEALING must be openssl, sodium-native, node:crypto, not /)
      }
    })

    it('--version prints the version of the package', async () => {
      const program = run('--version')
      assert.deepEqual(await program.ended(), { code: 0, signal: null })
      const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string }
      assert.match(program.stdout.join('\n'), new RegExp(`\\b${version.replaceAll('.', '\\.')}$`))
    })

    it('--help names its options', async () => {
      const program = run('--help')
      assert.deepEqual(await program.ended(), { code: 0, signal: null })
      for (const option of ['--check', '--log-level', '--version'])
        assert.ok(program.stdout.join('\n').includes(option))
    })
  })
}

describe('a provider whose <ca> is not there', () => {
  const stage = useStage()

  for (const args of [[], ['--check']]) {
    it(`names file and service and ends with 2 (${args.join('') || 'plain start'})`, async () => {
      const services = [{ uuid: UUID, name: 'wiki', port: 443, tls: { ca: 'nowhere.pem' } }]
      const program = stage().launch('edgerq-sp', providerXml({ pipes: [{ port: 12345, services }] }), args)
      assert.deepEqual(await program.ended(), { code: 2, signal: null })
      const file = join(stage().folder, 'nowhere.pem')
      assert.match(
        program.stderr.join('\n'),
        /^[^:]+\.xml: <ca> of service wiki: .*nowhere\.pem: there is no such file$/,
      )
      assert.ok(program.stderr.join('\n').includes(file))
    })
  }
})

describe('a consumer that cannot have its port', () => {
  const stage = useStage()

  it('says so in one line for a service port, and ends with 1', async () => {
    const squatter = await stage().peer(startEchoServer())
    const program = stage().launch('edgerq-sc', consumerXml({ services: [{ ...RAW_SERVICE, port: squatter.port }] }))
    await assertOneClearLine(program, squatter.port)
  })

  it('says so in one line for the listener port, and ends with 1', async () => {
    const squatter = createSocket('udp4').bind(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address()
    const program = stage().launch('edgerq-sc', consumerXml({ listenerPort: port, services: [RAW_SERVICE] }))
    await assertOneClearLine(program, port).finally(() => squatter.close())
  })
})

describe('logs', () => {
  const stage = useStage()

  it('go to stderr as one JSON object a line when nobody watches, and stdout has the ready line alone', async () => {
    const echo = await stage().peer(startEchoServer())
    const { consumer, provider } = await stage().oneHop(echo.port)
    for (const { program } of [consumer, provider]) {
      program.signal('SIGTERM')
      await program.ended()
      assert.equal(program.stdout.length, 1)
      assert.ok(program.stderr.length > 0)
      for (const line of program.stderr) assert.equal(typeof JSON.parse(line), 'object', line)
    }
  })
})

async function assertOneClearLine(program: ChildProgram, port: number): Promise<void> {
  assert.deepEqual(await program.ended(), { code: 1, signal: null })
  assert.deepEqual(program.stdout, [])
  assert.equal(program.stderr.filter((line) => line.includes(String(port))).length, 1, program.logs())
  assert.doesNotMatch(program.stderr.join('\n'), STACK_TRACE)
}

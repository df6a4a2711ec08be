// The house rules that a machine can check: who may import whom, how long a file may be, what a hot file must not do, where tests live.
// docs/architecture.md tells the reasons; this table is what holds.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectFolder } from '../stresstest/rig/places.ts'
import { bareCode } from './architecture/bare-code.ts'
import { importCycles } from './architecture/cycles.ts'
import { type ColdPlaces, hotPathProblems } from './architecture/hot-path.ts'
import { type House, layeringProblems } from './architecture/layering.ts'
import { readSourceTree } from './architecture/source-tree.ts'

const CLOCKS = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']
const RANDOMNESS = ['Math.random', 'crypto.getRandomValues', 'crypto.randomUUID', 'crypto.subtle']
const MACHINE = ['console', 'process', 'globalThis', 'global', 'fetch', 'require']
/** Where a program was started, with what and how it ends is for src/cli alone. */
const PROCESS_EDGES = ['console', 'process.argv', 'process.env', 'process.exit', 'process.exitCode', 'process.on']

const SERVING = [
  'src/protocol/index.ts',
  'src/runtime/',
  'src/sockets/',
  'src/http/',
  'src/keys/',
  'type src/config/read.ts',
  'src/log.ts',
  'node:net',
  'node:http',
  'p-queue',
  'uuid',
]

const HOUSE: House = {
  doors: { 'src/protocol/': 'src/protocol/index.ts', 'src/config/': 'src/config/read.ts' },
  rules: [
    {
      files: /^src\/protocol\//,
      mayImport: ['src/protocol/'],
      neverNames: ['Buffer', 'NodeJS', ...CLOCKS, ...RANDOMNESS, ...MACHINE],
    },
    {
      files: /^src\/carriers\//,
      mayImport: [
        'src/carriers/',
        'node:dgram',
        'node:net',
        'node:tls',
        'node:http',
        'node:https',
        'ws',
        'https-proxy-agent',
        'koffi',
        'src/sockets/',
        'src/log.ts',
      ],
    },
    { files: /^src\/sockets\//, mayImport: ['src/sockets/', 'node:net', 'node:tls', 'koffi'] },
    {
      files: /^src\/runtime\//,
      mayImport: [
        'src/runtime/',
        'src/protocol/index.ts',
        'src/carriers/carrier.ts',
        'src/sockets/',
        'src/log.ts',
        'node:*',
        'koffi',
        'sodium-native',
      ],
    },
    { files: /^src\/http\//, mayImport: ['src/http/', 'type node:http', 'node:stream', 'node:net'] },
    { files: /^src\/consumer\//, mayImport: ['src/consumer/', ...SERVING] },
    { files: /^src\/provider\//, mayImport: ['src/provider/', ...SERVING, 'node:dns', 'node:tls'] },
    {
      files: /^src\/control\//,
      mayImport: ['src/control/', 'type src/consumer/', 'type src/provider/', 'src/log.ts', 'node:http'],
    },
    {
      files: /^src\/config\//,
      mayImport: ['src/config/', 'src/protocol/index.ts', 'fast-xml-parser', 'saxes', 'uuid'],
      neverNames: [...CLOCKS, ...RANDOMNESS, ...MACHINE],
    },
    { files: /^src\/keys\//, mayImport: ['src/keys/', 'src/protocol/index.ts', 'node:crypto', 'node:fs'] },
    {
      files: /^src\/certificates\//,
      mayImport: [
        'src/certificates/',
        'src/keys/',
        'node:crypto',
        'node:fs',
        'node:net',
        'node:path',
        '@peculiar/x509',
        'reflect-metadata',
      ],
      neverNames: CLOCKS.filter((name) => name !== 'Date'),
    },
    { files: /^src\/log\.ts$/, mayImport: ['winston'] },
    { files: /^src\/cli\//, mayImport: ['*'] },
    {
      // Decisions: what they need to know they are told.
      files: /^src\/(?:consumer|provider)\/(?:directory|router|balancer|instances|retry|backoff|ladder)\.ts$/,
      mayImport: [
        'src/protocol/index.ts',
        'src/consumer/directory.ts',
        'src/consumer/router.ts',
        'src/consumer/balancer.ts',
        'src/provider/backoff.ts',
      ],
      neverNames: [...CLOCKS, ...RANDOMNESS, ...MACHINE, 'Buffer', 'NodeJS'],
    },
    { files: /^src\/(?!cli\/|log\.ts$)/, neverNames: PROCESS_EDGES },
  ],
}

const MOST_LINES = 400

/** What stands in a hot file and does not run per packet; each with its reason. */
const COLD: ColdPlaces = new Set([
  'src/carriers/udp.ts#openUdpCarrier', // once
  'src/carriers/udp.ts#addresses', // for the ready line
  'src/carriers/udp.ts#pathTo', // once a dial
  'src/carriers/udp.ts#connect', // once a dial
  'src/carriers/udp.ts#close', // once
  'src/carriers/udp.ts##onReadError', // a broken socket
  'src/carriers/udp.ts#canonicalHost', // once a dial
  'src/carriers/dgram-socket.ts#close', // once
  'src/carriers/kernel-socket.ts#close', // once
  'src/carriers/address-book.ts##add', // once for each new address
  'src/runtime/driver.ts#settle', // once
  'src/runtime/driver.ts#close', // once
  'src/protocol/endpoint.ts#close', // once
  'src/protocol/endpoint.ts##onUnknown', // the first packet of a session that is gone
  'src/protocol/streams/stream-index.ts#values', // the end of a session, and once in a while to give memory back
  'src/protocol/bounded-queue.ts##grow', // doubling: seldom by its nature
  'src/protocol/streams/schedule.ts#park', // the table of a session, made with its first entry
  'src/protocol/streams/stream-index.ts##makeTable', // the same
  'src/protocol/recovery/ack-news.ts##grow', // doubling
  'src/protocol/recovery/received.ts##grow', // doubling
])

/** Folders of tests that mirror no folder of src or of the project. */
const TEST_ROOMS = ['adversary', 'architecture', 'contracts', 'fuzz', 'processes', 'scenarios', 'sim']

describe('the house', () => {
  const source = readSourceTree('src')
  const everything = readSourceTree('src', 'test', 'bench', 'stresstest', 'scripts')

  it('is entered by its doors: every import is one that the table allows', () => {
    assertNone(layeringProblems(source, HOUSE))
  })

  it('has no files that import each other in a ring', () => {
    assertNone(importCycles(source))
  })

  it(`has no file of more than ${MOST_LINES} lines`, () => {
    const lengths = [...everything].map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }))
    assertNone(lengths.filter(({ lines }) => lines > MOST_LINES).map(({ path, lines }) => `${path}: ${lines} lines`))
  })

  it('makes nothing new per packet in files that are marked hot', () => {
    assertNone(hotPathProblems(source, COLD))
  })

  it('resets connections in one way only, which knows what Node does not bear', () => {
    const direct = [...source].filter(([, text]) => bareCode(text).includes('.resetAndDestroy('))
    assert.deepEqual(
      direct.map(([path]) => path),
      ['src/sockets/reset-connection.ts'],
    )
  })

  it('puts nothing into the package that does not seal', () => {
    const { files } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { files: string[] }
    assertNone(
      files.filter((shipped) => ['bench', 'test', 'dist/bench', 'dist/test'].some((room) => meet(shipped, room))),
    )
  })

  it('has its tests where their subject is, or in a room that is known', () => {
    const tests = [...everything.keys()].filter((path) => path.endsWith('.test.ts'))
    assertNone(tests.filter((path) => !hasPlace(path)))
  })
})

/** One of the two folders is in the other, or is the other. */
function meet(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`)
}

function hasPlace(test: string): boolean {
  const folder = dirname(test).slice('test/'.length)
  return TEST_ROOMS.includes(folder) || ['src', '.'].some((root) => existsSync(join(projectFolder, root, folder)))
}

function assertNone(problems: readonly string[]): void {
  assert.equal(problems.length, 0, `\n${problems.join('\n')}\n`)
}

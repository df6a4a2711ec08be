// edgerq certs as a program, seen from outside: what it makes, what it prints where, and how it ends.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createAuthority } from '../../src/certificates/authority.ts'
import { builtProgram } from '../../stresstest/rig/places.ts'
import { importLines } from '../architecture/import-lines.ts'
import { readSourceTree } from '../architecture/source-tree.ts'
import { useFolder } from '../keys/folders.ts'

const DAY_MS = 86_400_000

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

describe('edgerq certs', () => {
  const path = useFolder()

  function run(...args: readonly string[]): Ended {
    const [program, ...before] = builtProgram('src/cli/edgerq', 'certs', ...args)
    return spawnSync(program!, before, { cwd: path('.'), encoding: 'utf8' })
  }

  const issue = (...args: readonly string[]) => run('issue', '--authority', 'ca', '-o', 'server', ...args)

  function assertFailed(ended: Ended, status: number, expected: RegExp): void {
    assert.equal(ended.status, status, ended.stderr)
    assert.equal(ended.stdout, '')
    assert.match(ended.stderr, expected)
    assert.doesNotMatch(ended.stderr, /^\s+at /m)
  }

  function assertMade(ended: Ended, ...files: readonly string[]): void {
    assert.equal(ended.status, 0, ended.stderr)
    assert.deepEqual(ended.stdout.trimEnd().split('\n'), files)
    const [certificate, key] = files.map((file) => statSync(path(file)).mode & 0o777)
    assert.deepEqual([certificate, key], [0o644, 0o400])
  }

  const certificate = (file: string) => new X509Certificate(readFileSync(path(file)))
  const daysOf = (file: string) => (Date.parse(certificate(file).validTo) - Date.now()) / DAY_MS

  /** In this process, which is quicker. */
  function useAuthority(days = 3_650): void {
    beforeEach(() => {
      const nowMs = Date.now()
      return createAuthority(path('ca'), 'ours', { fromMs: nowMs - 1_000, untilMs: nowMs + days * DAY_MS })
    })
  }

  describe('authority', () => {
    it('makes an authority for ten years, and says who gets which file and what to do next', () => {
      const ended = run('authority', '-o', 'ca')
      assertMade(ended, 'ca/ca.pem', 'ca/ca.key')
      assert.match(ended.stderr, /ca\/ca\.pem goes to every machine.*\n.*keep it away/)
      assert.match(ended.stderr, /edgerq certs issue --authority ca -o server --server --dns-name/)
      assert.equal(certificate('ca/ca.pem').subject, 'CN=edgerq authority')
      assert.equal(Math.round(daysOf('ca/ca.pem')), 3_650)
      assert.ok(Date.parse(certificate('ca/ca.pem').validFrom) < Date.now() - 4 * 60_000, 'clocks differ')
    })

    it('takes a name and a time', () => {
      assertMade(run('authority', '-o', 'ca', '--name', 'Größe & Co', '--days', '1'), 'ca/ca.pem', 'ca/ca.key')
      assert.equal(certificate('ca/ca.pem').subject, 'CN=Größe & Co')
      assert.equal(Math.round(daysOf('ca/ca.pem')), 1)
    })

    for (const [what, args, expected] of [
      ['no folder', [], /required option '-o, --output <folder>'/],
      ['no number of days', ['-o', 'ca', '--days', 'ten'], /--days must be 1 to 7300, not "ten"/],
      ['no days', ['-o', 'ca', '--days', '0'], /--days must be 1 to 7300, not "0"/],
      ['too many days', ['-o', 'ca', '--days', '7301'], /--days must be 1 to 7300/],
      ['an empty name', ['-o', 'ca', '--name', ''], /--name must be 1 to 64 characters .*, not ""/],
      ['a name on two lines', ['-o', 'ca', '--name', 'a\nb'], /--name must be .*, not "a\\u000ab"/],
      ['a long name', ['-o', 'ca', '--name', 'x'.repeat(65)], /--name must be 1 to 64/],
    ] as const) {
      it(`with ${what} ends with 2 and makes nothing`, () => {
        assertFailed(run('authority', ...args), 2, expected)
        assert.ok(!existsSync(path('ca')))
      })
    }
  })

  describe('issue', () => {
    useAuthority()

    it('makes a certificate of many names for both sides, and says where it goes', () => {
      const ended = issue(
        '--dns-name',
        'a.example,b.example',
        '--dns-name',
        'A.example',
        '--ip-address',
        '::1,127.0.0.1',
      )
      assertMade(ended, 'server.pem', 'server.key')
      const names = 'DNS:a.example, DNS:b.example, IP Address:0:0:0:0:0:0:0:1, IP Address:127.0.0.1'
      assert.equal(certificate('server.pem').subjectAltName, names)
      assert.equal(certificate('server.pem').keyUsage.length, 2)
      assert.equal(Math.round(daysOf('server.pem')), 397)
      for (const place of ['CAfile = ca/ca.pem', '<listener>', '<pipe>', '<private_key>server.key</private_key>']) {
        assert.ok(ended.stderr.includes(place), place)
      }
    })

    it('makes one for one side only, and speaks of that side only', () => {
      const server = issue('--server', '--dns-name', 'a')
      assert.deepEqual(certificate('server.pem').keyUsage, ['1.3.6.1.5.5.7.3.1'])
      assert.match(server.stderr, /as a server only.*<listener>/s)
      assert.doesNotMatch(server.stderr, /<pipe>/)
      const client = issue('--force', '--client', '--dns-name', 'a')
      assert.deepEqual(certificate('server.pem').keyUsage, ['1.3.6.1.5.5.7.3.2'])
      assert.match(client.stderr, /as a client only.*<pipe>/s)
      assert.doesNotMatch(client.stderr, /<listener>/)
    })

    it('overwrites nothing and ends with 1, and with --force takes the place of both files', () => {
      writeFileSync(path('server.pem'), 'precious')
      assertFailed(issue('--dns-name', 'a'), 1, /server\.pem: there is such a file already, and it was not touched/)
      assert.ok(!existsSync(path('server.key')))
      assert.equal(readFileSync(path('server.pem'), 'utf8'), 'precious')
      assertMade(issue('--dns-name', 'a', '--force'), 'server.pem', 'server.key')
      assert.ok(certificate('server.pem').checkIssued(certificate('ca/ca.pem')))
    })

    for (const [what, args, expected] of [
      ['no name', [], /--dns-name NAME or --ip-address ADDRESS is missing/],
      ['a name that no host has', ['--dns-name', 'a,b c'], /--dns-name must be a name .*, not "b c"/],
      ['an address in the place of a name', ['--dns-name', '10.0.0.1'], /10\.0\.0\.1 is an address; .*--ip-address/],
      ['a name in the place of an address', ['--ip-address', 'a'], /--ip-address must be an address .*, not "a"/],
      ['too many days', ['--dns-name', 'a', '--days', '3651'], /--days must be 1 to 3650, not "3651"/],
      ['a folder for its files', ['--dns-name', 'a', '-o', 'certs/'], /--output must be .*, not "certs\/"/],
      ['an option that there is not', ['--dns-name', 'a', '--key', 'x'], /unknown option '--key'/],
    ] as const) {
      it(`with ${what} ends with 2 and makes nothing`, () => {
        assertFailed(issue(...args), 2, expected)
        assert.ok(!existsSync(path('server.key')))
      })
    }

    it('ends with 1 if it cannot use the authority, or not write its files', () => {
      assertFailed(
        issue('--dns-name', 'a', '-o', 'no/server'),
        1,
        /^edgerq certs issue: no\/server\.key: .*no such folder/,
      )
      rmSync(path('ca/ca.key'))
      assertFailed(issue('--dns-name', 'a'), 1, /^edgerq certs issue: ca\/ca\.key: there is no such file/)
    })
  })

  describe('issue by an authority that ends soon', () => {
    useAuthority(10)

    it('makes a certificate that ends with it, and says so', () => {
      const ended = issue('--dns-name', 'a')
      assertMade(ended, 'server.pem', 'server.key')
      assert.equal(certificate('server.pem').validTo, certificate('ca/ca.pem').validTo)
      assert.match(ended.stderr, /until \d{4}-\d\d-\d\d, which is when its authority ends/)
    })
  })

  it('is all that loads what makes certificates, and only when it is called', () => {
    const loaders: string[] = []
    for (const [file, text] of readSourceTree('src')) {
      if (file.startsWith('src/certificates/')) continue
      for (const { from, isType, line } of importLines(text)) {
        const isLate = text.split('\n')[line - 1]!.includes('await import(')
        // names.ts is a few lines of its own and loads nothing.
        if (from.includes('/certificates/') && !isType && !isLate && !from.endsWith('/names.ts')) loaders.push(file)
      }
    }
    assert.deepEqual(loaders, [])
  })
})

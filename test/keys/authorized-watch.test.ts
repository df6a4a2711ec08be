import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import type { AuthorizedProviders } from '../../src/keys/authorized-providers.ts'
import { type AuthorizedWatch, watchAuthorizedFile } from '../../src/keys/authorized-watch.ts'
import { keyText } from '../../src/keys/key-text.ts'
import { createPreSharedKeyFile } from '../../src/keys/pre-shared-key.ts'
import { useFolder } from './folders.ts'

const LAB = keyText('public', Buffer.alloc(32, 9))
const SHOP = keyText('public', Buffer.alloc(32, 10))
const SERVICES = 'services="11111111-2222-3333-4444-555555555555"'
const LAB_LINE = `${SERVICES} ${LAB} lab\n`
const SHOP_LINE = `${SERVICES} ${SHOP} shop\n`

/** Decides nothing but when a failure is told. */
const SOON = () => ({ signal: AbortSignal.timeout(30_000) })

describe('a watched authorized file', () => {
  const path = useFolder()
  let file: string
  let news: EventEmitter
  /** Everything that was told, in order: the keys of a set, or the problems. */
  let told: string[][]
  let open: AuthorizedWatch[]

  beforeEach(() => {
    file = path('providers')
    news = new EventEmitter()
    told = []
    open = []
    writeFileSync(file, LAB_LINE)
  })
  afterEach(() => {
    for (const watch of open) watch.close()
  })

  function watching(watched = file): AuthorizedWatch {
    const start = watchAuthorizedFile(watched, {
      onChange: (providers) => {
        told.push([...providers.keys()])
        news.emit('change', providers)
      },
      onProblems: (problems) => {
        told.push([...problems])
        news.emit('problems', problems)
      },
    })
    if (!start.ok) return assert.fail(start.problems.join('\n'))
    open.push(start.value)
    return start.value
  }

  async function changed(): Promise<AuthorizedProviders> {
    return ((await once(news, 'change', SOON())) as [AuthorizedProviders])[0]
  }

  async function broken(): Promise<readonly string[]> {
    return ((await once(news, 'problems', SOON())) as [readonly string[]])[0]
  }

  it('is read at once', () => {
    assert.deepEqual([...watching().providers.keys()], [LAB])
  })

  it('is not watched if it is broken from the start; all of its problems are told', () => {
    writeFileSync(file, `nope ${LAB}\nnope ${SHOP}\n`)
    const start = watchAuthorizedFile(file, { onChange: () => {}, onProblems: () => {} })
    assert.ok(!start.ok)
    assert.equal(start.problems.filter((problem) => problem.startsWith(`${file}:`)).length, 4)
  })

  it('is not watched if it is not there, is no text, or others may change it', () => {
    const bad: [() => void, RegExp][] = [
      [() => rmSync(file), /: there is no such file; the list of authorized providers should be in it$/],
      [() => writeFileSync(file, Buffer.from([0x23, 0xff, 0x0a])), /: this is not UTF-8 text/],
      [() => chmodSync(file, 0o664), /: its mode 0664 lets other users .* change the list .*; run: chmod go-w /],
      [() => writeFileSync(file, 'x'.repeat(2_000_000)), /: this is too large/],
    ]
    for (const [spoil, expected] of bad) {
      writeFileSync(file, LAB_LINE)
      chmodSync(file, 0o644)
      spoil()
      const start = watchAuthorizedFile(file, { onChange: () => {}, onProblems: () => {} })
      assert.ok(!start.ok)
      assert.match(start.problems.join('\n'), expected)
      assert.ok(start.problems[0]!.startsWith(file))
    }
  })

  it('is read again when another file takes its place', async () => {
    const watch = watching()
    writeFileSync(path('new'), SHOP_LINE)
    renameSync(path('new'), file)
    assert.deepEqual([...(await changed()).keys()], [SHOP])
    assert.deepEqual([...watch.providers.keys()], [SHOP])
  })

  it('is read again when it is written in place', async () => {
    watching()
    writeFileSync(file, LAB_LINE + SHOP_LINE)
    assert.deepEqual([...(await changed()).keys()], [LAB, SHOP])
  })

  it('is read again when a line is added', async () => {
    watching()
    appendFileSync(file, SHOP_LINE)
    assert.equal((await changed()).size, 2)
  })

  it('is read again when what is written has the length and the time of what was there', async () => {
    writeFileSync(file, `${LAB_LINE}# revok\n`)
    watching()
    const { atime, mtime } = statSync(file)
    writeFileSync(file, `revoked ${LAB_LINE}`)
    utimesSync(file, atime, mtime)
    assert.equal((await changed()).get(LAB)!.isRevoked, true)
  })

  it('is read a second and a third time, too', async () => {
    watching()
    for (const text of [SHOP_LINE, '# nobody\n', LAB_LINE]) {
      writeFileSync(path('new'), text)
      renameSync(path('new'), file)
      assert.equal((await changed()).size, text.startsWith('#') ? 0 : 1)
    }
  })

  it('is never taken for empty while somebody is writing it', async () => {
    watching()
    const handle = openSync(file, 'w') // it is empty now
    await new Promise((resolve) => setImmediate(resolve))
    writeSync(handle, LAB_LINE)
    writeSync(handle, SHOP_LINE)
    closeSync(handle)
    await changed()
    assert.deepEqual(told, [[LAB, SHOP]])
  })

  it('keeps the old set while it is broken, tells why once, and goes on when it is mended', async () => {
    const watch = watching()
    writeFileSync(file, `${LAB_LINE}nope ${SHOP}\n`)
    const problems = await broken()
    assert.ok(problems[0]!.startsWith(`${file}:2:1: there is no option "nope"`))
    assert.deepEqual([...watch.providers.keys()], [LAB])
    writeFileSync(file, SHOP_LINE)
    await changed()
    assert.deepEqual([...watch.providers.keys()], [SHOP])
    assert.equal(told.length, 2)
  })

  it('keeps the old set when it is gone, and reads the next one', async () => {
    const watch = watching()
    rmSync(file)
    assert.match((await broken()).join('\n'), /no such file/)
    assert.deepEqual([...watch.providers.keys()], [LAB])
    writeFileSync(file, SHOP_LINE)
    await changed()
    assert.deepEqual([...watch.providers.keys()], [SHOP])
  })

  it('is refused when it is opened to others, and taken when it is closed again', async () => {
    watching()
    chmodSync(file, 0o666)
    assert.match((await broken()).join('\n'), /chmod go-w/)
    chmodSync(file, 0o600)
    await changed()
  })

  it('is found behind a link that is turned to another folder', async () => {
    for (const [folder, text] of [
      ['one', LAB_LINE],
      ['two', SHOP_LINE],
    ] as const) {
      mkdirSync(path(folder))
      writeFileSync(path(`${folder}/providers`), text)
    }
    symlinkSync('one', path('current'))
    const watch = watching(path('current/providers'))
    symlinkSync('two', path('next'))
    renameSync(path('next'), path('current'))
    await changed()
    assert.deepEqual([...watch.providers.keys()], [SHOP])
  })

  it('finds pre-shared keys beside it, and reads them again when they change', async () => {
    createPreSharedKeyFile(path('lab.psk'))
    writeFileSync(file, `psk-file="lab.psk" ${LAB_LINE}`)
    const watch = watching()
    const before = watch.providers.get(LAB)!.preSharedKey
    assert.equal(before?.length, 32)
    createPreSharedKeyFile(path('new.psk'))
    renameSync(path('new.psk'), path('lab.psk'))
    assert.notDeepEqual((await changed()).get(LAB)!.preSharedKey, before)
    chmodSync(path('lab.psk'), 0o644)
    assert.match((await broken()).join('\n'), /:1:1: psk-file .*lab\.psk: its mode 0644 .*chmod 600 /)
  })

  it('is read at once when it is asked to, changed or not', () => {
    const watch = watching()
    watch.reload()
    assert.deepEqual(told, [[LAB]])
    writeFileSync(file, SHOP_LINE)
    watch.reload()
    assert.deepEqual(told, [[LAB], [SHOP]])
  })

  it('says nothing any more when it is closed', async () => {
    const closed = watching()
    const toldBefore = told
    closed.close()
    told = []
    watching()
    writeFileSync(file, SHOP_LINE)
    await changed()
    assert.deepEqual([toldBefore, told], [[], [[SHOP]]])
    assert.deepEqual([...closed.providers.keys()], [LAB])
  })
})

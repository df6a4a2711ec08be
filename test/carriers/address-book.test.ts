import assert from 'node:assert/strict'
import fc from 'fast-check'
import { AddressBook, SPARE_ENTRIES } from '../../src/carriers/address-book.ts'

const address = fc.record({
  socket: fc.nat(2),
  host: fc.constantFrom('10.0.0.1', '10.0.0.2', '::1', '::ffff:10.0.0.1', 'fe80::1%lo'),
  port: fc.constantFrom(1, 2, 80, 65_535),
})

describe('the address book', () => {
  it('gives different addresses different numbers and the same address the same one', () => {
    fc.assert(
      fc.property(fc.array(address, { maxLength: 200 }), (addresses) => {
        const book = new AddressBook(() => true)
        const numbers = new Map<string, number>()
        for (const { socket, host, port } of addresses) {
          const key = `${socket} ${host} ${port}`
          const path = book.intern(socket, host, port)
          assert.equal(path, numbers.get(key) ?? path)
          numbers.set(key, path)
          assert.deepEqual(book.find(path), { path, socket, host, port, name: null, isUnbatched: false })
        }
        assert.equal(new Set(numbers.values()).size, numbers.size)
      }),
    )
  })

  it('forgets only what is not in use, and never grows past what is in use and its spare entries', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ address, isKept: fc.boolean() })),
        fc.integer({ min: 1, max: 8 }),
        (steps, spare) => {
          const kept = new Map<number, string>()
          const book = new AddressBook((path) => kept.has(path), spare)
          for (const {
            address: { socket, host, port },
            isKept,
          } of steps) {
            const path = book.intern(socket, host, port)
            if (isKept) kept.set(path, `${socket} ${host} ${port}`)
            assert.ok(book.size <= kept.size + spare, `${book.size} entries, ${kept.size} in use, ${spare} spare`)
          }
          for (const [path, key] of kept) {
            const found = book.find(path)
            assert.equal(found && `${found.socket} ${found.host} ${found.port}`, key)
          }
        },
      ),
    )
  })

  it('never gives a forgotten number to another address', () => {
    const book = new AddressBook(() => false, 4)
    const seen = new Set<number>()
    for (let port = 1; port <= 100; port++) seen.add(book.intern(0, '192.0.2.1', port))
    assert.equal(seen.size, 100)
  })

  it('gives a new number to an address that came back after it was forgotten', () => {
    const book = new AddressBook(() => false, 2)
    const first = book.intern(0, '192.0.2.1', 1)
    book.intern(0, '192.0.2.1', 2)
    book.intern(0, '192.0.2.1', 3)
    assert.equal(book.find(first), null)
    assert.notEqual(book.intern(0, '192.0.2.1', 1), first)
  })

  it('holds a flood of forged addresses at its bound and keeps the one session', () => {
    const session = 1
    const book = new AddressBook((path) => path === session)
    assert.equal(book.intern(0, '203.0.113.7', 7_000), session)
    for (let stranger = 0; stranger < 20_000; stranger++) {
      book.intern(0, `10.${stranger >> 16}.${(stranger >> 8) & 255}.${stranger & 255}`, 9)
    }
    assert.ok(book.size <= SPARE_ENTRIES + 1)
    assert.equal(book.intern(0, '203.0.113.7', 7_000), session)
  })
})

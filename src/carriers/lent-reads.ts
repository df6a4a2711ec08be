// Sockets that we dial read into one buffer that all of them share, since nobody keeps what arrives: Node would otherwise make a
// buffer for every read, and collecting them would cost more than the reads do. Accepted sockets have no such choice in Node.

/** As much as libuv asks the kernel for at once. */
const READ_BYTES = 65_536

/**
 * One for all: where reads are told of readiness (every Unix), libuv reads and calls back in one go. Windows fills buffers while nobody
 * looks, so there each socket keeps its own.
 */
const SHARED = process.platform === 'win32' ? null : new Uint8Array(READ_BYTES)

/** The `onread` of one socket, which then emits no `data`. */
export class LentReads {
  /** Told of what was read, until it returns. */
  onBytes: (bytes: Uint8Array) => void = () => {}
  readonly buffer = SHARED ?? new Uint8Array(READ_BYTES)

  /** True: goes on reading. */
  readonly callback = (length: number): boolean => {
    this.onBytes(this.buffer.subarray(0, length))
    return true
  }
}

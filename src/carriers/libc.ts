// The C library, as far as UDP sockets need it and Node has no way to it: called through koffi, where that is installed.

/** Layouts and numbers in this folder are those of 64-bit Linux with its common numbering; elsewhere it must not be tried. */
const MACHINES: readonly string[] = ['x64', 'arm64']

/** Which events at a descriptor are to be told of, and which came. */
export interface Readiness {
  readonly readable: boolean
  readonly writable: boolean
}

/** Told of what a descriptor is ready for. `failed`: for nothing any more; it is watched no longer. */
export type OnReady = (ready: Readiness, failed: boolean) => void

export interface Watch {
  want(wanted: Readiness): void
  /** The descriptor may be closed then. */
  close(): void
}

/** Calls answer what the C library does: -1 is a failure, and `errorName` says which. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number
  bind(fd: number, name: Uint8Array, nameBytes: number): number
  getsockname(fd: number, name: Uint8Array, nameBytes: Uint8Array): number
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, valueBytes: number): number
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, valueBytes: Uint8Array): number
  sendmsg(fd: number, message: Uint8Array, flags: number): number
  recvmmsg(fd: number, messages: Uint8Array, most: number, flags: number, timeout: null): number
  close(fd: number): number
  inet_pton(family: number, text: string, address: Uint8Array): number
  inet_ntop(family: number, address: Uint8Array, text: Uint8Array, textBytes: number): string | null
  if_nametoindex(name: string): number
  if_indextoname(index: number, name: Uint8Array): string | null
  /** Why the last call failed, as Node spells it: `EAGAIN`. */
  errorName(): string
  /** The same as what Node throws. */
  lastError(): NodeJS.ErrnoException
  /** Where the bytes of a buffer stand in memory; they stay there for as long as it is referenced. */
  addressOf(buffer: Uint8Array): number
  watch(fd: number, onReady: OnReady): Watch
}

/** Throws a sentence for the operator if this machine is not of the kind, or the package is not there. */
export async function loadLibc(): Promise<Libc> {
  const { platform, arch } = process
  if (platform !== 'linux' || !MACHINES.includes(arch)) {
    throw new Error(`this is for Linux on ${MACHINES.join(' and ')}, and here is ${platform} on ${arch}`)
  }
  const koffi = await loadKoffi()
  const library = koffi.load(null)
  const declared = DECLARATIONS.map((declaration) => [nameIn(declaration), library.func(declaration)])
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]))
  names.set(koffi.os.errno.EAGAIN!, 'EAGAIN') // EWOULDBLOCK has the same number
  const errorName = () => names.get(koffi.errno()) ?? `errno ${koffi.errno()}`
  return {
    ...(Object.fromEntries(declared) as Pick<Libc, Declared>),
    errorName,
    lastError: () => {
      const code = errorName()
      return Object.assign(new Error(code), { code })
    },
    addressOf: (buffer) => Number(koffi.address(buffer)),
    watch: (fd, onReady) => watch(koffi, fd, onReady),
  }
}

type Koffi = typeof import('koffi')['default']
type Declared = Exclude<keyof Libc, 'errorName' | 'lastError' | 'addressOf' | 'watch'>

const DECLARATIONS = [
  'int socket(int family, int type, int protocol)',
  'int bind(int fd, void *name, unsigned int name_bytes)',
  'int getsockname(int fd, void *name, void *name_bytes)',
  'int setsockopt(int fd, int level, int option, void *value, unsigned int value_bytes)',
  'int getsockopt(int fd, int level, int option, void *value, void *value_bytes)',
  'int64_t sendmsg(int fd, void *message, int flags)',
  'int recvmmsg(int fd, void *messages, unsigned int most, int flags, void *timeout)',
  'int close(int fd)',
  'int inet_pton(int family, const char *text, void *address)',
  'const char *inet_ntop(int family, void *address, void *text, unsigned int text_bytes)',
  'unsigned int if_nametoindex(const char *name)',
  'const char *if_indextoname(unsigned int index, void *name)',
]

async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import('koffi')).default
  } catch {
    throw new Error('the package koffi is not installed or does not load here')
  }
}

function nameIn(declaration: string): string {
  return /(\w+)\(/.exec(declaration)![1]!
}

const READING: Readiness = { readable: true, writable: false }

function watch(koffi: Koffi, fd: number, onReady: OnReady): Watch {
  // koffi calls from the event loop and not as Node's own sources do: promises that are settled meanwhile would wait for the next event of
  // any kind, and what is thrown would be lost. An immediate is such an event.
  const callback = (status: number, ready: Readiness) => {
    setImmediate(nothing)
    try {
      onReady(ready, status < 0)
    } catch (error) {
      setImmediate(rethrow, error)
    }
  }
  const handle = koffi.node.poll(fd, READING, callback)
  return {
    want: (wanted) => handle.start(wanted, callback),
    close: () => handle.close(),
  }
}

function nothing(): void {}

function rethrow(error: unknown): void {
  throw error
}

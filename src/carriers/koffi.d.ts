// What we use of koffi, which may be installed or not. `node.poll` is in its own types, though not in its manual.

declare module 'koffi' {
  interface PollEvents {
    readonly readable: boolean
    readonly writable: boolean
  }
  interface PollHandle {
    start(wanted: PollEvents, callback: (status: number, events: PollEvents) => void): void
    /** The descriptor may be closed from then on, and stays open. */
    close(): void
  }
  const koffi: {
    /** Null: the symbols of the process itself, the C library among them. */
    load(path: string | null): { func(declaration: string): (...values: unknown[]) => unknown }
    /** Where the bytes of a buffer stand in memory, or what a pointer points to. */
    address(what: object): bigint
    /** What the last call left behind. */
    errno(): number
    readonly os: { readonly errno: Readonly<Record<string, number>> }
    readonly node: {
      poll(fd: number, wanted: PollEvents, callback: (status: number, events: PollEvents) => void): PollHandle
    }
  }
  export default koffi
}

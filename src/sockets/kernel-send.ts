// The kernel's send(2), called through koffi, where that is installed. One for the process.

import { libcFunction } from './libc-function.ts'

/** How many bytes the kernel has taken; less than none: none now, or it never will. */
export type Send = (fd: number, bytes: Uint8Array, count: number, flags: number) => number

/** Null until it is allowed. */
export let kernelSend: Send | null = null

/** MSG_DONTWAIT and MSG_NOSIGNAL of Linux, on every machine it runs on. */
export const AT_ONCE_AND_QUIETLY = 0x40 | 0x4000

/** From now on sockets write by it. Answers why not, or null. */
export async function allowKernelSend(): Promise<string | null> {
  try {
    kernelSend = await loadKernelSend()
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** Throws a sentence for the operator where there is none. */
export async function loadKernelSend(): Promise<Send> {
  return (await libcFunction('int64_t send(int fd, const void *bytes, size_t count, int flags)')) as Send
}

// The kernel's send(2) as the product loads it, for tests that write by it.

import { loadKernelSend, type Send } from '../../src/sockets/kernel-send.ts'

/** Null: this machine has it not; that is said aloud. */
export const sendHere: Send | null = await loadKernelSend().catch((error: Error) => {
  console.warn(`SKIPPED: writes by send(2): ${error.message}`)
  return null
})

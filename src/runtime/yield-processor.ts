// sched_yield(2), called through koffi, where that is installed. One for the process.
//
// Who polls and does not yield takes the processor from the very program whose answer it waits for.

import { libcFunction } from '../sockets/libc-function.ts'

/** Lets whoever waits for this processor have it; returns at once when nobody does. */
export type YieldProcessor = () => number

/** Null until it is allowed: nothing polls. */
export let yieldProcessor: YieldProcessor | null = null

/** From now on drivers poll before they sleep. Answers why not, or null. */
export async function allowBusyPolling(): Promise<string | null> {
  try {
    yieldProcessor = (await libcFunction('int sched_yield()')) as YieldProcessor
    return null
  } catch (error) {
    return (error as Error).message
  }
}

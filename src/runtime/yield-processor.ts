// sched_yield(2), called through koffi, where that is installed. One for the process.
//
// Who polls and does not yield takes the processor from the very program whose answer it waits for.

/** Lets whoever waits for this processor have it; returns at once when nobody does. */
export type YieldProcessor = () => number

/** Null until it is allowed: nothing polls. */
export let yieldProcessor: YieldProcessor | null = null

/** From now on drivers poll before they sleep. Answers why not, or null. */
export async function allowBusyPolling(): Promise<string | null> {
  try {
    yieldProcessor = await loadYieldProcessor()
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** Throws a sentence for the operator if this is no Linux, or the package is not there. */
async function loadYieldProcessor(): Promise<YieldProcessor> {
  if (process.platform !== 'linux') throw new Error(`this is for Linux, and here is ${process.platform}`)
  const koffi = await import('koffi').catch(() => null)
  if (koffi === null) throw new Error('the package koffi is not installed or does not load here')
  return koffi.default.load(null).func('int sched_yield()') as YieldProcessor
}

// A function of the C library, called through koffi, where that is installed.

/** `declaration`: as C spells it. Throws a sentence for the operator if this is no Linux, or the package is not there. */
export async function libcFunction(declaration: string): Promise<(...values: never[]) => unknown> {
  if (process.platform !== 'linux') throw new Error(`this is for Linux, and here is ${process.platform}`)
  const koffi = await import('koffi').catch(() => null)
  if (koffi === null) throw new Error('the package koffi is not installed or does not load here')
  return koffi.default.load(null).func(declaration)
}

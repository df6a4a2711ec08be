// What comes of large numbers: sessions of one consumer, streams of one session, services of one consumer.
// `npm run bench -- --only scale`

import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { printGrowth } from './growth.ts'
import type { BenchOptions } from './options.ts'
import { measureServices } from './scale-services.ts'
import { measureSessions } from './scale-sessions.ts'
import { measureStreams } from './scale-streams.ts'

/** The numbers that the project has set itself; `--quick` goes a tenth of the way. */
const STEPS = {
  sessions: [1_000, 2_000, 5_000, 10_000],
  streams: [100, 1_000, 5_000, 10_000],
  services: [1, 10, 100, 1_000],
} as const

export async function benchScale(folder: string, { quick, measurements }: BenchOptions): Promise<void> {
  const steps = (kind: keyof typeof STEPS): number[] =>
    STEPS[kind].map((count) => Math.ceil(quick ? count / 10 : count))
  const own = (kind: string): string => mkdtempSync(join(folder, `${kind}-`))
  const all = measurements.has('scale')
  if (all || measurements.has('sessions')) printGrowth(await measureSessions(own('sessions'), steps('sessions')))
  if (all || measurements.has('streams')) printGrowth(await measureStreams(own('streams'), steps('streams')))
  if (all || measurements.has('services')) printGrowth(await measureServices(own('services'), steps('services')))
}

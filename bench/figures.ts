// What is measured, as the tables call it.

import type { Figure } from './samples.ts'

/** Requests per second, by the number of connections. */
export const requestsAt: ReadonlyMap<number, Figure> = new Map(
  [1, 32, 256].map((connections) => [
    connections,
    { name: `requests, ${connections} connection${connections > 1 ? 's' : ''}`, unit: '1/s', digits: 0 },
  ]),
)

/** The number of connections at which requests are held against others: enough to keep both processors busy, too few to queue. */
export const BUSY_CONNECTIONS = 32

/** At `BUSY_CONNECTIONS`: one request costs too little to be read from the system's clock. */
export const cpuOfRequests: Figure = { name: 'CPU of 100,000 requests', unit: 's', digits: 2 }
export const p50: Figure = { name: 'small request, p50', unit: 'ms', digits: 3 }
export const p99: Figure = { name: 'small request, p99', unit: 'ms', digits: 3 }
export const added: Figure = { name: 'added to direct, p50', unit: 'ms', digits: 3 }

export const speed = {
  download: { name: 'download', unit: 'MB/s', digits: 0 },
  upload: { name: 'upload', unit: 'MB/s', digits: 0 },
} as const satisfies Record<string, Figure>

export const cpuOfTransfer = {
  download: { name: 'CPU of a download', unit: 's/GB', digits: 2 },
  upload: { name: 'CPU of an upload', unit: 's/GB', digits: 2 },
} as const satisfies Record<string, Figure>

// One tunnel under one controller: what meets others on a ground, whether it is laid or not.

import type { Controller, Tunnel } from './tunnel.ts'

export interface Entrant {
  readonly tunnel: Tunnel
  /** Null: whatever the tunnel has by default. */
  readonly controller: Controller | null
}

/** In tables and charts. */
export function entrantName(tunnel: string, controller: Controller | null): string {
  return controller === null ? tunnel : `${tunnel} · ${controller}`
}

/** It is over TCP, whose congestion control is the kernel's. */
export function isOfKernel({ tunnel }: Entrant): boolean {
  return tunnel.controllers === undefined
}

// What every tunnel is to the measurements: a name, what is known of it, and how one is laid.

import type { OriginPorts } from '../routes.ts'
import type { Site } from './site.ts'

/** Of congestion: on the link between the two ends, of the kernel for tunnels over TCP. */
export type Controller = 'cubic' | 'bbr'

export interface Tunnel {
  /** In tables and charts. */
  readonly name: string
  readonly whose: 'ours' | 'others' | 'nobody'
  readonly isEncrypted: boolean
  /** One configuration of each program is enough where the line is what limits. */
  readonly isOnLinks: boolean
  /** What it takes of its own; without: it is over TCP, and takes the kernel's. */
  readonly controllers?: readonly Controller[]
  /** In a row; 1 unless it says otherwise. */
  readonly hops?: number
  /** Starts both ends. Resolves as soon as they are started: whether they serve is for the caller to find out. */
  lay(site: Site): Promise<Laid>
}

/** Where it is entered. */
export interface Laid extends OriginPorts {
  /** Where the ports are, seen from outside; default 127.0.0.1. */
  readonly host?: string
}

/** A program with its tunnels, or why there are none. */
export interface Family {
  readonly tunnels: readonly Tunnel[]
  /** For the report: programs and their versions. */
  readonly versions: readonly string[]
  /** What cannot be measured here, as sentences. */
  readonly left: readonly string[]
}

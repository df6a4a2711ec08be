// The target of each service of a pipe: how to reach it, and how it is.

import type { ProviderService } from '../config/read.ts'
import { HttpTarget } from './http-target.ts'
import { TargetConnector } from './target-connector.ts'
import { TargetHealth } from './target-health.ts'

export interface Target {
  readonly service: ProviderService
  readonly health: TargetHealth
  /** For services of that protocol. */
  readonly http: HttpTarget | null
}

export interface TargetsParts {
  readonly services: readonly ProviderService[]
  /** What the files of <ca> hold, by their paths as the configuration writes them. */
  readonly certificates: ReadonlyMap<string, string>
  /** Name and version of this program. */
  readonly software: string
  readonly onHealth: (service: ProviderService, isHealthy: boolean) => void
}

export class Targets {
  readonly #targets = new Map<string, Target>()

  constructor({ services, certificates, software, onHealth }: TargetsParts) {
    for (const service of services) {
      const connector = new TargetConnector(service, certificatesFor(service, certificates))
      const onChange = (isHealthy: boolean) => onHealth(service, isHealthy)
      const http = service.protocol === 'http' ? new HttpTarget(connector) : null
      this.#targets.set(service.uuid, { service, health: new TargetHealth({ connector, software, onChange }), http })
    }
  }

  /** Null: the pipe has no such service. */
  find(uuid: string): Target | null {
    return this.#targets.get(uuid) ?? null
  }

  start(): void {
    for (const { health } of this.#targets.values()) health.start()
  }

  /** Ends the probes and the connections that wait for requests. */
  stop(): void {
    for (const { health, http } of this.#targets.values()) {
      health.stop()
      http?.close()
    }
  }
}

/** Null: the service names no file of its own. */
function certificatesFor({ tls }: ProviderService, certificates: ReadonlyMap<string, string>): string | null {
  if (tls === null || tls.caPath === null) return null
  const text = certificates.get(tls.caPath)
  // To go on without it would trust everybody whom Node.js trusts.
  if (text === undefined) throw new Error(`nobody has read ${tls.caPath}`)
  return text
}

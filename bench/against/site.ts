// Where one tunnel is laid: it knows the ground, what is to be reached, and every program that was started for it.

import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildProgram, ProgramOptions } from '../../stresstest/rig/child-program.ts'
import type { OriginPorts } from '../routes.ts'
import { type Ground, insideOf, type Place, startAt } from './ground.ts'
import type { Controller } from './tunnel.ts'

export interface SiteOptions {
  readonly ground: Ground
  /** In which the site has one of its own. */
  readonly folder: string
  /** On 127.0.0.1 inside. */
  readonly origins: OriginPorts
  /** Null: whatever the tunnel has by default. The kernel's is set by whoever owns the ground. */
  readonly controller: Controller | null
  /** Of the site that this one is a part of; without: it is whole. */
  readonly programs?: ChildProgram[]
}

export class Site {
  readonly ground: Ground
  readonly folder: string
  readonly origins: OriginPorts
  readonly controller: Controller | null
  readonly programs: ChildProgram[]

  constructor(options: SiteOptions) {
    this.ground = options.ground
    this.folder = mkdtempSync(join(options.folder, 'site-'))
    this.origins = options.origins
    this.controller = options.controller
    this.programs = options.programs ?? []
  }

  start(place: Place, options: ProgramOptions): ChildProgram {
    return this.own(startAt(place, options))
  }

  /** Takes a program that was started elsewhere: it is charged and ended with the others. */
  own(program: ChildProgram): ChildProgram {
    this.programs.push(program)
    return program
  }

  /** For the first hop of a chain, whose others lead on from `origins`. */
  before(origins: OriginPorts): Site {
    return new Site({ ...this, origins })
  }

  /** For a hop of a chain that begins and ends inside. */
  behind(origins: OriginPorts): Site {
    return new Site({ ...this, origins, ground: insideOf(this.ground) })
  }

  async end(): Promise<void> {
    await Promise.all(this.programs.splice(0).map((program) => program.end()))
  }
}

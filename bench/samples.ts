// What was measured: for each figure and route the values of all rounds, of which the median counts and the spread is shown.

export interface Figure {
  readonly name: string
  readonly unit: string
  readonly digits: number
}

export interface Summary {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** All values of one figure, as they are written to a file. */
export interface Series extends Figure {
  /** By route, in the order of the rounds. */
  readonly values: Readonly<Record<string, readonly number[]>>
}

/** A figure is known by its name, so that one that was read from a file is the same as one of the code. */
export class Samples {
  readonly #rows = new Map<string, { readonly figure: Figure; readonly routes: Map<string, number[]> }>()

  static from(series: readonly Series[]): Samples {
    const samples = new Samples()
    for (const { values, ...figure } of series) {
      for (const [route, own] of Object.entries(values)) for (const value of own) samples.add(figure, route, value)
    }
    return samples
  }

  toJSON(): readonly Series[] {
    return [...this.#rows.values()].map(({ figure, routes }) => ({ ...figure, values: Object.fromEntries(routes) }))
  }

  add(figure: Figure, route: string, value: number): void {
    const row = this.#rows.get(figure.name) ?? { figure, routes: new Map<string, number[]>() }
    this.#rows.set(figure.name, row)
    row.routes.set(route, [...(row.routes.get(route) ?? []), value])
  }

  get figures(): readonly Figure[] {
    return [...this.#rows.values()].map(({ figure }) => figure)
  }

  routes(figure: Figure): readonly string[] {
    return [...(this.#rows.get(figure.name)?.routes.keys() ?? [])]
  }

  /** In the order of the rounds. */
  values(figure: Figure, route: string): readonly number[] {
    return this.#rows.get(figure.name)?.routes.get(route) ?? []
  }

  summary(figure: Figure, route: string): Summary | null {
    const sorted = [...this.values(figure, route)].sort((a, b) => a - b)
    if (sorted.length === 0) return null
    const middle = (sorted.length - 1) / 2
    const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
    return { median, least: sorted[0]!, most: sorted[sorted.length - 1]! }
  }

  /** The quotient of two medians; null when either was not measured. */
  ratio(figure: Figure, route: string, to: string): number | null {
    const [own, other] = [this.summary(figure, route), this.summary(figure, to)]
    return own === null || other === null || other.median === 0 ? null : own.median / other.median
  }
}

/** The least and the most quotient of two values of the same round; null when they do not pair. */
export function spreadOf(
  own: readonly number[],
  others: readonly number[],
): readonly [least: number, most: number] | null {
  if (own.length !== others.length || own.length === 0) return null
  const quotients = own.map((value, round) => value / others[round]!)
  return [Math.min(...quotients), Math.max(...quotients)]
}

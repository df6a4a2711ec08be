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

export class Samples {
  readonly #values = new Map<Figure, Map<string, number[]>>()

  add(figure: Figure, route: string, value: number): void {
    const routes = this.#values.get(figure) ?? new Map<string, number[]>()
    this.#values.set(figure, routes)
    routes.set(route, [...(routes.get(route) ?? []), value])
  }

  get figures(): readonly Figure[] {
    return [...this.#values.keys()]
  }

  routes(figure: Figure): readonly string[] {
    return [...(this.#values.get(figure)?.keys() ?? [])]
  }

  /** In the order of the rounds. */
  values(figure: Figure, route: string): readonly number[] {
    return this.#values.get(figure)?.get(route) ?? []
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

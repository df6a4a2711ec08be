// Collects what is wrong with one configuration file, so that its author sees everything at once and in reading order.

/** A place in a file; both count from 1, columns in UTF-16 units as editors do. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface Problem extends Place {
  /** What is wrong and what is allowed: one line, shown to the operator as it is. */
  readonly what: string
}

/** Nobody reads further, and a hostile file must not buy a report larger than itself. */
const MOST_PROBLEMS = 100

/** Longest piece of the file that a problem repeats. */
const MOST_QUOTED_CHARACTERS = 60

export class Problems {
  readonly #found: Problem[] = []

  add(place: Place, what: string): void {
    if (!this.isFull) this.#found.push({ line: place.line, column: place.column, what })
  }

  get isEmpty(): boolean {
    return this.#found.length === 0
  }

  /** True: what is added from now on is not kept, so it need not be worked out either. */
  get isFull(): boolean {
    return this.#found.length >= MOST_PROBLEMS
  }

  /** `FILE:LINE:COLUMN: what is wrong`, in the order of the file. */
  lines(fileName: string): readonly string[] {
    const sorted = this.#found.toSorted(inOrder)
    if (this.isFull)
      sorted.push({ ...sorted.at(-1)!, what: `no more than ${MOST_PROBLEMS} problems are shown; there may be others` })
    return sorted.map((problem) => `${fileName}:${problem.line}:${problem.column}: ${problem.what}`)
  }
}

/** For sorting: places in the order of the file. */
export function inOrder(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column
}

/** A value of the file for a message. */
export function quote(text: string): string {
  return `"${brief(text)}"`
}

/**
 * A piece of the file for a message: shortened, for names and values can be a megabyte long, and with what is invisible or would
 * end the line (control and format characters, white space other than a plain space) as `\uXXXX`.
 */
export function brief(text: string): string {
  const start = [...text.slice(0, 2 * MOST_QUOTED_CHARACTERS)].slice(0, MOST_QUOTED_CHARACTERS).join('')
  const visible = start.replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, escaped)
  return start.length < text.length ? `${visible}…` : visible
}

function escaped(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`
}

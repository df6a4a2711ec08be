// The gate in front of the tree: saxes judges well-formedness, this file what else a configuration has no business containing.
// Nothing that can expand, load or point elsewhere gets past it (no DTD, no entities of its own, no instructions).

import { SaxesParser } from 'saxes'
import { brief, type Place, type Problem } from './problems.ts'

/** Elements inside elements. The deepest that means anything is 6. */
const MOST_DEPTH = 32
/** A thousand services are some ten thousand elements. */
const MOST_ELEMENTS = 50_000
const MOST_ATTRIBUTES = 64
/** One slip makes a parser complain about everything behind it; more than this teaches nothing. */
const MOST_PROBLEMS = 20
/** Characters given to the parser at once: how much is still read after the gate has closed, and each may cost an Error with its stack. */
const CHUNK_CHARACTERS = 256

/** What keeps `text` from being read at all; empty: it is well-formed and tame. `placeOf` turns an index of `text` into a place. */
export function malformations(text: string, placeOf: (index: number) => Place): readonly Problem[] {
  return new Gate(text, placeOf).problems
}

interface OpenElement {
  readonly name: string
  readonly start: number
}

class Gate {
  readonly problems: Problem[] = []
  readonly #text: string
  readonly #placeOf: (index: number) => Place
  // Without positions its messages come bare; `position` is kept all the same.
  readonly #parser = new SaxesParser({ position: false, forceXMLVersion: true, defaultXMLVersion: '1.0' })
  readonly #open: OpenElement[] = []
  #elements = 0
  #attributes = 0
  #isShut = false

  constructor(text: string, placeOf: (index: number) => Place) {
    this.#text = text
    this.#placeOf = placeOf
    this.#listen()
    for (let at = 0; at < text.length && !this.#isShut; at += CHUNK_CHARACTERS) {
      this.#parser.write(text.slice(at, at + CHUNK_CHARACTERS))
    }
    if (!this.#isShut) this.#onEnd()
  }

  #listen(): void {
    const parser = this.#parser
    parser.on('error', (complaint) => this.#onComplaint(complaint.message))
    parser.on('xmldecl', (declaration) => this.#onDeclaration(declaration.version, declaration.encoding))
    parser.on('doctype', (body) => this.#onDoctype(body))
    parser.on('processinginstruction', ({ target }) => this.#onInstruction(target))
    parser.on('opentagstart', (tag) => this.#onOpen(tag.name))
    parser.on('attribute', () => this.#onAttribute())
    parser.on('closetag', (tag) => this.#onClose(tag.name, tag.isSelfClosing))
  }

  #onDeclaration(version: string | undefined, encoding: string | undefined): void {
    if (version !== undefined && version !== '1.0') this.#report(0, 'the XML version must be 1.0')
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') {
      this.#report(0, `the encoding must be UTF-8, not "${brief(encoding)}"`)
    }
  }

  #onDoctype(body: string): void {
    const start = this.#parser.position - `<!DOCTYPE${body}>`.length
    this.#shut(start, '<!DOCTYPE is not allowed here: leave it out')
  }

  #onInstruction(target: string): void {
    const start = this.#lastIndexOf(`<?${target}`)
    this.#report(start, `processing instructions are not allowed: leave out <?${brief(target)} …?>`)
  }

  #onOpen(name: string): void {
    const start = this.#lastIndexOf('<')
    this.#open.push({ name, start })
    this.#elements++
    this.#attributes = 0
    if (this.#open.length > MOST_DEPTH) this.#shut(start, `elements may stand at most ${MOST_DEPTH} deep`)
    if (this.#elements > MOST_ELEMENTS) this.#shut(start, `a file may hold at most ${MOST_ELEMENTS} elements`)
  }

  #onAttribute(): void {
    this.#attributes++
    if (this.#attributes <= MOST_ATTRIBUTES) return
    this.#shut(this.#open.at(-1)!.start, `an element may have at most ${MOST_ATTRIBUTES} attributes`)
  }

  /** Where tags cross, nothing behind them can be told right from wrong, so that is said alone. */
  #onClose(name: string, isSelfClosing: boolean): void {
    const opened = this.#open.pop()
    if (opened === undefined || isSelfClosing) return
    const start = this.#lastIndexOf('</')
    const closing = this.#text.slice(start + '</'.length, this.#parser.position - '>'.length).trimEnd()
    if (closing === name) return
    const { line } = this.#placeOf(opened.start)
    this.#shut(start, `<${brief(name)}> of line ${line} must be closed before </${brief(closing)}>`)
  }

  #onComplaint(message: string): void {
    this.#report(this.#parser.position - 1, `not well-formed XML: ${brief(message.replace(/\.$/, ''))}`)
  }

  #onEnd(): void {
    const innermost = this.#open.at(-1)
    if (innermost === undefined) {
      this.#parser.close()
      return
    }
    this.#report(innermost.start, `<${brief(innermost.name)}> is never closed`)
  }

  #lastIndexOf(beginning: string): number {
    return this.#text.lastIndexOf(beginning, this.#parser.position - 1)
  }

  #shut(index: number, what: string): void {
    this.#report(index, what)
    this.#isShut = true
  }

  #report(index: number, what: string): void {
    if (this.#isShut) return
    const inText = Math.max(0, Math.min(index, this.#text.length - 1)) // at the end the parser stands behind the text
    this.problems.push({ ...this.#placeOf(inText), what })
    if (this.problems.length >= MOST_PROBLEMS) this.#isShut = true
  }
}

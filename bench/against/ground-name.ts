// Where tunnels meet, by name: as the command line, the report and the files of its parts call it.

/** Loopback, the narrow link with its short queue, or a link of 200 Mbit/s. */
export type GroundName = 'loopback' | 'narrow' | WideLink

export interface WideLink {
  /** One way. */
  readonly delayMs: number
  /** Each way. */
  readonly lossPercent: number
}

/** The ones that the bars are about. */
export const BAR_GROUNDS: readonly GroundName[] = ['loopback', wide(40, 1), wide(40, 5), 'narrow']

export function wide(delayMs: number, lossPercent: number): WideLink {
  return { delayMs, lossPercent }
}

export function groundName(ground: GroundName): string {
  return typeof ground === 'string' ? ground : `${ground.delayMs}/${ground.lossPercent}`
}

/** Null when there is none of this name. */
export function groundNamed(text: string): GroundName | null {
  if (text === 'loopback' || text === 'narrow') return text
  const [, delay, loss] = text.match(/^(\d{1,4})\/(\d{1,2}(?:\.\d{1,3})?)$/) ?? []
  return delay === undefined ? null : wide(Number(delay), Number(loss))
}

/** For sorting names: loopback, links by delay and then by loss, the narrow one. */
export function byGround(one: string, other: string): number {
  const [first, second] = [place(one), place(other)]
  return first.delayMs - second.delayMs || first.lossPercent - second.lossPercent
}

function place(name: string): WideLink {
  const ground = groundNamed(name) ?? 'narrow'
  if (ground === 'loopback') return wide(-1, 0)
  return ground === 'narrow' ? wide(Number.MAX_VALUE, 0) : ground
}

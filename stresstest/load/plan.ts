// What is sent, how fast and for how long.

/** One run of the load generator, as the command line asks for it. */
export interface LoadPlan {
  /** `{id}` in its path or query becomes another one in each request. */
  readonly url: URL
  readonly method: string
  /** Name, value, name, value … as they are sent; what belongs to the connection and to the framing comes on top. */
  readonly fields: readonly string[]
  readonly body: BodyPlan
  readonly connections: number
  readonly keepAlive: boolean
  /** Of all connections together; null: as fast as they allow. */
  readonly ratePerSecond: number | null
  /** No request starts after this; those under way are waited for. */
  readonly durationMs: number
  /** No more requests than these start. */
  readonly requests: number
  /** For one request and the whole of its answer. */
  readonly timeoutMs: number
  /** `content`: every byte of an answer; `framing`: only that no announced byte is missing. */
  readonly verify: 'content' | 'framing'
  /** Over HTTPS: what a certificate must be. */
  readonly certificate: 'valid' | 'any'
  /** From it follow the ids and the contents of the bodies. */
  readonly seed: number
}

export interface BodyPlan {
  readonly kind: 'none' | 'length' | 'chunked'
  readonly bytes: number
}

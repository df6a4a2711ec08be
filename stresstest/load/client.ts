// Sends the requests of a plan over HTTP/1.1 and tells how each of them ended.

import { type AgentOptions, Agent as HttpAgent, type RequestOptions, request as sendHttp } from 'node:http'
import { Agent as HttpsAgent, request as sendHttps } from 'node:https'
import { Errands } from './errand.ts'
import { Exchange } from './exchange.ts'
import type { LoadPlan } from './plan.ts'
import { watchForReset } from './resets.ts'
import type { Outcome } from './tally.ts'

export class Client {
  /** Connections that were opened: with keep-alive, no more than the plan allows at once unless the server closes some. */
  opened = 0
  readonly #plan: LoadPlan
  readonly #errands: Errands
  readonly #agent: HttpAgent
  readonly #options: RequestOptions
  readonly #request: typeof sendHttp

  constructor(plan: LoadPlan) {
    this.#plan = plan
    this.#errands = new Errands(plan)
    const isHttps = plan.url.protocol === 'https:'
    this.#request = isHttps ? sendHttps : sendHttp
    const options: AgentOptions = { keepAlive: plan.keepAlive, maxSockets: plan.connections }
    this.#agent = isHttps
      ? new HttpsAgent({ ...options, rejectUnauthorized: plan.certificate === 'valid' })
      : new HttpAgent(options)
    this.#options = {
      agent: this.#agent,
      host: plan.url.hostname.replace(/^\[|\]$/g, ''),
      port: plan.url.port,
      method: plan.method,
      headers: fieldsOf(plan),
    }
  }

  send(number: number, settled: (outcome: Outcome) => void): void {
    const errand = this.#errands.errand(number)
    const request = this.#request({ ...this.#options, path: errand.path })
    request.on('socket', (socket) => {
      if (!socket.connecting) return
      this.opened++
      watchForReset(socket)
    })
    const exchange = new Exchange(request, errand, settled)
    exchange.begin(this.#plan.timeoutMs, this.#errands.expectsOk)
  }

  /** Cuts what is still open. */
  close(): void {
    this.#agent.destroy()
  }
}

/** All of them at once and in this form: Node then writes them as they are, and saves the time that it would need to look at each. */
function fieldsOf(plan: LoadPlan): string[] {
  const names = plan.fields.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  const fields = names.includes('host') ? [...plan.fields] : ['Host', plan.url.host, ...plan.fields]
  if (!plan.keepAlive) fields.push('Connection', 'close') // an agent with a most number of sockets would keep them all the same
  if (plan.body.kind === 'chunked') fields.push('Transfer-Encoding', 'chunked')
  else if (plan.body.kind === 'length' || expectsBody(plan.method)) fields.push('Content-Length', `${plan.body.bytes}`)
  return fields
}

/** Where a length of 0 is said (RFC 9110 §8.6); Node would send an empty body in chunks. */
function expectsBody(method: string): boolean {
  return !['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].includes(method)
}

// The answers of a service that no provider has a part in: to requests that are not fit, to clients for whom there is no room, to bytes
// that are no HTTP. Each ends its connection.

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ConsumerService } from '../config/read.ts'
import type { AnswerFacts } from '../http/answer-page.ts'
import { type AnswerCode, OWN_ANSWERS } from '../http/own-answers.ts'
import type { Log } from '../log.ts'
import { type BrokenHead, causeOfBrokenHead } from './broken-head.ts'
import type { HttpConnection } from './http-connection.ts'
import { sendOwnAnswer, writeOwnAnswer } from './own-answer.ts'
import { newRequestId } from './request-id.ts'

export class Refusals {
  readonly #service: ConsumerService
  readonly #log: Log

  constructor(service: ConsumerService, log: Log) {
    this.#service = service
    this.#log = log
  }

  /** Answers a request whose turn it is, and ends the turn. */
  answer(connection: HttpConnection, response: ServerResponse, { code, detail }: BrokenHead, requestId?: string): void {
    const facts = this.#facts(detail, requestId)
    connection.takeNoMore()
    if (response.destroyed || connection.socket.destroyed) {
      connection.endTurn()
      return
    }
    this.note(code, connection, facts.requestId)
    response.once('close', () => connection.endTurn())
    writeOwnAnswer(response, code, facts)
  }

  /** Answers what is no request; nothing of the connection may be under way. */
  answerBroken(connection: HttpConnection, { code, detail }: BrokenHead): void {
    const { socket } = connection
    // Browsers open connections ahead; an answer to no request would be taken for one to the next.
    if (socket.bytesRead === 0) {
      socket.destroy()
      return
    }
    const facts = this.#facts(detail)
    this.note(code, connection, facts.requestId)
    if (socket.writable) sendOwnAnswer(socket, code, facts)
    connection.close()
  }

  /** Node could not read what came, or the socket failed. */
  onBroken(error: Error, socket: Socket, connection: HttpConnection | undefined): void {
    const broken = causeOfBrokenHead(error)
    if (connection === undefined || broken === null) {
      socket.destroy()
      return
    }
    // What comes behind a refused request may well be broken; its answer is on its way.
    if (!connection.isOpen) return
    connection.breakOff(broken)
    if (!connection.isBusy) this.answerBroken(connection, broken)
    else if (connection.exchange?.isComing) connection.exchange.refuse(broken.code, broken.detail)
  }

  /** For the log. What a client did wrong is only counted, or anybody could fill it. */
  note(code: AnswerCode, { client }: HttpConnection, request: string): void {
    const service = this.#service.uuid
    if (OWN_ANSWERS[code].side !== 'client') {
      this.#log.some('requestFailed', { service, client, request, code })
      return
    }
    this.#log.tally('requestUnfit')
    if (this.#log.isDebug) this.#log.debug('requestUnfitDetail', { service, client, request, code })
  }

  #facts(detail: string | undefined, requestId: string = newRequestId()): AnswerFacts {
    return { requestId, service: this.#service.name, ...(detail !== undefined && { detail }) }
  }
}

// A client that says any bytes at all on a connection of its own, and reads what comes back until the server closes it.

import { connect } from 'node:net'
import { DEADLINE_MS } from '../../stresstest/rig/child-program.ts'

/** Everything that came back for these bytes, as latin1 both ways. Fails if the server leaves the connection open. */
export function talk(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  let answers = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    answers += text
  })
  socket.on('error', () => {}) // of bytes that nobody has read any more the kernel makes a reset
  socket.write(bytes, 'latin1')
  return new Promise((resolve, reject) => {
    socket.setTimeout(DEADLINE_MS, () => {
      reject(new Error(`the server has not closed the connection after\n${answers}`))
      socket.destroy()
    })
    socket.once('close', () => resolve(answers))
  })
}

export interface SaidAnswer {
  readonly status: number
  /** X-Edgerq-Error; null: the answer is the target's. */
  readonly code: string | null
  readonly text: string
}

/** The final answers in what `talk` has read, and a 101. For bodies that hold no status line. */
export function answersIn(text: string): SaidAnswer[] {
  const answers = text.split(/(?=HTTP\/1\.\d \d{3} )/).filter((part) => part !== '')
  return answers.map(answerOf).filter(({ status }) => status === 101 || status >= 200)
}

function answerOf(text: string): SaidAnswer {
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? Number.NaN)
  return { status, code: /^X-Edgerq-Error: (.*)\r$/im.exec(text)?.[1] ?? null, text }
}

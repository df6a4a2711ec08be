// What a pause of the whole process does to the clock of a request.

import { createServer } from 'node:http'
import { Serving } from './serving.ts'
import { Listening, serviceAt, tcp } from './targets.ts'

const TTL_MS = 120

describe('a forwarder of http requests whose machine has stood still', () => {
  it('takes an answer that came meanwhile for what it is, however late it is read (D-2)', async () => {
    const target = await Listening.on(
      createServer((_request, response) => {
        response.end('in time')
        standStill(2 * TTL_MS)
      }),
    )
    const serving = await Serving.of(serviceAt(tcp(target.port)))
    const consumer = (await serving.ask({}, TTL_MS)).end()
    await serving.answered(consumer)
    await serving.close()
    target.close()
  })
})

/** Neither timers nor sockets are looked after meanwhile. */
function standStill(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

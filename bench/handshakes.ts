// What a handshake costs, by part, and how many of them one core does each second: `node dist/bench/handshakes.js`. Everything runs in this
// process, one step after the other, with INIT and RESP as large as they are on the line.

import { noiseDialler, noiseListener, welcomeEverybody } from '../src/runtime/noise-crypto.ts'
import { newX25519KeyPair, nodePrimitives } from '../src/runtime/noise-primitives.ts'
import { stepCost, tellCost } from './step-cost.ts'

const CALLS = 10
const PROLOGUE = new Uint8Array(10)
const INIT_HEADER = new Uint8Array(12)
const RESP_HEADER = new Uint8Array(20)
/** What is left of 1,200 bytes, and the settings of a RESP. */
const INIT_PAYLOAD = new Uint8Array(1_060)
const RESP_PAYLOAD = new Uint8Array(80)

function parts(): void {
  const primitives = nodePrimitives()
  const [ours, theirs] = [newX25519KeyPair(), newX25519KeyPair()]
  const key = new Uint8Array(32)
  tellCost(
    'a new key pair',
    stepCost(CALLS, () => void newX25519KeyPair()),
  )
  tellCost(
    'an agreement, the import of the key included',
    stepCost(CALLS, () => void ours.agree(theirs.publicKey)),
  )
  tellCost(
    'two keys derived',
    stepCost(CALLS, () => void primitives.derive(key, key, 2)),
  )
  tellCost(
    '1,060 bytes sealed',
    stepCost(CALLS, () => void primitives.seal(key, 0, key, INIT_PAYLOAD)),
  )
  tellCost(
    '1,060 bytes hashed',
    stepCost(CALLS, () => void primitives.hash(key, INIT_PAYLOAD)),
  )
}

function handshakes(): void {
  const consumer = newX25519KeyPair()
  const resetKey = new Uint8Array(32)
  const dialler = noiseDialler({ identity: newX25519KeyPair(), consumerKey: consumer.publicKey, resetKey })
  const listener = noiseListener({ identity: consumer, authorise: welcomeEverybody, resetKey })
  const [init, resp] = [new Uint8Array(1_200), new Uint8Array(1_200)]

  const dial = dialler.dial(PROLOGUE)
  const initEnd = dial.writeInit(INIT_HEADER, INIT_PAYLOAD, init, 0)
  const answer = () => listener.answer(PROLOGUE, INIT_HEADER, init.subarray(0, initEnd))!
  const heard = answer()
  const respEnd = heard.writeResp(RESP_HEADER, RESP_PAYLOAD, resp, 0).end
  const finish = () => dial.readResp(RESP_HEADER, resp.subarray(0, respEnd))!
  const stranger = init.slice(0, initEnd).fill(9, 32, 80)

  const mac = stepCost(CALLS * 10, () => listener.mac(init, 1_168, resp, 1_168))
  const write = stepCost(
    CALLS,
    () => void dialler.dial(PROLOGUE).writeInit(INIT_HEADER, INIT_PAYLOAD, new Uint8Array(1_200), 0),
  )
  const read = stepCost(CALLS, () => void answer())
  const reply = stepCost(CALLS, () => void heard.writeResp(RESP_HEADER, RESP_PAYLOAD, resp, 0))
  const respAgain = heard.writeResp(RESP_HEADER, RESP_PAYLOAD, resp, 0)
  if (respAgain.end !== respEnd || finish() === null) throw new Error('the handshake that is measured does not work')
  const done = stepCost(CALLS, () => void finish())
  tellCost('mac1 of an INIT', mac)
  tellCost('dialler: INIT written', write)
  tellCost('dialler: RESP read', done, perSecond('dialler alone', write + done + 2 * mac))
  tellCost('listener: INIT read', read)
  tellCost('listener: RESP written', reply, perSecond('listener alone', read + reply + 2 * mac))
  tellCost(
    'listener: INIT with a wrong static key refused',
    stepCost(CALLS, () => void listener.answer(PROLOGUE, INIT_HEADER, stranger)),
  )
  tellCost(
    'both sides',
    write + read + reply + done + 4 * mac,
    perSecond('both', write + read + reply + done + 4 * mac),
  )
}

function perSecond(who: string, micros: number): string {
  return `${who}: ${Math.floor(1e6 / micros)} handshakes per second and core`
}

parts()
handshakes()

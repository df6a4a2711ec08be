// Every number that a CLOSE, a reset or a dropped datagram can carry. Numbers are never reused; docs/errors.md explains each,
// and a test compares the two.

/** Why a session ends: travels in CLOSE. */
export const CloseCode = {
  none: 0x00,
  internal: 0x01,
  frameEncoding: 0x02,
  flowControl: 0x03,
  streamLimit: 0x04,
  streamState: 0x05,
  finalSize: 0x06,
  protocolViolation: 0x07,
  tooManyGaps: 0x08,
  keyExhausted: 0x09,
  shuttingDown: 0x10,
  notAuthorised: 0x11,
  badMessage: 0x12,
  tokenRefused: 0x13,
} as const
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]

/** Why one half of a stream was given up: travels in RESET_STREAM and STOP_SENDING. */
export const StreamCode = {
  none: 0x00,
  internal: 0x01,
  cancelled: 0x02,
  unknownService: 0x20,
  targetRefused: 0x21,
  targetTimedOut: 0x22,
  targetUnreachable: 0x23,
  draining: 0x24,
  badHead: 0x25,
  overloaded: 0x26,
  tooManyHops: 0x27,
  targetCertificate: 0x28,
  wrongKind: 0x29,
  peerReset: 0x30,
  stalled: 0x31,
  idle: 0x32,
  targetSilent: 0x33,
  badAnswer: 0x34,
  badFrames: 0x35,
  sessionLost: 0x40,
} as const
export type StreamCode = (typeof StreamCode)[keyof typeof StreamCode]

/** Why a datagram was thrown away without an answer and without any change of state. */
export const DropReason = {
  tooShort: 1,
  unknownType: 2,
  unknownVersion: 3,
  badMac: 4,
  badHandshake: 5,
  unknownConnection: 6,
  notAuthentic: 7,
  duplicate: 8,
  tooManyUnconfirmed: 9,
  notAccepting: 10,
  badLength: 11,
  shuttingDown: 12,
  addressUnproven: 13,
  tooManyFromThere: 14,
  replayed: 15,
  noTime: 16,
  outOfOrder: 17,
  otherPath: 18,
} as const
export type DropReason = (typeof DropReason)[keyof typeof DropReason]

const CLOSE_SENTENCES: Readonly<Record<CloseCode, string>> = {
  [CloseCode.none]: 'The session ended as planned.',
  [CloseCode.internal]: 'The side that closed met an error of its own.',
  [CloseCode.frameEncoding]: 'A frame could not be decoded.',
  [CloseCode.flowControl]: 'More bytes were sent than credit was given for.',
  [CloseCode.streamLimit]: 'More streams were opened than allowed.',
  [CloseCode.streamState]: 'A frame named a stream that cannot take it.',
  [CloseCode.finalSize]: 'The final size of a stream changed or was exceeded.',
  [CloseCode.protocolViolation]: 'A rule of the protocol was broken.',
  [CloseCode.tooManyGaps]: 'A stream was sent with more gaps than are kept.',
  [CloseCode.keyExhausted]: 'A key has been used for as long as it may, and no new one was agreed on.',
  [CloseCode.shuttingDown]: 'The program is stopping.',
  [CloseCode.notAuthorised]: 'The peer may not do what it asked for.',
  [CloseCode.badMessage]: 'A message on the control stream could not be read.',
  [CloseCode.tokenRefused]: 'The token that the peer showed lets nobody in.',
}

const STREAM_SENTENCES: Readonly<Record<StreamCode, string>> = {
  [StreamCode.none]: 'The stream was given up without a reason.',
  [StreamCode.internal]: 'The side that gave up met an error of its own.',
  [StreamCode.cancelled]: 'The client went away.',
  [StreamCode.unknownService]: 'The provider does not offer this service.',
  [StreamCode.targetRefused]: "The provider's target refused the connection.",
  [StreamCode.targetTimedOut]: "The provider's target did not answer the connection in time.",
  [StreamCode.targetUnreachable]: "The provider's target cannot be reached or its name cannot be resolved.",
  [StreamCode.draining]: 'The provider is stopping and takes nothing new.',
  [StreamCode.badHead]: 'The head of the stream could not be read.',
  [StreamCode.overloaded]: 'The peer has no room for another stream now.',
  [StreamCode.tooManyHops]: 'The stream has crossed too many consumers, or the same one twice.',
  [StreamCode.targetCertificate]: "The encrypted connection to the provider's target could not be made.",
  [StreamCode.wrongKind]: 'The two sides take the service for one of different protocols.',
  [StreamCode.peerReset]: 'The TCP connection behind the stream was reset.',
  [StreamCode.stalled]: 'Bytes waited for a reader and none moved for too long.',
  [StreamCode.idle]: 'Nothing moved for longer than the idle timeout.',
  [StreamCode.targetSilent]: "The provider's target did not begin to answer in time.",
  [StreamCode.badAnswer]: "The provider's target gave no valid HTTP answer, or broke it off.",
  [StreamCode.badFrames]: 'What the peer sent on the stream is no HTTP message.',
  [StreamCode.sessionLost]: 'The session that carried the stream is gone.',
}

/** One sentence for a close code, also for one that this version does not know. */
export function closeSentence(code: number): string {
  return CLOSE_SENTENCES[code as CloseCode] ?? `Unknown close code ${code}.`
}

/** One sentence for a stream code, also for one that this version does not know. */
export function streamSentence(code: number): string {
  return STREAM_SENTENCES[code as StreamCode] ?? `Unknown stream code ${code}.`
}

/**
 * True: the peer that reset the stream with this code never touched its target, so the stream may be opened elsewhere
 * without any risk of doing something twice.
 */
export function isSafeToMove(code: number): boolean {
  return code >= StreamCode.unknownService && code <= StreamCode.wrongKind && code !== StreamCode.badHead
}

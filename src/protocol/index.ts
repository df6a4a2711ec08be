// The only door of the core. What is not exported here is nobody's business outside.

export type {
  ClosedBy,
  DatagramBatch,
  EndpointOptions,
  EndpointSettings,
  ProtocolEndpoint,
  ReadState,
  ReceptionCounters,
  SessionEvent,
  SessionHandle,
  SessionStats,
  StreamHandle,
} from './api.ts'
export { Bbr } from './congestion/bbr.ts'
export type { CongestionController } from './congestion/controller.ts'
export { Cubic } from './congestion/cubic.ts'
export { Uncontrolled } from './congestion/none.ts'
export type { Connections } from './connections.ts'
export { Endpoint } from './endpoint.ts'
export { CloseCode, closeSentence, DropReason, isSafeToMove, StreamCode, streamSentence } from './errors.ts'
export { helloOfInit } from './handshake/dial.ts'
export {
  type Asked,
  type Beginning,
  type Heard,
  readFirst,
  readSecond,
  type TransportKeys,
  writeFirst,
  writeSecond,
} from './handshake/noise.ts'
export { KEY_BYTES, type KeyPair, type NoisePrimitives } from './handshake/noise-symmetric.ts'
export {
  BOOT_ID_BYTES,
  CONNECTION_ID_BYTES,
  INSTANCE_ID_BYTES,
  MOST_DATAGRAM_BYTES,
  WRITE_HIGH_WATER_BYTES,
} from './limits.ts'
export { type Line, LineKind } from './line.ts'
export type { ControlMessage, ServiceProtocol } from './messages/control.ts'
export { ControlReader, encodeControl, RefusalCode, refusalName } from './messages/control.ts'
export type { StreamHead } from './messages/stream-head.ts'
export { ACCEPTED, encodeStreamHead, HOP_ID_BYTES, MOST_HOPS, StreamHeadReader } from './messages/stream-head.ts'
export type {
  AddressProofs,
  AnswerHandshake,
  Crypto,
  DialHandshake,
  Opener,
  Random,
  Renewal,
  RespRead,
  Sealer,
  SessionKeys,
  Trace,
} from './ports.ts'
export { silentTrace, TAG_BYTES } from './ports.ts'
export { RekeyReason } from './rekey/rekey.ts'
export { DEFAULT_SETTINGS } from './settings.ts'
export type { Micros, PacketNumber, PathId, StreamId } from './units.ts'
export { MILLISECOND, SECOND } from './units.ts'

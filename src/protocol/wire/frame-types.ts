/** The first byte of each frame. RFC 9000's numbers where the frame is the same; 0x18, 0x19 are kept for new connection ids. */
export const FrameType = {
  padding: 0x00,
  ping: 0x01,
  ack: 0x02,
  resetStream: 0x04,
  stopSending: 0x05,
  stream: 0x08,
  streamWithFin: 0x09,
  maxData: 0x10,
  maxStreamData: 0x11,
  maxStreams: 0x12,
  dataBlocked: 0x14,
  streamDataBlocked: 0x15,
  pathChallenge: 0x1a,
  pathResponse: 0x1b,
  close: 0x1c,
} as const

/** Whoever drives a stream sets itself as its `owner`; the driver's turn calls it when the core says the stream is ready. */
export interface StreamOwner {
  /** Bytes, an end, a reset or room to write: ask the stream which. */
  onStreamReady(): void
}

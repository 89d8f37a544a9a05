/** All in ms. */
export interface TranscriptionDeadlines {
  /** From dialling to the 101. */
  readonly connect: number;
  /** From the 101 to the session. */
  readonly session: number;
  /** From the demand for final words to the answer. */
  readonly answer: number;
  /** From our close to the service's. */
  readonly close: number;
}

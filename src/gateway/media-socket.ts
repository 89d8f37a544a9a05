/** What a media stream needs of its WebSocket; `ws` fits as it is, and so does a replayed session. */
export interface MediaSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
  /** Bytes accepted by `send` and not yet given to the network. */
  readonly bufferedAmount: number;
}

/** WebSocket close codes (RFC 6455 §7.4.1). */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  unsupportedData: 1003,
  policyViolation: 1008,
  tooLarge: 1009,
  tryAgainLater: 1013,
} as const;

/**
 * Every error that leaves a module on purpose. `code` is stable API (HTTP bodies, logs, metrics);
 * the message is for people and may change. `status` is what the HTTP edge answers;
 * `retryable` says whether the same request may succeed later, and is decided here and nowhere else.
 */
const catalogue = {
  BAD_REQUEST: { status: 400, retryable: false },
  UNAUTHORIZED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  CONFLICT: { status: 409, retryable: false },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false },
  RANGE_NOT_SATISFIABLE: { status: 416, retryable: false },
  /** A live feed was asked for by a plain request. */
  UPGRADE_REQUIRED: { status: 426, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  /** The carrier did not take an outbound call; the message begins as the API's users know it. */
  CALL_NOT_PLACED: { status: 500, retryable: false },
  INTERNAL: { status: 500, retryable: false },
  AT_CAPACITY: { status: 503, retryable: true },
  /** A request that is no call's was given up for the calls. */
  OVERLOADED: { status: 503, retryable: true },
  DRAINING: { status: 503, retryable: true },
  STORE_UNAVAILABLE: { status: 503, retryable: true },
  CONFIG_INVALID: { status: 500, retryable: false },
  PROVIDER_REFUSED: { status: 502, retryable: false },
  PROVIDER_RATE_LIMITED: { status: 503, retryable: true },
  PROVIDER_UNAVAILABLE: { status: 503, retryable: true },
  PROVIDER_TIMEOUT: { status: 504, retryable: true },
  PROVIDER_PROTOCOL: { status: 502, retryable: true },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

export type ErrorCode = keyof typeof catalogue;

export class GatewayError extends Error {
  readonly code: ErrorCode;
  /** How long whoever refused asks to be left alone, in ms; unset: it did not tell. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfter?: number } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "GatewayError";
    this.code = code;
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return catalogue[this.code].status;
  }

  get retryable(): boolean {
    return catalogue[this.code].retryable;
  }
}

/** The error itself when it is ours; anything else wrapped as `fallback`, its cause kept. */
export function asGatewayError(error: unknown, fallback: ErrorCode): GatewayError {
  if (error instanceof GatewayError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new GatewayError(fallback, message, { cause: error });
}

import { type DestinationStream, type Logger, pino } from "pino";
import type { LogRing } from "./log-ring.ts";
import { textMask } from "./masked-text.ts";
import { privateKeys, REDACTED, redacted } from "./redaction.ts";

/** The levels an operator knows, and pino's names for them. */
const pinoLevels = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warn",
  ERROR: "error",
  CRITICAL: "fatal",
} as const;

export type LogLevel = keyof typeof pinoLevels;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Written into every line. */
  readonly service: string;
  /** Where the lines go, one JSON object each; default: standard output. */
  readonly destination?: DestinationStream;
  /** Gets every line that is written, as it is written. */
  readonly ring?: LogRing;
  /** Values that are masked wherever they appear: the configured keys and passwords. */
  readonly secrets?: readonly string[];
}

/**
 * The log: one JSON object a line, with `level` (the operator's names), `time` (ISO 8601), `service`, `msg`
 * and attributes. Caller content is given under `caller` or `pii` only, where it is redacted, as secrets are;
 * what slips into a message or a stack is masked by its shape.
 * Log attributes, not sentences: `logger.info({ sessionId }, "call ended")`.
 */
export function createLogger({ level, service, destination, ring, secrets }: LoggerOptions): Logger {
  const options = {
    level: pinoLevels[level],
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: operatorsName(label) }),
      log: (attributes: object) => redacted(attributes) as Record<string, unknown>,
    },
    serializers: { err: (error: Error) => redacted({ ...pino.stdSerializers.err(error) }) },
    // What a child logger is bound to does not pass through the formatter.
    redact: { paths: privateKeys.map((key) => `["${key}"]`), censor: REDACTED },
    hooks: { streamWrite: textMask(secrets) },
  };
  const out = destination ?? pino.destination(1);
  return pino(options, ring === undefined ? out : tee(out, ring));
}

/** Writes to both; `fatal` flushes the first. */
function tee(out: DestinationStream & { flushSync?(): void }, ring: LogRing) {
  return {
    write(line: string) {
      ring.write(line);
      out.write(line);
    },
    flushSync: () => out.flushSync?.(),
  };
}

function operatorsName(label: string): string {
  return Object.entries(pinoLevels).find(([, pinoName]) => pinoName === label)?.[0] ?? label.toUpperCase();
}

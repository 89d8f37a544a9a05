import type { Attributes, Context, Span } from "@opentelemetry/api";
import type { CallRecord } from "../calls/call-record.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import { type StoredTurn, type TurnPart, turnParts } from "../calls/turn-record.ts";

export interface TracingOptions {
  readonly registry: CallRegistry;
  /** Of an OTLP collector over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** Hears of the first of each row of failed deliveries; their spans are lost. */
  readonly onError: (error: unknown) => void;
}

export interface Tracing {
  /** Sends what is left, within a bound. Never rejects. */
  close(): Promise<void>;
}

/**
 * Follows all calls and sends a span for each call, in it one for each turn that somebody waited for, in that one for
 * each part that took time. Nothing that a caller said and no number of theirs is in them. The SDK is loaded here and
 * not before: who does not trace does not pay for it.
 */
export async function startTracing({
  registry,
  endpoint,
  serviceName,
  onError,
}: TracingOptions): Promise<Tracing> {
  const [{ ROOT_CONTEXT, trace }, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all(
    [
      import("@opentelemetry/api"),
      import("@opentelemetry/sdk-trace-node"),
      import("@opentelemetry/exporter-trace-otlp-proto"),
      import("@opentelemetry/resources"),
    ],
  );
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: SEND_LIMIT });
  let failing = false;
  const watched: typeof exporter.export = (spans, done) =>
    exporter.export(spans, (result) => {
      if (result.error !== undefined && !failing) onError(result.error);
      failing = result.error !== undefined;
      done(result);
    });
  const provider = new sdk.NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": serviceName }),
    sampler: new sdk.AlwaysOnSampler(),
    spanProcessors: [
      new sdk.BatchSpanProcessor(
        { export: watched, shutdown: () => exporter.shutdown() },
        { maxQueueSize: MOST_WAITING, exportTimeoutMillis: SEND_LIMIT, scheduledDelayMillis: SEND_EVERY },
      ),
    ],
  });
  const tracer = provider.getTracer("earshot");
  const calls = new Map<number, { readonly span: Span; readonly context: Context }>();

  const begin = ({ call }: CallRecord): void => {
    const { sessionId, direction, carrier, media, profile, createdAt } = call;
    const attributes = { session_id: sessionId, direction, carrier, media, profile: profile.name };
    const span = tracer.startSpan("call", { startTime: new Date(createdAt), attributes }, ROOT_CONTEXT);
    calls.set(sessionId, { span, context: trace.setSpan(ROOT_CONTEXT, span) });
  };
  const end = (sessionId: number, { status, endReason, endedAt, answeredAt }: CallRecord): void => {
    const span = calls.get(sessionId)?.span;
    calls.delete(sessionId);
    if (answeredAt !== undefined) span?.addEvent("answered", new Date(answeredAt));
    span?.setAttributes({ status, ...(endReason && { end_reason: endReason }) });
    span?.end(endedAt === undefined ? undefined : new Date(endedAt));
  };
  const tell = ({ sessionId, record }: StoredTurn): void => {
    const context = calls.get(sessionId)?.context;
    if (context === undefined) return;
    const { turn, speechEndedAt, parts, total, providers, interrupted } = record;
    const spanOf = (name: string, from: number, length: number, attributes: Attributes, within: Context) => {
      const span = tracer.startSpan(name, { startTime: new Date(from), attributes }, within);
      span.end(new Date(from + length));
      return trace.setSpan(within, span);
    };
    const whole = spanOf("turn", speechEndedAt, total, { turn, interrupted }, context);
    let from = speechEndedAt;
    for (const part of turnParts) {
      const port = portOf[part];
      const provider = port && providers[port];
      if (parts[part] > 0) spanOf(part, from, parts[part], provider === undefined ? {} : { provider }, whole);
      from += parts[part];
    }
  };
  const undo = [
    registry.events.on("turn", tell),
    registry.events.on("event", ({ type, sessionId }) => {
      if (type === "call-moved") calls.get(sessionId)?.span.end();
      if (type === "call-moved") calls.delete(sessionId);
      const record = registry.find(sessionId);
      if (record === undefined) return;
      if (type === "call-started" || type === "call-resumed") begin(record);
      else if (type === "call-ended") end(sessionId, record);
    }),
  ];
  return {
    async close() {
      for (const cancel of undo) cancel();
      for (const { span } of calls.values()) span.end();
      calls.clear();
      await provider.shutdown().catch(() => {}); // a delivery that failed has been told
    },
  };
}

/** Who is answerable for a part. */
const portOf: { readonly [Part in TurnPart]?: "stt" | "llm" | "tts" } = {
  "stt-final": "stt",
  "first-token": "llm",
  "first-byte": "tts",
};

/** Spans that wait for a collector that is slow; beyond it new ones are dropped. */
const MOST_WAITING = 4_096;
/** Longest that a delivery may take, retries included, in ms. */
const SEND_LIMIT = 5_000;
/** Between two deliveries, in ms. */
const SEND_EVERY = 5_000;

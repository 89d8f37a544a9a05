import type { SpeechToText, TranscriptEvent } from "../../pipeline/speech-to-text.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ListenConnectionOptions, ListenDeadlines } from "./listen-connection.ts";
import { listenV1Path } from "./listen-v1-messages.ts";
import { ListenV1Stream } from "./listen-v1-stream.ts";
import { listenV2Path } from "./listen-v2-messages.ts";
import { type FluxFeatures, ListenV2Stream } from "./listen-v2-stream.ts";

const VENDOR_ORIGIN = "https://api.deepgram.com";

/**
 * `connect` leaves room for one lost SYN (1 s) and TLS. `deaf`: nova gives results about once a second and Flux four
 * times (`/docs/utterance-end`, `/docs/flux/state`), so three in a row are missing.
 */
const defaultDeadlines: ListenDeadlines = { connect: 2_000, answer: 900, deaf: 2_000, close: 500 };

export interface DeepgramOptions {
  readonly apiKey: string;
  readonly clock: Clock;
  /** The provider's, where it is listed more than once; default `deepgram`. */
  readonly name?: string | undefined;
  /** An http(s) origin; the socket uses the matching ws(s). Default: the vendor's. */
  readonly baseUrl?: string | undefined;
  /** `flux-*` uses the v2 protocol, everything else v1. Default `nova-3`. */
  readonly model?: string | undefined;
  /** Nova: silence that ends an utterance, in ms; the vendor's own default of 10 ends it at every breath. Default 300. */
  readonly endpointing?: number | undefined;
  /** Nova: longest audio in one message, in ms, 20 (no joining) to 100, default 100; twice as much on a quiet line. See `uplink-batcher.ts`. */
  readonly uplinkBatch?: number | undefined;
  /** Flux: 0.5 to 1, default 0.7. */
  readonly eotThreshold?: number | undefined;
  /** Flux: 0.3 to 0.9; unset: no `eager-endpoint` events. */
  readonly eagerEotThreshold?: number | undefined;
  /** Flux: ms, 500 to 60 000, default 5000. */
  readonly eotTimeout?: number | undefined;
  /** In [0, 1), for the backoff between connections. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  readonly deadlines?: Partial<ListenDeadlines> | undefined;
  /** A listener threw; the stream goes on. */
  readonly onListenerError?: ((error: unknown) => void) | undefined;
}

/** Speech-to-text by Deepgram over plain WebSockets (`docs/decisions/0002-deepgram-socket.md`). */
export function deepgramSpeechToText(options: DeepgramOptions): SpeechToText {
  const model = options.model ?? "nova-3";
  const origin = (options.baseUrl ?? VENDOR_ORIGIN).replace(/^http/, "ws");
  const features: FluxFeatures = { forceEndTurn: true };

  function connection(path: string): ListenConnectionOptions {
    return {
      url: new URL(path, origin).href,
      apiKey: options.apiKey,
      clock: options.clock,
      random: options.random ?? Math.random,
      deadlines: { ...defaultDeadlines, ...options.deadlines },
    };
  }

  function openFlux(language: string, emit: (event: TranscriptEvent) => void): ListenV2Stream {
    const path = listenV2Path({
      model,
      language,
      eotThreshold: options.eotThreshold ?? 0.7,
      eagerEotThreshold: options.eagerEotThreshold,
      eotTimeout: options.eotTimeout ?? 5_000,
    });
    return new ListenV2Stream(connection(path), features, emit);
  }

  function openNova(language: string, emit: (event: TranscriptEvent) => void): ListenV1Stream {
    const path = listenV1Path({ model, language, endpointing: options.endpointing ?? 300 });
    return new ListenV1Stream(connection(path), options.uplinkBatch ?? 100, emit);
  }

  return {
    name: options.name ?? "deepgram",
    endpoints: model.startsWith("flux-") ? "turn" : "silence",
    punctuates: true,
    open({ language }, listener) {
      const emit = (event: TranscriptEvent): void => {
        try {
          listener(event);
        } catch (error) {
          options.onListenerError?.(error);
        }
      };
      const stream = model.startsWith("flux-") ? openFlux(language, emit) : openNova(language, emit);
      stream.open();
      return stream;
    },
  };
}

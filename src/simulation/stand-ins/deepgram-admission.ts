import type { IncomingMessage } from "node:http";

/** Why an upgrade is refused, as the vendor puts it: status, `err_code`, `err_msg`. */
export interface DeepgramRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

function badRequest(message: string): DeepgramRefusal {
  return { status: 400, code: "Bad Request", message };
}

/** The vendor's own look at a request before the 101; undefined: welcome. */
export function admission(
  request: IncomingMessage,
  url: URL,
  apiKey: string | undefined,
): DeepgramRefusal | undefined {
  const [, scheme, key] = /^(token|bearer) (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (scheme === undefined || (apiKey !== undefined && key !== apiKey)) {
    return { status: 401, code: "INVALID_AUTH", message: "Invalid credentials." };
  }
  if (url.pathname === "/v1/listen") return checkV1(url.searchParams);
  if (url.pathname === "/v2/listen") return checkV2(url.searchParams);
  if (url.pathname === "/v1/speak") return checkSpeak(url.searchParams);
  return { status: 404, code: "Not Found", message: `No such path: ${url.pathname}` };
}

function checkV1(query: URLSearchParams): DeepgramRefusal | undefined {
  const model = query.get("model") ?? "";
  if (model.startsWith("flux-")) return badRequest("Flux models are served by /v2/listen.");
  if (query.get("encoding") !== "mulaw") return badRequest("This stand-in hears mulaw only.");
  if (query.get("sample_rate") !== "8000") return badRequest("encoding needs sample_rate; here 8000.");
  if (model.startsWith("nova-3") && query.has("keywords")) return badRequest("Nova-3 takes keyterm.");
  if (query.has("utterance_end_ms") && query.get("interim_results") !== "true") {
    return badRequest("utterance_end_ms needs interim_results=true.");
  }
  return undefined;
}

/** Parameters of v1 that v2 does not know. */
const notInV2 = ["interim_results", "endpointing", "vad_events", "smart_format", "language"];

function checkV2(query: URLSearchParams): DeepgramRefusal | undefined {
  if (!query.get("model")?.startsWith("flux-")) return badRequest("/v2/listen needs a flux model.");
  const stranger = notInV2.find((name) => query.has(name));
  if (stranger !== undefined) return badRequest(`Unknown parameter ${stranger}.`);

  if (query.get("encoding") !== "mulaw") return badRequest("This stand-in hears mulaw only.");
  if (query.get("sample_rate") !== "8000") return badRequest("encoding needs sample_rate; here 8000.");
  return (
    outOfRange(query, "eot_threshold", 0.5, 1) ??
    outOfRange(query, "eager_eot_threshold", 0.3, 0.9) ??
    outOfRange(query, "eot_timeout_ms", 500, 60_000)
  );
}

function checkSpeak(query: URLSearchParams): DeepgramRefusal | undefined {
  if (!query.get("model")?.startsWith("aura-")) return badRequest("No such voice.");
  if (query.get("encoding") !== "mulaw") return badRequest("This stand-in speaks mulaw only.");
  if (query.get("sample_rate") !== "8000") return badRequest("mulaw is spoken at 8000 Hz here.");
  return undefined;
}

function outOfRange(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
): DeepgramRefusal | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const number = Number(value);
  return number >= least && number <= most
    ? undefined
    : badRequest(`${name} must lie between ${least} and ${most}.`);
}

import type { IncomingMessage } from "node:http";
import type { AccountAnswer } from "./account-answer.ts";

/** The account behind the key, as far as `manage/v1` tells of it. */
export interface DeepgramAccount {
  /** The only key that is let in; unset: any. */
  readonly apiKey?: string | undefined;
  /** Families of speech-to-text models; default nova-3 and nova-2. */
  readonly models?: readonly string[] | undefined;
  /** Models of text-to-speech; default `aura-2-thalia-en`. */
  readonly voices?: readonly string[] | undefined;
}

/** `GET /v1/projects` (needs the key) and `GET /v1/models` (public, as the vendor's); anything else is 404. */
export function deepgramAccountAnswer(request: IncomingMessage, account: DeepgramAccount): AccountAnswer {
  const { pathname } = new URL(request.url ?? "/", "http://stand-in");
  if (request.method === "GET" && pathname === "/v1/models") {
    const stt = (account.models ?? ["nova-3", "nova-2"]).map((family) => ({
      name: "general",
      canonical_name: `${family}-general`,
      architecture: family,
      languages: ["en", "en-US"],
      version: "2026-01-01.0",
      uuid: "00000000-0000-4000-8000-000000000000",
      batch: true,
      streaming: true,
      formatted_output: true,
    }));
    const tts = (account.voices ?? ["aura-2-thalia-en"]).map((voice) => ({
      name: voice.split("-").at(-2) ?? voice,
      canonical_name: voice,
      architecture: voice.split("-").slice(0, -2).join("-"),
      languages: ["en", "en-US"],
      version: "2026-01-01.0",
      uuid: "00000000-0000-4000-8000-000000000001",
      metadata: {
        accent: "American",
        age: "Adult",
        color: "#000000",
        image: "",
        sample: "",
        tags: [],
        use_cases: [],
      },
    }));
    return { status: 200, body: { stt, tts } };
  }
  if (request.method === "GET" && pathname === "/v1/projects") {
    const [, key] = /^(?:token|bearer) (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (key === undefined || (account.apiKey !== undefined && key !== account.apiKey)) {
      return { status: 401, body: deepgramRefusal(401) };
    }
    return { status: 200, body: { projects: [{ project_id: "project-1", name: "Stand-in" }] } };
  }
  return { status: 404, body: deepgramRefusal(404) };
}

export function deepgramRefusal(status: number): object {
  const code = { 401: "INVALID_AUTH", 403: "INSUFFICIENT_PERMISSIONS", 429: "TOO_MANY_REQUESTS" }[status];
  return { err_code: code ?? "REFUSED", err_msg: `Refused with ${status}.`, request_id: "stand-in" };
}

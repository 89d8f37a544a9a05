import type { IncomingMessage } from "node:http";
import type { AccountAnswer } from "./account-answer.ts";

/** The account behind the key. */
export interface OpenAiAccount {
  /** The only key that is let in; unset: any. */
  readonly apiKey?: string;
  /** The models it may use; unset: every one that is asked for. `"untold"`: a server that has no such path. */
  readonly models?: readonly string[] | "untold";
}

const PATH = /^\/v1\/models(?:\/([^/?]+))?$/;

/** `GET /v1/models` and `GET /v1/models/{model}`; undefined for any other request. */
export function openAiAccountAnswer(
  { method, url, headers }: IncomingMessage,
  { apiKey, models }: OpenAiAccount,
): AccountAnswer | undefined {
  const match = method === "GET" ? PATH.exec(url ?? "") : null;
  if (match === null || models === "untold") return undefined;
  const [, key] = /^Bearer (.+)$/.exec(headers.authorization ?? "") ?? [];
  if (key === undefined || (apiKey !== undefined && key !== apiKey)) {
    // The service repeats the key, its middle starred out.
    return {
      status: 401,
      body: openAiRefusal(401, `Incorrect API key provided: ${key}.`, "invalid_api_key"),
    };
  }
  const asked = match[1] === undefined ? undefined : decodeURIComponent(match[1]);
  if (asked === undefined) {
    return { status: 200, body: { object: "list", data: (models ?? []).map(model) } };
  }
  if (models === undefined || models.includes(asked)) return { status: 200, body: model(asked) };
  const message = `The model '${asked}' does not exist`;
  return { status: 404, body: openAiRefusal(404, message, "model_not_found") };
}

export function openAiRefusal(status: number, message = "Refused by a fault.", code = "injected"): object {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return { error: { message, type, param: null, code } };
}

function model(id: string): object {
  return { id, object: "model", created: 1_700_000_000, owned_by: "stand-in" };
}

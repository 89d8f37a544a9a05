import type { IncomingMessage } from "node:http";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { LanguageModel, ReplyPart, ReplyRequest } from "../../pipeline/language-model.ts";
import type { Clock } from "../../runtime/clock.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { ChatConnections } from "./chat-connections.ts";
import { chatMessages, chatTools } from "./chat-messages.ts";
import { ChatReply } from "./chat-reply.ts";
import { chatStatusError } from "./openai-error.ts";
import { ReplyDeadlines } from "./reply-deadlines.ts";
import { readEvents } from "./server-sent-events.ts";

/** Quick, calls tools, does not think before it speaks. */
export const DEFAULT_CHAT_MODEL = "gpt-4.1-mini";

export interface OpenAiOptions {
  readonly apiKey: string;
  readonly clock: Clock;
  /** The provider's, where it is listed more than once; default `openai`. */
  readonly name?: string;
  /** Includes `/v1`; default the vendor's. */
  readonly baseUrl?: string;
  /** Default {@link DEFAULT_CHAT_MODEL}. */
  readonly model?: string;
  /** From the request to the first word or tool call, in ms; default 5000. */
  readonly firstToken?: number;
  /** Between two chunks after that, in ms; default 3000. */
  readonly betweenTokens?: number;
  /** The whole reply, in ms; default 60 000. */
  readonly total?: number;
}

const VENDOR = "https://api.openai.com/v1";

/** After the finish reason come usage and the end of the body; nobody waits longer for either, in ms. */
const TAIL = 300;

/** Of a refusal's body no more is read, in bytes. */
const MAX_ERROR_BODY = 8 * 1024;

/**
 * Answers through Chat Completions, streamed, of OpenAI or of any compatible server. It speaks HTTP itself: the
 * `openai` package gives the types only, for what it costs on this path (`docs/decisions/0003-openai-sdk.md`).
 * Nothing is tried again here: whether a turn can afford a second attempt is for those who own the turn.
 */
export class OpenAiLanguageModel implements LanguageModel {
  readonly name: string;
  readonly #clock: Clock;
  readonly #model: string;
  readonly #limits: { readonly firstToken: number; readonly betweenTokens: number; readonly total: number };
  readonly #connections: ChatConnections;

  constructor(options: OpenAiOptions) {
    this.name = options.name ?? "openai";
    this.#clock = options.clock;
    this.#model = options.model ?? DEFAULT_CHAT_MODEL;
    this.#limits = {
      firstToken: options.firstToken ?? 5_000,
      betweenTokens: options.betweenTokens ?? 3_000,
      total: options.total ?? 60_000,
    };
    this.#connections = new ChatConnections(options.baseUrl ?? VENDOR, options.apiKey, options.clock);
  }

  warm(): void {
    this.#connections.warm();
  }

  /**
   * Errors: `PROVIDER_REFUSED`, `PROVIDER_RATE_LIMITED`, `PROVIDER_UNAVAILABLE`, `PROVIDER_TIMEOUT`;
   * `PROVIDER_PROTOCOL` for a stream that breaks its own rules, one that just stops included.
   */
  async *reply(request: ReplyRequest): AsyncGenerator<ReplyPart, void> {
    if (request.signal.aborted) return;
    const deadlines = new ReplyDeadlines(this.#clock, this.#limits.total, request.signal);
    const reply = new ChatReply();
    let response: IncomingMessage | undefined;
    let over = false;
    try {
      deadlines.expect("first token", this.#limits.firstToken);
      response = await this.#connections.post(this.#body(request), deadlines.signal, request.again);
      if (response.statusCode !== 200) throw await refusal(response);
      over = yield* this.#words(response, reply, deadlines, request.signal);
    } catch (error) {
      // All that was said is there once the model has said that it finished, however the connection ends.
      if (!request.signal.aborted && !reply.finished) throw deadlines.expired ?? connectionError(error);
    } finally {
      deadlines.done();
      if (over) this.#drain(response);
      else response?.destroy();
    }
    if (!request.signal.aborted) yield* reply.finish();
  }

  /** Gives the words as they come; returns whether the reply is over and only the end of the body is to come. */
  async *#words(
    response: IncomingMessage,
    reply: ChatReply,
    deadlines: ReplyDeadlines,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyPart, boolean> {
    for await (const data of readEvents(response.iterator({ destroyOnReturn: false }))) {
      if (signal.aborted) return false;
      if (data === "[DONE]") return true;
      const text = reply.accept(data);
      if (text !== "" || reply.writesCalls) {
        deadlines.pause();
        yield text === "" ? { type: "progress" } : { type: "text", text };
      }
      if (reply.complete) return true;
      if (reply.finished) deadlines.expect("usage", TAIL);
      else if (reply.began) deadlines.expect("token", this.#limits.betweenTokens);
    }
    return false;
  }

  /** Ends idle connections, and those in use with them. */
  close(): void {
    this.#connections.close();
  }

  /** Lets the body end, so that the connection can be used again; one that does not end soon is cut. */
  #drain(response: IncomingMessage | undefined): void {
    if (response === undefined || response.readableEnded) return;
    const cancel = this.#clock.after(TAIL, () => response.destroy());
    response.on("close", cancel).on("error", cancel).resume();
  }

  #body(request: ReplyRequest): string {
    const body: ChatCompletionCreateParamsStreaming = {
      model: this.#model,
      stream: true,
      stream_options: { include_usage: true },
      messages: chatMessages(request),
      ...(request.tools.length > 0 && { tools: chatTools(request.tools) }),
    };
    return JSON.stringify(body);
  }
}

async function refusal(response: IncomingMessage): Promise<GatewayError> {
  let body = "";
  response.setEncoding("utf8");
  for await (const text of response) {
    body += text;
    if (body.length > MAX_ERROR_BODY) break;
  }
  return chatStatusError(response.statusCode ?? 0, body, response.headers);
}

function connectionError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = error instanceof RangeError ? "PROVIDER_PROTOCOL" : "PROVIDER_UNAVAILABLE";
  return new GatewayError(code, "openai: the connection was lost", { cause: error });
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Cancel, Clock } from "../../runtime/clock.ts";
import { answerAccount } from "./account-answer.ts";
import { FaultPlan } from "./fault-plan.ts";
import { type OpenAiAccount, openAiAccountAnswer, openAiRefusal } from "./openai-account.ts";
import { Exchange } from "./openai-exchange.ts";
import {
  type ChatMessage,
  type ChatPiece,
  type ChatRequest,
  type ChatTool,
  chatCompletion,
  chatPieces,
  parseChatRequest,
  type StandInReply,
  sendChatError,
} from "./openai-wire.ts";
import type { Fault, StandIn } from "./stand-in.ts";
import { type StandInServer, startStandInServer } from "./stand-in-server.ts";
import { WireLog } from "./wire-log.ts";

export interface OpenAiStandInOptions {
  readonly clock: Clock;
  /** From the request to the first token, in ms; default 200. */
  readonly firstToken?: number;
  /** Tokens (words with the space before them) a second after the first; default 80. */
  readonly tokensPerSecond?: number;
  /** What to say; by default an offer to help, whose first clause has two words. */
  readonly reply?: (messages: readonly ChatMessage[], tools: readonly ChatTool[]) => StandInReply;
  /** The fault that a request meets, by its messages; none: the next one injected, if any. */
  readonly fault?: (messages: readonly ChatMessage[]) => Fault | undefined;
  /** What `/v1/models` knows; the key counts there only. */
  readonly account?: OpenAiAccount;
}

const DEFAULT_REPLY =
  "Sure thing, I can help you with that. Could you tell me a little more about it? " +
  "I will look it up for you right away.";

/** A larger request body is refused with 413 and not read further, in bytes. */
const MAX_BODY = 4 * 1024 * 1024;

/**
 * Chat Completions at `origin + "/v1"`: `POST /v1/chat/completions`, streamed or whole, and `GET /v1/models`
 * with `/{model}`.
 * A request without a bearer gets 401. Faults meet the next request; messages count from the role chunk (0).
 * The log has `GET` with the path, `request` (detail: the roles), `token` and `tool-call` for each one sent, `finish`, `usage`,
 * `[DONE]`, `error` (the status), and `aborted` when the client left before the end.
 */
export async function startOpenAiStandIn(options: OpenAiStandInOptions): Promise<StandIn> {
  const standIn = new OpenAiStandIn(options);
  await standIn.start();
  return standIn;
}

class OpenAiStandIn implements StandIn {
  readonly #clock: Clock;
  readonly #firstToken: number;
  readonly #interval: number;
  readonly #reply: NonNullable<OpenAiStandInOptions["reply"]>;
  readonly #fault: NonNullable<OpenAiStandInOptions["fault"]>;
  readonly #account: OpenAiAccount;
  readonly #faults = new FaultPlan();
  readonly #log: WireLog;
  #server: StandInServer | undefined;
  #requests = 0;

  constructor(options: OpenAiStandInOptions) {
    this.#clock = options.clock;
    this.#firstToken = options.firstToken ?? 200;
    this.#interval = 1000 / (options.tokensPerSecond ?? 80);
    this.#account = options.account ?? {};
    this.#fault = options.fault ?? (() => undefined);
    this.#reply = options.reply ?? (() => DEFAULT_REPLY);
    this.#log = new WireLog(options.clock);
  }

  async start(): Promise<void> {
    this.#server = await startStandInServer({
      request: (request, response) => this.#serve(request, response),
    });
  }

  get origin(): string {
    return this.#server?.origin ?? "";
  }

  get log() {
    return this.#log.entries;
  }

  inject(...faults: Parameters<StandIn["inject"]>): void {
    this.#faults.inject(...faults);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const account = openAiAccountAnswer(request, this.#account);
    if (account !== undefined) {
      const number = ++this.#requests;
      this.#log.record(number, "in", `GET ${request.url}`);
      answerAccount(new Exchange(number, response, this.#faults), account, openAiRefusal);
      return;
    }
    if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
      sendChatError(response, 404, "unknown_url", `Unknown request URL: ${request.method} ${request.url}`);
      return;
    }
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (text: string) => {
      body += text;
      if (body.length <= MAX_BODY) return;
      request.pause();
      sendChatError(response, 413, "request_too_large", "The request is too large.");
    });
    request.on("end", () => this.#answer(request, body, response));
  }

  #answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const number = ++this.#requests;
    const chat = parseChatRequest(body);
    this.#log.record(number, "in", "request", chat?.messages.map(({ role }) => role).join(","));
    const exchange = new Exchange(number, response, this.#faults);
    const own = chat === undefined ? undefined : this.#fault(chat.messages);
    if (own !== undefined) exchange.fault.meet(own);
    const refuse = (status: number, code: string, message: string): void => {
      this.#log.record(number, "out", "error", String(status));
      sendChatError(response, status, code, message);
    };
    const refusal = exchange.fault.status;
    if (refusal !== undefined) refuse(refusal, "injected", "Refused by a fault.");
    else if (!/^Bearer ./.test(request.headers.authorization ?? "")) {
      refuse(401, "invalid_api_key", "You didn't provide an API key.");
    } else if (chat === undefined) refuse(400, "invalid_body", "The body needs 'model' and 'messages'.");
    else if (chat.stream) this.#stream(exchange, chat);
    else this.#whole(exchange, chat);
  }

  #stream(exchange: Exchange, chat: ChatRequest): void {
    const { number, response, fault } = exchange;
    const pieces = chatPieces(
      this.#id(number),
      this.#created(),
      chat,
      this.#reply(chat.messages, chat.tools),
    );
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
    });
    response.flushHeaders();
    fault.opened();
    let due = this.#clock.now() + this.#firstToken;
    let next = 0;
    let cancel: Cancel = () => {};
    response.on("close", () => {
      cancel();
      if (!response.writableEnded && !exchange.dropped) this.#log.record(number, "in", "aborted");
    });
    const sendDue = (): void => {
      while (next < pieces.length && due <= this.#clock.now() && !exchange.over) {
        const piece = pieces[next++] as ChatPiece;
        this.#log.record(number, "out", piece.what, piece.detail);
        fault.pass(`data: ${piece.data}\n\n`, (data) => response.write(data), "data: {not json\n\n");
        if (piece.tokens > 0 && pieces[next]?.tokens === 1) due += this.#interval;
      }
      if (exchange.over) return;
      if (next < pieces.length) cancel = this.#clock.after(Math.max(0, due - this.#clock.now()), sendDue);
      else response.end();
    };
    sendDue();
  }

  #whole(exchange: Exchange, chat: ChatRequest): void {
    const { number, response, fault } = exchange;
    const reply = this.#reply(chat.messages, chat.tools);
    const tokens = chatPieces("", 0, chat, reply).reduce((sum, piece) => sum + piece.tokens, 0);
    const body = chatCompletion(this.#id(number), this.#created(), chat, reply);
    const cancel = this.#clock.after(this.#firstToken + tokens * this.#interval, () => {
      this.#log.record(number, "out", "completion");
      response.writeHead(200, { "content-type": "application/json" });
      fault.opened();
      fault.pass(body, (data) => response.write(data));
      if (!exchange.over) response.end();
    });
    response.on("close", cancel);
  }

  #id(number: number): string {
    return `chatcmpl-${number}`;
  }

  #created(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }
}

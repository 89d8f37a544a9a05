import type { Call } from "../calls/call.ts";
import type { CallFact, EndReason } from "../calls/call-event.ts";
import type { DialogueInput, DialogueReply } from "../calls/dialogue.ts";
import { asGatewayError } from "../runtime/errors.ts";
import type { AgentTurn } from "./agent-turn.ts";
import { needsKeypad } from "./built-in-tools.ts";
import { CallTools } from "./call-tools.ts";
import { noKeypad } from "./caller-line.ts";
import { Conversation, type ConversationChanges } from "./conversation.ts";
import { PendingTurns } from "./pending-turns.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { Secrets } from "./secrets.ts";
import { spoken } from "./speech-text/spoken-text.ts";
import { type FixedWords, TextDialoguePhrases } from "./text-dialogue-phrases.ts";
import { writeReply } from "./text-dialogue-reply.ts";
import type { LeftDialogue, TextDialogueState } from "./text-dialogue-state.ts";
import { writtenTurn } from "./text-dialogue-turn.ts";
import { toolCalled } from "./tools.ts";

export type TextDialogueParts = Pick<PipelineParts, "clock" | "languageModel" | "tools">;

/** What a dialogue tells the world. */
export interface TextDialogueHost {
  publish(fact: CallFact): void;
  /** The call ends for this reason once the last reply has been said. */
  closing(reason: EndReason): void;
  /** There is something new to keep. */
  changed(): void;
}

/**
 * One call's conversation in text. One turn at a time; what the agent answers counts as heard, as nobody here can
 * know better.
 */
export class TextDialogue {
  readonly #call: Call;
  readonly #parts: TextDialogueParts;
  readonly #host: TextDialogueHost;
  readonly #secrets = new Secrets();
  readonly #tools: CallTools;
  readonly #phrases: TextDialoguePhrases;
  readonly #conversation: Conversation;
  /** Unix ms. */
  readonly #openedAt: number;
  readonly #over = new AbortController();
  readonly #pending = new PendingTurns(() => this.#host.changed());
  #hints: readonly string[];
  #turn: number;
  #utterance: number;
  /** Another process has begun a reply, and left it to this one. */
  #owes: boolean;
  /** Of the request whose words were taken last. */
  #token: string | undefined;
  #ending: EndReason | undefined;
  /** What it says next, and why the call ends with it. */
  #farewell: FixedWords | undefined;
  #opening: DialogueReply | undefined;
  #last: DialogueReply = { text: "", over: true, hints: [] };

  /** @param left the dialogue as another process has left it. */
  constructor(call: Call, parts: TextDialogueParts, host: TextDialogueHost, left?: LeftDialogue) {
    this.#call = call;
    this.#parts = parts;
    this.#host = host;
    this.#tools = new CallTools({
      secrets: this.#secrets,
      clock: parts.clock,
      call,
      tools: parts.tools.filter((tool) => !needsKeypad(tool)), // keys come as the caller's answers here
      line: noKeypad,
    });
    const { clock, languageModel } = parts;
    this.#conversation = new Conversation(left?.messages, left?.first);
    this.#openedAt = left?.state.openedAt ?? clock.wall();
    const openedAt = clock.now() - (clock.wall() - this.#openedAt);
    this.#phrases = new TextDialoguePhrases(call.profile, openedAt, left?.state);
    this.#hints = left?.state.hints ?? languageModel.openingHints ?? [];
    this.#turn = left?.state.turn ?? -1;
    this.#utterance = left?.state.utterance ?? 0;
    this.#owes = left?.state.answering ?? false;
    this.#token = left?.state.token;
    this.#ending = left?.state.ending;
    if (left !== undefined) this.#opening = this.#reply(left.state.last);
  }

  /** What another process needs to go on with it: the state, and what has changed since this was asked last. */
  get changes(): ConversationChanges & { readonly state: TextDialogueState } {
    const state = {
      turn: this.#turn,
      utterance: this.#utterance,
      openedAt: this.#openedAt,
      last: this.#last.text,
      hints: this.#hints,
      answering: this.#owes || this.#pending.any,
      ...(this.#token !== undefined && { token: this.#token }),
      ...(this.#ending !== undefined && { ending: this.#ending }),
      ...this.#phrases.said,
    };
    return { ...this.#conversation.changes([]), state };
  }

  /** Whether nothing is lost if it goes on elsewhere from now on. */
  get isQuiet(): boolean {
    return this.#opening !== undefined && !this.#pending.any && !this.#isOver;
  }

  /** Whatever comes next is answered with these words, and the call ends. */
  dismiss(words: FixedWords): void {
    this.#farewell = words;
  }

  /** The greeting, said once, however often it is asked for; the last words once the call is closing. */
  open(): DialogueReply {
    if (this.#isOver) return this.#last;
    if (this.#opening === undefined) {
      this.#parts.languageModel.warm?.();
      this.#opening = this.#say({ text: this.#call.profile.greeting });
    }
    return this.#opening;
  }

  /**
   * Never rejects. Turns are answered in the order in which they came. The same words again while they are being
   * answered are the same turn: a request that the carrier repeats.
   */
  hear(input: DialogueInput): Promise<DialogueReply> {
    const text = input.text.trim();
    if (text === "") return Promise.resolve(this.silence());
    if (input.token !== undefined && input.token === this.#token) return this.again();
    const same = this.#pending.replyTo({ text, by: input.by });
    if (same !== undefined) return same;
    if (this.#pending.isFull) return Promise.resolve(this.#notUnderstood());
    this.#token = input.token;
    const confidence = input.by === "keypad" ? 1 : input.confidence;
    return this.#pending.add({ ...input, text }, () => this.#answer({ ...input, text, confidence }));
  }

  /**
   * The reply that is being made, or the last one that was. Never rejects. One that another process has begun is made
   * anew: of what was said in it, nobody has heard anything.
   */
  again(): Promise<DialogueReply> {
    const { newest } = this.#pending;
    if (newest !== undefined) return newest;
    if (!this.#owes || this.#isOver) return Promise.resolve(this.#last);
    this.#owes = false;
    return this.#pending.add({ text: "", by: "voice" }, () => this.#think(this.#allocate()));
  }

  /** A reprompt or the goodbye; nothing while it is the agent who owes an answer. */
  silence(): DialogueReply {
    if (this.#isOver) return this.#last;
    if (this.#pending.any) return this.#reply("");
    const timeUp = this.#phrases.timeUp(this.#parts.clock.now()) ?? this.#farewell;
    if (timeUp !== undefined) return this.#say(timeUp);
    this.#host.publish({ type: "dead-air", cause: "caller-silent" });
    return this.#say(this.#phrases.callerSilent());
  }

  /** Ends the conversation: nothing is said, heard or told from here on. */
  close(): void {
    this.#over.abort();
    this.#last = { text: "", over: true, hints: [] };
    this.#secrets.forget();
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted || this.#ending !== undefined;
  }

  async #answer({ text, by, confidence }: DialogueInput): Promise<DialogueReply> {
    if (this.#isOver) return this.#last;
    const at = this.#parts.clock.now();
    this.#owes = false;
    this.#utterance += 1;
    const { publish } = this.#host;
    const said = { text, final: true, confidence, by, startedAt: at };
    publish({ type: "caller-said", utterance: this.#utterance, ...said });
    this.#conversation.callerSaid(text, by);
    this.#phrases.callerSpoke();
    this.#host.changed();
    const timeUp = this.#phrases.timeUp(at) ?? this.#farewell;
    if (timeUp !== undefined) return this.#say(timeUp);
    const turn = this.#allocate();
    publish({ type: "turn-committed", turn, callerText: text, speechEndedAt: at });
    return this.#think(turn);
  }

  /** The model's turn. */
  async #think(number: number): Promise<DialogueReply> {
    const { clock, languageModel: model } = this.#parts;
    const { profile, sessionId } = this.#call;
    const { publish } = this.#host;
    const written = writtenTurn(number, profile.language);
    this.#conversation.agentBegins(written.turn);
    let end: EndReason | undefined;
    try {
      end = await writeReply({
        clock,
        model,
        prompt: profile.prompt,
        tools: this.#tools,
        sessionId,
        conversation: this.#conversation,
        written,
        limit: profile.turnTaking.replyLimit,
        signal: this.#over.signal,
        firstToken: () =>
          publish({ type: "stage-reached", turn: number, stage: "llm-first-token", provider: model.name }),
        hint: (phrases) => {
          this.#hints = phrases;
        },
        used: (usage) => publish({ type: "model-used", provider: model.name, ...usage }),
        working: () => this.#host.changed(),
        toolCalled: (tool, outcome) => {
          publish(toolCalled(number, tool, outcome));
          this.#host.changed();
        },
      });
    } catch (error) {
      return this.#failed(written.turn, error);
    }
    if (this.#over.signal.aborted) return this.#last;
    if (!written.speech.spoke && end === undefined) return this.#failed(written.turn);
    this.#phrases.modelAnswered();
    return this.#deliver(written.turn, end);
  }

  /** @param error unset when the model has simply said nothing. */
  #failed(turn: AgentTurn, error?: unknown): DialogueReply {
    turn.cutOff();
    if (this.#over.signal.aborted) return this.#last;
    const failure = error === undefined ? undefined : asGatewayError(error, "PROVIDER_UNAVAILABLE");
    if (failure !== undefined) {
      const { code, message: detail } = failure;
      const provider = this.#parts.languageModel.name;
      this.#host.publish({ type: "provider-failed", port: "llm", provider, code, detail });
    }
    const cause = failure?.code === "PROVIDER_TIMEOUT" ? "reply-late" : "reply-failed";
    this.#host.publish({ type: "dead-air", cause });
    return this.#say(this.#phrases.modelFailed());
  }

  #notUnderstood(): DialogueReply {
    if (this.#isOver) return this.#last;
    const { notUnderstood, apology } = this.#call.profile.phrases;
    this.#host.publish({ type: "dead-air", cause: "not-understood" });
    return this.#say({ text: notUnderstood[0] ?? apology });
  }

  /** Fixed words, as a turn of their own. */
  #say({ text, ending }: FixedWords): DialogueReply {
    if (text === "") return this.#deliver(undefined, ending);
    const { language } = this.#call.profile;
    const { turn } = writtenTurn(this.#allocate(), language);
    this.#conversation.agentBegins(turn);
    turn.text.wrote(spoken(text, language));
    return this.#deliver(turn, ending);
  }

  #deliver(turn: AgentTurn | undefined, ending: EndReason | undefined): DialogueReply {
    if (turn !== undefined) this.#heard(turn);
    const text = turn?.text.all ?? "";
    if (ending === undefined) return this.#reply(this.#warned(text));
    this.#ending = ending;
    this.#host.closing(ending);
    return this.#reply(text);
  }

  /** With the warning behind it that the time is nearly up, as a turn of its own, when it is due. */
  #warned(text: string): string {
    const warning = this.#phrases.warning(this.#parts.clock.now());
    return warning === undefined ? text : `${text} ${this.#say(warning).text}`.trim();
  }

  #heard(turn: AgentTurn): void {
    turn.heardWhole();
    const { number, text } = turn;
    if (text.all === "") return;
    const startedAt = this.#parts.clock.now();
    const heard = { text: text.all, final: true, interrupted: false, startedAt };
    this.#host.publish({ type: "agent-heard", turn: number, ...heard });
  }

  #reply(text: string): DialogueReply {
    const over = this.#ending !== undefined;
    this.#last = { text, over, hints: over ? [] : this.#hints };
    this.#host.changed();
    return this.#last;
  }

  #allocate(): number {
    this.#turn += 1;
    return this.#turn;
  }
}

import type { Call } from "../calls/call.ts";
import type { CallFact, EndReason, TurnStage } from "../calls/call-event.ts";
import type { AgentTurn } from "./agent-turn.ts";
import type { AgentVoice, SpokenTurn } from "./agent-voice.ts";
import { CallTools } from "./call-tools.ts";
import type { CallerLine } from "./caller-line.ts";
import type { Conversation } from "./conversation.ts";
import type { Message } from "./language-model.ts";
import { replyWithModel } from "./model-reply.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import type { Secrets } from "./secrets.ts";
import { toolCalled } from "./tools.ts";
import { transferCall, transferTool } from "./transfer-tool.ts";
import type { Happening } from "./turn-manager.ts";

export interface AgentMindOptions {
  readonly call: Call;
  readonly parts: Pick<PipelineParts, "clock" | "languageModel" | "tools">;
  readonly voice: AgentVoice;
  readonly conversation: Conversation;
  readonly line: CallerLine;
  readonly happened: (happening: Happening) => void;
  readonly hint: (phrases: readonly string[]) => void;
  readonly publish: (fact: CallFact) => void;
  readonly reached: (turn: AgentTurn, stage: TurnStage) => void;
  readonly failed: (port: "llm" | "tts", error: unknown) => void;
  /** The history, or what is being done, has changed. */
  readonly changed: () => void;
  /** What the caller keyed in secret before. */
  readonly secrets: Secrets;
}

/** The agent's thinking: one reply of the model at a time, perhaps begun before the caller's turn is over. */
export class AgentMind {
  readonly #options: AgentMindOptions;
  readonly #tools: CallTools;
  #thinking = new AbortController();
  #guess: Guessed | undefined;

  constructor(options: AgentMindOptions) {
    this.#options = options;
    const { call, line, parts, secrets } = options;
    this.#tools = new CallTools({ clock: parts.clock, call, tools: parts.tools, line, secrets });
  }

  /** The model's answer to what the caller said; `goesOn`: from these words on, which it has made before. */
  reply(number: number, goesOn?: string): void {
    this.#thinking.abort();
    const spoken = this.#options.voice.begin(number);
    this.#options.reached(spoken.turn, "stt-final");
    this.#thinking = new AbortController();
    const { signal } = this.#thinking;
    if (goesOn !== undefined) {
      spoken.speech.write(goesOn);
      spoken.speech.pause();
    }
    const messages = () => this.#options.conversation.messages;
    this.follow(spoken, this.#model(spoken, signal, messages, Promise.resolve()));
  }

  /** The same ahead of time: nobody hears it, and no tool runs, until it is accepted. */
  guess(number: number, text: string): void {
    const spoken = this.#options.voice.begin(number, true);
    this.#options.reached(spoken.turn, "stt-final");
    const abort = new AbortController();
    const { promise: wanted, resolve: accept } = Promise.withResolvers<void>();
    const said: Message = { role: "caller", text, by: "voice" };
    let accepted = false;
    const messages = () =>
      accepted ? this.#options.conversation.messages : [...this.#options.conversation.messages, said];
    this.#guess = {
      spoken,
      abort,
      accept: () => {
        accepted = true;
        accept();
      },
    };
    this.follow(spoken, this.#model(spoken, abort.signal, messages, wanted));
  }

  accept(): void {
    if (this.#guess === undefined) return;
    const { spoken, abort, accept } = this.#guess;
    this.#guess = undefined;
    this.#thinking = abort;
    this.#options.publish({
      type: "speculated",
      turn: spoken.turn.number,
      accepted: true,
      ...spoken.speech.made,
    });
    this.#options.voice.accept(spoken);
    accept();
  }

  discard(): void {
    if (this.#guess === undefined) return;
    const { spoken, abort, accept } = this.#guess;
    this.#guess = undefined;
    abort.abort();
    accept(); // whoever waits sees the signal
    this.#options.voice.discard(spoken);
    this.#options.publish({
      type: "speculated",
      turn: spoken.turn.number,
      accepted: false,
      ...spoken.speech.made,
    });
  }

  #model(
    { turn, speech }: SpokenTurn,
    signal: AbortSignal,
    messages: () => readonly Message[],
    wanted: Promise<void>,
  ): Promise<EndReason | undefined> {
    const { prompt, phrases, turnTaking } = this.#options.call.profile;
    const { languageModel } = this.#options.parts;
    return replyWithModel({
      clock: this.#options.parts.clock,
      model: languageModel,
      prompt,
      tools: this.#tools,
      turn: turn.number,
      sessionId: this.#options.call.sessionId,
      messages,
      conversation: this.#options.conversation,
      wanted,
      speech,
      playback: this.#options.voice.playback,
      signal,
      reached: (stage) => this.#options.reached(turn, stage),
      hint: (phrases) => this.#options.hint(phrases),
      used: (usage) => this.#options.publish({ type: "model-used", provider: languageModel.name, ...usage }),
      toolCalled: (tool, outcome) => {
        this.#options.publish(toolCalled(turn.number, tool, outcome));
        this.#options.changed();
      },
      working: (until) => {
        this.#options.happened({ type: "working", turn: turn.number, until });
        this.#options.changed();
      },
      filler: { text: phrases.filler, after: turnTaking.fillerAfter },
    });
  }

  /** Has somebody else take the caller over. */
  transfer(number: number): void {
    const { publish, happened } = this.#options;
    const tool = transferTool(this.#tools.offered);
    if (tool === undefined) return happened({ type: "transferred", turn: number, ok: false });
    this.#thinking.abort();
    this.#thinking = new AbortController();
    void this.#tools.run(number, transferCall(tool), this.#thinking.signal).then((outcome) => {
      publish(toolCalled(number, tool.name, outcome));
      happened({ type: "transferred", turn: number, ok: outcome.ok });
    });
  }

  /** Tells the turn core how the turn went, unless it was cut off meanwhile. */
  follow(spoken: SpokenTurn, over: Promise<EndReason | undefined>): void {
    const { turn, speech } = spoken;
    over.then(
      (end) => {
        turn.made = end === undefined ? {} : { end };
        if (!turn.live) return;
        const spoke = speech.spoke || turn.gate.length > 0;
        if (!spoke) this.#options.voice.abandon(spoken);
        else if (!speech.spoke) turn.gate.end(); // tones without words
        this.#options.happened({
          type: "replied",
          turn: turn.number,
          spoke,
          ...(end && { end }),
        });
      },
      (error: unknown) => {
        this.#options.failed(speech.failure === undefined ? "llm" : "tts", error);
        if (!turn.live) return;
        this.#options.voice.abandon(spoken);
        this.#options.happened({ type: "reply-failed", turn: turn.number, spoke: turn.gate.length > 0 });
      },
    );
  }

  /** The conversation is over. */
  close(): void {
    this.discard();
    this.stop();
  }

  /** Gives up the reply under way. */
  stop(): void {
    this.#thinking.abort();
  }
}

/** A reply made ahead of the end of the caller's turn. */
interface Guessed {
  readonly spoken: SpokenTurn;
  readonly abort: AbortController;
  readonly accept: () => void;
}

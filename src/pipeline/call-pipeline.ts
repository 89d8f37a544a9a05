import type { Call } from "../calls/call.ts";
import type { EndReason, TurnStage } from "../calls/call-event.ts";
import { asGatewayError } from "../runtime/errors.ts";
import { AgentMind } from "./agent-mind.ts";
import type { AgentTurn } from "./agent-turn.ts";
import { AgentVoice } from "./agent-voice.ts";
import type { CallConversation, KeptChanges, PipelineHost, TakenUp } from "./call-conversation.ts";
import { permittedTools } from "./call-tools.ts";
import { CallerAudio } from "./caller-audio.ts";
import { Conversation } from "./conversation.ts";
import { type ConversationState, restOf, silenced } from "./conversation-state.ts";
import { KeypadLine } from "./keypad-line.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import type { HeardTurn, Playback } from "./playback.ts";
import { isQuiet } from "./quiet-moment.ts";
import { Secrets } from "./secrets.ts";
import { stateOf, turnsLeft, unsaid, wordsLeft } from "./state-of-conversation.ts";
import { transferTool } from "./transfer-tool.ts";
import { TurnManager } from "./turn-manager.ts";
import type { TurnRules } from "./turn-state.ts";

/**
 * One call's conversation, wired in the order in which a sound travels: the caller's audio, the turn core, the
 * model, the agent's voice, the caller's ear. It decides nothing; decisions are the turn core's.
 */
export class CallPipeline implements CallConversation {
  readonly #call: Call;
  readonly #parts: PipelineParts;
  readonly #host: PipelineHost;
  readonly #conversation: Conversation;
  readonly #left: TakenUp | undefined;
  readonly #secrets: Secrets;
  readonly #caller: CallerAudio;
  readonly #turns: TurnManager;
  readonly #agent: AgentVoice;
  readonly #line: KeypadLine;
  readonly #mind: AgentMind;
  /** When the call first had its media, Unix ms. */
  #openedAt: number | undefined;
  #suspended = false;

  /** @param left where another stream or another process has left the conversation. */
  constructor(call: Call, parts: PipelineParts, host: PipelineHost, left?: TakenUp) {
    const { clock, speechToText, voiceActivity, textToSpeech, phrases } = parts;
    this.#call = call;
    this.#parts = parts;
    this.#host = host;
    this.#left = left;
    this.#secrets = left?.secrets ?? new Secrets();
    this.#openedAt = left?.state.openedAt;
    this.#conversation = new Conversation(left?.messages, left?.first);
    this.#caller = new CallerAudio({
      clock,
      speechToText,
      voiceActivity,
      happened: (happening) => this.#turns.happened(happening),
      isProtected: () => this.#agent.isProtected,
      failed: (error) => this.#failed("stt", error),
    });
    const rules: TurnRules = {
      profile: call.profile,
      recogniserEndpoints: speechToText.endpoints,
      recogniserPunctuates: speechToText.punctuates,
      canTransfer: transferTool(permittedTools(call.profile, parts.tools)) !== undefined,
      ...(left && { left: turnsLeft(left, clock.wall()) }),
    };
    this.#turns = new TurnManager(rules, clock, {
      callerSaid: (text, by) => {
        this.#conversation.callerSaid(text, by);
        host.changed();
      },
      reply: (turn, goesOn) => this.#mind.reply(turn, goesOn),
      guess: (turn, text) => this.#mind.guess(turn, text),
      accept: () => this.#mind.accept(),
      discard: () => this.#mind.discard(),
      say: (turn, text) => this.#say(turn, text),
      fill: (turn, text) => this.#agent.fill(turn, text),
      aside: (turn, text) => {
        if (!this.#agent.sayAside(turn, text))
          this.#turns.happened({ type: "reply-failed", turn, spoke: false });
      },
      transfer: (turn) => this.#mind.transfer(turn),
      hold: () => this.#agent.hold(),
      resume: (turn) => this.#agent.resume(turn),
      cancel: () => this.#silence(),
      finalize: () => this.#caller.finalize(),
      publish: (fact) => host.publish(fact),
      end: (reason) => host.end(reason),
    });
    this.#agent = new AgentVoice({
      call,
      clock,
      textToSpeech,
      phrases,
      conversation: this.#conversation,
      publish: (fact) => host.publish(fact),
      reached: (turn, stage, heardFor) => this.#reached(turn, stage, heardFor),
    });
    this.#line = new KeypadLine({
      clock,
      collecting: (on, secret) => {
        this.#caller.mute(on && secret);
        this.#turns.happened({ type: "collecting", on });
      },
      pending: () => this.#agent.playback.pending,
      pressed: (digit) => host.publish({ type: "dtmf", digit }),
      conceal: (ms) => this.#agent.playback.conceal(ms),
      play: (tones) => this.#agent.playTones(tones),
    });
    this.#mind = new AgentMind({
      call,
      parts,
      voice: this.#agent,
      conversation: this.#conversation,
      line: this.#line,
      happened: (happening) => this.#turns.happened(happening),
      hint: (phrases) => this.#caller.hint(phrases),
      publish: (fact) => host.publish(fact),
      reached: (turn, stage) => this.#reached(turn, stage),
      failed: (port, error) => this.#failed(port, error),
      changed: () => host.changed(),
      secrets: this.#secrets,
    });
  }

  /** Opens the providers while the call still rings, and has the greeting spoken. */
  prepare(): void {
    const { languageModel } = this.#parts;
    const { language, greeting } = this.#call.profile;
    languageModel.warm?.();
    this.#caller.open(language, languageModel.openingHints ?? []);
    this.#agent.open(this.#left === undefined ? greeting : this.#firstWords(this.#left.state));
    this.#parts.prepare?.(this.#call.profile);
  }

  /** What the agent goes on with, where it is not to answer something. */
  #firstWords(state: ConversationState): string {
    return state.answer ? "" : restOf(state) || this.#call.profile.phrases.reconnected;
  }

  open(playback: Playback): void {
    this.#openedAt ??= this.#parts.clock.wall();
    this.#agent.playTo(playback);
    this.#turns.happened({ type: "opened" });
  }

  audio(mulaw: Uint8Array): void {
    this.#caller.push(mulaw);
  }

  dtmf(digit: string): void {
    if (this.#line.takes(digit)) return;
    this.#turns.happened({ type: "digit", digit });
  }

  /** Words that the caller typed instead of speaking. */
  typed(text: string): void {
    this.#turns.happened({ type: "typed", text });
  }

  /** Fixed words. */
  #say(number: number, text: string): void {
    const spoken = this.#agent.say(number, text);
    this.#mind.follow(
      spoken,
      spoken.speech.end().then(() => undefined),
    );
  }

  #silence(): void {
    this.#mind.stop();
    this.#agent.silence();
    this.#host.changed();
  }

  started(turn: number): void {
    this.#agent.started(turn);
    this.#turns.happened({ type: "started", turn });
    this.#host.changed();
  }

  heard(progress: HeardTurn): void {
    if (!this.#agent.heard(progress)) return;
    this.#turns.happened({ type: "heard", turn: progress.turn });
    this.#host.changed();
  }

  finished(turn: number): void {
    this.#agent.finished(turn);
    this.#turns.happened({ type: "finished", turn });
    this.#host.changed();
  }

  /** Whether nobody would lose a word if the conversation went on elsewhere from now on. */
  get isQuiet(): boolean {
    const spoke = this.#agent.unheard.some((turn) => turn.gate.length > 0 && turn.gate.held === 0);
    return isQuiet(this.#turns.state, spoke, this.#parts.clock.now());
  }

  /** Says these last words, and ends the call for that reason. */
  dismiss(reason: EndReason, text: string): void {
    this.#turns.happened({ type: "dismissed", reason, text });
  }

  /** The media is gone: silence from here on, but what is being made of the answer is made to its end. */
  suspend(): void {
    this.#suspended = true;
    this.#agent.suspend();
    const words = wordsLeft(this.#turns.state);
    if (words !== undefined) this.#host.publish(words);
    this.#turns.close();
  }

  /** The conversation as it is now, to go on elsewhere; undefined before it has begun. */
  get left(): TakenUp | undefined {
    const state = this.#state;
    if (state === undefined) return this.#left;
    const messages = [...this.#conversation.left, ...unsaid(this.#turns.state)];
    return { messages, first: this.#conversation.first, state, secrets: this.#secrets };
  }

  /** The same for the store: what has changed since the last time. */
  get changes(): KeptChanges | undefined {
    const state = this.#state ?? this.#left?.state;
    return state && { state, ...this.#conversation.changes(unsaid(this.#turns.state)) };
  }

  get #state(): ConversationState | undefined {
    if (this.#openedAt === undefined || this.#turns.state.phase === "waiting") return undefined;
    const state = stateOf(this.#turns.state, this.#agent.unheard, this.#openedAt, this.#parts.clock.wall());
    return this.#suspended ? silenced(state) : state;
  }

  /** Ends the conversation: nothing is said or heard from here on. */
  async close(): Promise<void> {
    this.#turns.close();
    this.#mind.close();
    await Promise.allSettled([this.#agent.close(), this.#caller.close()]);
  }

  #reached(turn: AgentTurn, stage: TurnStage, heardFor?: number): void {
    if (!turn.reaches(stage)) return;
    const port = providerOf[stage];
    const provider = port === undefined ? undefined : this.#parts[port].name;
    this.#host.publish({
      type: "stage-reached",
      turn: turn.number,
      stage,
      ...(provider && { provider }),
      ...(heardFor !== undefined && { heardFor }),
    });
  }

  #failed(port: "stt" | "llm" | "tts", error: unknown): void {
    const { code, message } = asGatewayError(error, "PROVIDER_UNAVAILABLE");
    const { speechToText, languageModel, textToSpeech } = this.#parts;
    const provider = { stt: speechToText, llm: languageModel, tts: textToSpeech }[port].name;
    this.#host.publish({ type: "provider-failed", port, provider, code, detail: message });
  }
}

/** Who is answerable for a stage. */
const providerOf: { readonly [Stage in TurnStage]?: "speechToText" | "languageModel" | "textToSpeech" } = {
  "stt-final": "speechToText",
  "llm-first-token": "languageModel",
  "tts-first-byte": "textToSpeech",
};

import type { Call } from "../calls/call.ts";
import type { CallFact, EndReason, TurnStage } from "../calls/call-event.ts";
import { asGatewayError } from "../runtime/errors.ts";
import { AgentMind } from "./agent-mind.ts";
import type { AgentTurn } from "./agent-turn.ts";
import { AgentVoice } from "./agent-voice.ts";
import { permittedTools } from "./call-tools.ts";
import { CallerAudio } from "./caller-audio.ts";
import { Conversation } from "./conversation.ts";
import { handOverTool } from "./hand-over.ts";
import { KeypadLine } from "./keypad-line.ts";
import type { MediaSink } from "./media-sink.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import type { HeardTurn, Playback } from "./playback.ts";
import { TurnManager } from "./turn-manager.ts";
import type { TurnRules } from "./turn-state.ts";

/** What a conversation tells the world. */
export interface PipelineHost {
  publish(fact: CallFact): void;
  /** The conversation is over; the call is to be ended. */
  end(reason: EndReason): void;
}

/**
 * One call's conversation, wired in the order in which a sound travels: the caller's audio, the turn core, the
 * model, the agent's voice, the caller's ear. It decides nothing; decisions are the turn core's.
 */
export class CallPipeline implements MediaSink {
  readonly #call: Call;
  readonly #parts: PipelineParts;
  readonly #host: PipelineHost;
  readonly #conversation = new Conversation();
  readonly #caller: CallerAudio;
  readonly #turns: TurnManager;
  readonly #agent: AgentVoice;
  readonly #line: KeypadLine;
  readonly #mind: AgentMind;

  constructor(call: Call, parts: PipelineParts, host: PipelineHost) {
    const { clock, speechToText, voiceActivity, textToSpeech, phrases } = parts;
    this.#call = call;
    this.#parts = parts;
    this.#host = host;
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
      canHandOver: handOverTool(permittedTools(call.profile, parts.tools)) !== undefined,
    };
    this.#turns = new TurnManager(rules, clock, {
      callerSaid: (text, by) => this.#conversation.callerSaid(text, by),
      reply: (turn) => this.#mind.reply(turn),
      guess: (turn, text) => this.#mind.guess(turn, text),
      accept: () => this.#mind.accept(),
      discard: () => this.#mind.discard(),
      say: (turn, text) => this.#say(turn, text),
      fill: (turn, text) => this.#agent.fill(turn, text),
      handOver: (turn) => this.#mind.handOver(turn),
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
    });
  }

  /** Opens the providers while the call still rings, and has the greeting spoken. */
  prepare(): void {
    const { languageModel } = this.#parts;
    const { language, greeting } = this.#call.profile;
    languageModel.warm?.();
    this.#caller.open(language, languageModel.openingHints ?? []);
    this.#agent.open(greeting);
    this.#parts.prepare?.(this.#call.profile);
  }

  open(playback: Playback): void {
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
  }

  started(turn: number): void {
    this.#agent.started(turn);
    this.#turns.happened({ type: "started", turn });
  }

  heard(progress: HeardTurn): void {
    if (this.#agent.heard(progress)) this.#turns.happened({ type: "heard", turn: progress.turn });
  }

  finished(turn: number): void {
    this.#agent.finished(turn);
    this.#turns.happened({ type: "finished", turn });
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

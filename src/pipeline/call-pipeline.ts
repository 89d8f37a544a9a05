import type { VoiceActivityFactory } from "../audio/voice-activity.ts";
import type { Call } from "../calls/call.ts";
import type { CallFact, EndReason, ProviderPort, TurnStage } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import { asGatewayError } from "../runtime/errors.ts";
import type { AgentSpeech } from "./agent-speech.ts";
import type { AgentTurn } from "./agent-turn.ts";
import { AgentVoice } from "./agent-voice.ts";
import { CallerAudio } from "./caller-audio.ts";
import { Conversation } from "./conversation.ts";
import type { LanguageModel } from "./language-model.ts";
import type { MediaSink } from "./media-sink.ts";
import { replyWithModel } from "./model-reply.ts";
import type { PhraseCache } from "./phrase-cache.ts";
import type { HeardTurn, Playback } from "./playback.ts";
import type { SpeechToText } from "./speech-to-text.ts";
import type { TextToSpeech } from "./text-to-speech.ts";
import type { Tool } from "./tools.ts";
import { TurnManager } from "./turn-manager.ts";

/** What a conversation is made of; the same for every call of the process. */
export interface PipelineParts {
  readonly clock: Clock;
  readonly speechToText: SpeechToText;
  readonly languageModel: LanguageModel;
  readonly textToSpeech: TextToSpeech;
  readonly voiceActivity: VoiceActivityFactory;
  readonly phrases: PhraseCache;
  readonly tools: readonly Tool[];
}

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
  #thinking = new AbortController();

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
      failed: (error) => this.#failed("stt", error),
    });
    this.#turns = new TurnManager(
      { profile: call.profile, recogniserEndpoints: speechToText.endpoints },
      clock,
      {
        callerSaid: (text, by) => this.#conversation.callerSaid(text, by),
        reply: (turn) => this.#reply(turn),
        say: (turn, text) => this.#say(turn, text),
        cancel: () => this.#silence(),
        finalize: () => this.#caller.finalize(),
        publish: (fact) => host.publish(fact),
        end: (reason) => host.end(reason),
      },
    );
    this.#agent = new AgentVoice({
      call,
      clock,
      textToSpeech,
      phrases,
      conversation: this.#conversation,
      publish: (fact) => host.publish(fact),
      reached: (turn, stage) => this.#reached(turn, stage),
    });
  }

  /** Opens the providers while the call still rings, and has the greeting spoken. */
  prepare(): void {
    const { languageModel } = this.#parts;
    const { language, greeting } = this.#call.profile;
    languageModel.warm?.();
    this.#caller.open(language, languageModel.openingHints ?? []);
    this.#agent.open(greeting);
  }

  open(playback: Playback): void {
    this.#agent.playTo(playback);
    this.#turns.happened({ type: "opened" });
  }

  audio(mulaw: Uint8Array): void {
    this.#caller.push(mulaw);
  }

  dtmf(digit: string): void {
    this.#turns.happened({ type: "digit", digit });
  }

  /** Words that the caller typed instead of speaking. */
  typed(text: string): void {
    this.#turns.happened({ type: "typed", text });
  }

  #reply(number: number): void {
    const { turn, speech } = this.#agent.begin(number);
    const reached = (stage: TurnStage): void => this.#reached(turn, stage);
    reached("stt-final");
    this.#thinking = new AbortController();
    const end = replyWithModel({
      clock: this.#parts.clock,
      model: this.#parts.languageModel,
      prompt: this.#call.profile.prompt,
      tools: this.#parts.tools,
      sessionId: this.#call.sessionId,
      conversation: this.#conversation,
      speech,
      playback: this.#agent.playback,
      signal: this.#thinking.signal,
      reached,
      hint: (phrases) => this.#caller.hint(phrases),
      toolCalled: (tool, ok) => this.#host.publish({ type: "tool-called", turn: number, tool, ok }),
    });
    this.#follow(turn, speech, end);
  }

  #say(number: number, text: string): void {
    const { turn, speech } = this.#agent.say(number, text);
    this.#follow(
      turn,
      speech,
      speech.end().then(() => undefined),
    );
  }

  /** Tells the turn core how the turn went, unless it was cut off meanwhile. */
  #follow(turn: AgentTurn, speech: AgentSpeech, over: Promise<EndReason | undefined>): void {
    over.then(
      (end) => {
        if (!turn.live) return;
        if (!speech.spoke) this.#agent.forget(turn);
        this.#turns.happened({
          type: "replied",
          turn: turn.number,
          spoke: speech.spoke,
          ...(end && { end }),
        });
      },
      (error: unknown) => {
        this.#failed(speech.failure === undefined ? "llm" : "tts", error);
        if (!turn.live) return;
        this.#agent.abandon(turn, speech);
        this.#turns.happened({ type: "reply-failed", turn: turn.number, spoke: turn.audio > 0 });
      },
    );
  }

  #silence(): void {
    this.#thinking.abort();
    this.#agent.silence();
  }

  started(turn: number): void {
    this.#agent.started(turn);
    this.#turns.happened({ type: "started", turn });
  }

  heard(progress: HeardTurn): void {
    this.#agent.heard(progress);
    this.#turns.happened({ type: "heard", turn: progress.turn });
  }

  finished(turn: number): void {
    this.#agent.finished(turn);
    this.#turns.happened({ type: "finished", turn });
  }

  /** Ends the conversation: nothing is said or heard from here on. */
  async close(): Promise<void> {
    this.#turns.close();
    this.#thinking.abort();
    await Promise.allSettled([this.#agent.close(), this.#caller.close()]);
  }

  #reached(turn: AgentTurn, stage: TurnStage): void {
    if (!turn.reaches(stage)) return;
    const port = providerOf[stage];
    const provider = port === undefined ? undefined : this.#parts[port].name;
    this.#host.publish({ type: "stage-reached", turn: turn.number, stage, ...(provider && { provider }) });
  }

  #failed(port: ProviderPort, error: unknown): void {
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

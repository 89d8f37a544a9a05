import { FRAME_BYTES, SILENCE } from "../audio/audio-format.ts";
import type { SpeechDetector } from "../audio/voice-activity.ts";
import type { Call } from "../calls/call.ts";
import type { CallFact, EndReason } from "../calls/call-event.ts";
import type { Clock } from "../runtime/clock.ts";
import type { GatewayError } from "../runtime/errors.ts";
import { needsKeypad } from "./built-in-tools.ts";
import type { CallConversation, KeptChanges, PipelineHost, TakenUp } from "./call-conversation.ts";
import { CallTools } from "./call-tools.ts";
import { noKeypad } from "./caller-line.ts";
import type { ConversationState } from "./conversation-state.ts";
import type { ToolCall } from "./language-model.ts";
import type { HeardTurn, Playback } from "./playback.ts";
import { Secrets } from "./secrets.ts";
import type { SpeechSession, SpeechSessionEvent, SpeechToSpeech } from "./speech-to-speech.ts";
import { SpokenCaller } from "./speech-to-speech-caller.ts";
import { SpeechRunner } from "./speech-to-speech-runner.ts";
import { isAtRest, type SpeechEffect } from "./speech-to-speech-state.ts";
import { runSpokenTools } from "./speech-to-speech-tools.ts";
import { SpokenVoice } from "./speech-to-speech-voice.ts";
import { type Tool, type ToolOutcome, toolCalled } from "./tools.ts";

/** What a speech-to-speech conversation is made of; the same for every call of the process. */
export interface SpeechToSpeechParts {
  readonly clock: Clock;
  readonly speechToSpeech: SpeechToSpeech;
  readonly voiceActivity: () => SpeechDetector;
  readonly tools: readonly Tool[];
}

/** The reply that is being heard or made, and what it has asked for. */
interface Following {
  readonly turn: number;
  readonly reply: string;
  readonly calls: ToolCall[];
}

/**
 * One call's conversation with a model that hears and speaks itself, in place of recogniser, language model and
 * voice. It decides nothing; decisions are the core's. Local voice activity stops the agent at once, without the way
 * to the provider and back.
 */
export class SpeechToSpeechPipeline implements CallConversation {
  readonly #call: Call;
  readonly #parts: SpeechToSpeechParts;
  readonly #host: PipelineHost;
  readonly #caller: SpokenCaller;
  readonly #voice: SpokenVoice;
  readonly #turns: SpeechRunner;
  #session: SpeechSession | undefined;
  #following: Following | undefined;
  /** Items that the provider was told are not heard (any further); those of replies that were cut off go on coming for a while. */
  readonly #truncated = new Set<string>();
  readonly #tools: CallTools;
  #toolsAtWork = new AbortController();

  #openedAt: number | undefined;

  /** @param left where another stream or another process has left the conversation. */
  constructor(call: Call, parts: SpeechToSpeechParts, host: PipelineHost, left?: ConversationState) {
    const { clock, speechToSpeech, voiceActivity } = parts;
    const { profile } = call;
    const publish = (fact: CallFact): void => host.publish(fact);
    this.#call = call;
    this.#parts = parts;
    this.#host = host;
    const tools = parts.tools.filter((tool) => !needsKeypad(tool)); // the model hears the keys itself
    this.#tools = new CallTools({ clock, call, tools, line: noKeypad, secrets: new Secrets() });
    this.#caller = new SpokenCaller({
      clock,
      voiceActivity,
      publish,
      spoke: (type, since) => this.#turns.happened({ type, since }),
    });
    this.#voice = new SpokenVoice({ clock, provider: speechToSpeech.name, publish });
    const longestSession = (speechToSpeech.longestSession ?? Number.POSITIVE_INFINITY) - BEFORE_SESSION_END;
    this.#openedAt = left?.openedAt;
    const rest = profile.turnTaking.maxCallDuration - (left === undefined ? 0 : clock.wall() - left.openedAt);
    const longestCall = Math.max(0, Math.min(rest, longestSession));
    const rules = { profile, longestCall, ...(left && { lastTurn: left.turn }) };
    this.#turns = new SpeechRunner(rules, clock, (effect) => this.#perform(effect));
  }

  /** Opens the session while the call still rings. */
  prepare(): void {
    const { language, prompt, voice, turnTaking } = this.#call.profile;
    this.#session = this.#parts.speechToSpeech.open(
      {
        language,
        prompt,
        ...(voice !== undefined && { voice }),
        tools: this.#tools.offered,
        interruptible: turnTaking.bargeIn,
      },
      (event) => this.#hear(event),
    );
  }

  open(playback: Playback): void {
    this.#openedAt ??= this.#parts.clock.wall();
    this.#voice.playTo(playback);
    this.#turns.happened({ type: "opened" });
  }

  audio(mulaw: Uint8Array): void {
    this.#caller.push(mulaw);
    const { closing, phase } = this.#turns.state;
    if (closing !== undefined) return; // the provider would answer
    const deaf = !this.#call.profile.turnTaking.bargeIn && (phase === "thinking" || phase === "speaking");
    this.#session?.push(deaf ? silence(mulaw.length) : mulaw);
  }

  dtmf(digit: string): void {
    this.#turns.happened({ type: "digit", digit });
  }

  /** Words that the caller typed instead of speaking. */
  typed(text: string): void {
    this.#turns.happened({ type: "typed", text });
  }

  started(turn: number): void {
    this.#voice.started(turn);
  }

  heard(progress: HeardTurn): void {
    this.#voice.heard(progress);
    this.#turns.happened({ type: "heard" });
  }

  finished(turn: number): void {
    this.#voice.finished(turn);
    this.#turns.happened({ type: "finished", turn });
    this.#host.changed();
  }

  get isQuiet(): boolean {
    return isAtRest(this.#turns.state);
  }

  dismiss(reason: EndReason, text: string): void {
    this.#turns.happened({ type: "dismissed", reason, text });
  }

  suspend(): void {
    this.#turns.close();
    this.#voice.hold();
  }

  /** Without messages: the transcript has what was said, and the session what it was about. */
  get left(): TakenUp | undefined {
    const openedAt = this.#openedAt;
    if (openedAt === undefined) return undefined;
    const none = { utterance: 0, rest: [], answer: false, pause: 0, reprompts: 0, misheard: 0 };
    const state = { turn: this.#turns.state.turn, openedAt, at: this.#parts.clock.wall(), ...none };
    return { messages: [], first: 0, state };
  }

  get changes(): KeptChanges | undefined {
    const { left } = this;
    return left && { state: left.state, messages: [], end: 0 };
  }

  /** Ends the conversation: nothing is said or heard from here on. */
  async close(): Promise<void> {
    this.#turns.close();
    this.#toolsAtWork.abort();
    this.#voice.close();
    this.#caller.close();
    await this.#session?.close();
  }

  #hear(event: SpeechSessionEvent): void {
    switch (event.type) {
      case "ready":
        return;
      case "caller-started":
        this.#caller.began(event.item);
        return this.#turns.happened({ type: "caller-started" });
      case "caller-stopped":
        return this.#turns.happened({ type: "caller-stopped" });
      case "caller-words":
        return this.#caller.said(event.item, event.text, event.final);
      case "reply-started":
        return this.#turns.happened(event);
      case "reply-ended":
        return this.#replyEnded(event);
      case "refused":
        this.#failed(event.error);
        return this.#turns.happened({ type: "refused", turn: event.turn });
      case "complaint":
        return this.#failed(event.error);
      case "failed":
        this.#failed(event.error);
        return this.#turns.happened({ type: "failed" });
      default:
        return this.#make(event);
    }
  }

  /** A piece of a reply. Those of a reply that is not followed are not heard, and the provider is told so. */
  #make(event: Extract<SpeechSessionEvent, { type: "audio" | "words" | "item-done" | "tool-call" }>): void {
    const following = this.#following?.reply === event.reply ? this.#following : undefined;
    if (event.type === "tool-call") {
      if (following !== undefined && following.calls.length < MOST_CALLS) following.calls.push(event.call);
    } else if (following === undefined) {
      if (event.type === "audio") this.#truncate(event.item, 0);
    } else if (event.type === "words") this.#voice.words(following.turn, event.item, event.text);
    else if (event.type === "item-done") this.#voice.itemDone(following.turn, event.item);
    else if (this.#voice.sound(following.turn, event.item, event.mulaw)) {
      this.#turns.happened({ type: "audible", turn: following.turn });
    }
  }

  #replyEnded({ reply, outcome, error }: Extract<SpeechSessionEvent, { type: "reply-ended" }>): void {
    if (error !== undefined) this.#failed(error);
    const tools = this.#following?.reply === reply ? this.#following.calls.length : 0;
    this.#turns.happened({ type: "reply-ended", reply, outcome, tools });
  }

  #perform(effect: Exclude<SpeechEffect, { type: "wake" }>): void {
    switch (effect.type) {
      case "respond":
        return this.#session?.respond({
          turn: effect.turn,
          ...(effect.say !== undefined && { say: effect.say }),
        });
      case "follow":
        this.#following = { turn: effect.turn, reply: effect.reply, calls: [] };
        return;
      case "drop":
        return this.#session?.stop();
      case "yield":
        return this.#voice.hold();
      case "resume":
        return this.#voice.resume();
      case "interrupt":
        return this.#interrupt();
      case "finish":
        return this.#voice.finish(effect.turn);
      case "run-tools":
        return this.#runTools(effect.turn);
      case "typed":
        this.#caller.typed(effect.text, effect.by);
        this.#session?.typed(
          effect.by === "keypad" ? `I pressed ${effect.text} on the keypad.` : effect.text,
        );
        return;
      case "publish":
        return this.#host.publish(effect.fact);
      case "end":
        return this.#host.end(effect.reason);
    }
  }

  #interrupt(): void {
    this.#toolsAtWork.abort();
    this.#toolsAtWork = new AbortController();
    this.#following = undefined;
    this.#session?.cancel();
    for (const { item, heard } of this.#voice.cut()) this.#truncate(item, heard);
  }

  #truncate(item: string, heard: number): void {
    if (this.#truncated.has(item)) return;
    this.#truncated.add(item);
    const [oldest] = this.#truncated;
    if (oldest !== undefined && this.#truncated.size > MOST_TRUNCATED) this.#truncated.delete(oldest);
    this.#session?.truncate(item, heard);
  }

  #runTools(turn: number): void {
    const calls = this.#following?.calls ?? [];
    const answered = (call: ToolCall, outcome: ToolOutcome): void => {
      this.#host.publish(toolCalled(turn, call.name, outcome));
      this.#session?.toolResult(call.id, outcome.result);
    };
    void runSpokenTools({ tools: this.#tools, turn, answered }, calls, this.#toolsAtWork.signal).then((end) =>
      this.#turns.happened({ type: "tools-answered", turn, ...(end && { end }) }),
    );
  }

  #failed({ code, message }: GatewayError): void {
    const { name: provider } = this.#parts.speechToSpeech;
    this.#host.publish({ type: "provider-failed", port: "s2s", provider, code, detail: message });
  }
}

const silentFrame = new Uint8Array(FRAME_BYTES).fill(SILENCE);

function silence(length: number): Uint8Array {
  return length <= FRAME_BYTES ? silentFrame.subarray(0, length) : new Uint8Array(length).fill(SILENCE);
}

/** A call ends so long before its session would, in ms: the session was opened when the call began to ring. */
const BEFORE_SESSION_END = 120_000;
/** Tools that one reply may ask for; further ones get no answer. */
const MOST_CALLS = 32;
/** Pieces of an item come for a second at most after it was cut off; a reply has a few items. */
const MOST_TRUNCATED = 32;

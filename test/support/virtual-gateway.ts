import type { loadVoiceActivity } from "../../src/audio/voice-activity.ts";
import { type AgentProfile, agentProfile } from "../../src/calls/agent-profile.ts";
import { beginsWithAnnouncement } from "../../src/calls/announced-recording.ts";
import { CallHistories } from "../../src/calls/call-histories.ts";
import { CallIntake } from "../../src/calls/call-intake.ts";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import type { RecordingTarget } from "../../src/calls/recordings.ts";
import { countingIds } from "../../src/calls/session-ids.ts";
import { InProcessSpentTokens } from "../../src/calls/spent-tokens.ts";
import { streamTokenKey } from "../../src/calls/stream-token.ts";
import type { TypedInput } from "../../src/calls/typed-input.ts";
import { type CallDesk, composeCallDesk } from "../../src/compose-calls.ts";
import { composeShutdown, type Shutdown } from "../../src/compose-shutdown.ts";
import { mediaCounters } from "../../src/gateway/media-counters.ts";
import type { MediaSocket } from "../../src/gateway/media-socket.ts";
import { MediaStreamSession } from "../../src/gateway/media-stream-session.ts";
import type { SessionHost } from "../../src/gateway/session-host.ts";
import type { Journals } from "../../src/journal/journals.ts";
import {
  collectDigitsTool,
  endCallTool,
  sendDigitsTool,
  serviceRequestTool,
} from "../../src/pipeline/built-in-tools.ts";
import { CallPipelines } from "../../src/pipeline/call-pipelines.ts";
import type { LanguageModel } from "../../src/pipeline/language-model.ts";
import { PhraseCache } from "../../src/pipeline/phrase-cache.ts";
import { PhrasePreparation } from "../../src/pipeline/phrase-preparation.ts";
import type { SpeechToSpeech } from "../../src/pipeline/speech-to-speech.ts";
import type { SpeechToText } from "../../src/pipeline/speech-to-text.ts";
import { TextDialogues } from "../../src/pipeline/text-dialogues.ts";
import type { TextToSpeech } from "../../src/pipeline/text-to-speech.ts";
import type { Tool } from "../../src/pipeline/tools.ts";
import type { Cancel, Clock } from "../../src/runtime/clock.ts";
import type { ManualClock } from "../../src/runtime/manual-clock.ts";
import type { Store } from "../../src/store/open-store.ts";
import type { StoreWriting } from "../../src/telemetry/store-metrics.ts";
import { serviceRequestBook } from "./calls.ts";
import { ScriptedCarrier } from "./scripted-carrier.ts";

export interface VirtualGatewayOptions {
  readonly speechToText: SpeechToText | ((clock: Clock) => SpeechToText);
  readonly languageModel: LanguageModel | ((clock: Clock) => LanguageModel);
  readonly textToSpeech: TextToSpeech | ((clock: Clock) => TextToSpeech);
  /** For profiles whose mode it is. */
  readonly speechToSpeech?: SpeechToSpeech;
  readonly profile?: Partial<AgentProfile>;
  readonly tools?: readonly Tool[];
  /** Keeps journals of the calls. */
  readonly journals?: (registry: CallRegistry, clock: Clock) => Journals;
  /** Whether fixed words are spoken ahead, as in the product. Default false. */
  readonly preparesPhrases?: boolean;
  /** Where the call is recorded. */
  readonly recording?: RecordingTarget;
}

/** One gateway process on a manual clock. With a store it keeps its calls there, and goes on with those of others. */
export class VirtualGateway {
  readonly registry: CallRegistry;
  readonly pipelines: CallPipelines;
  readonly intake: CallIntake;
  readonly typed: TypedInput;
  readonly counters = mediaCounters();
  /** What was told of as failed in the background. */
  readonly errors: unknown[];
  readonly #clock: MortalClock;
  readonly #host: SessionHost;
  readonly #shutdown: Shutdown | undefined;
  readonly #desk: CallDesk | undefined;

  /** @param store shared with other gateways on the same clock. */
  static async start(
    clock: ManualClock,
    options: VirtualGatewayOptions,
    voiceActivity: Awaited<ReturnType<typeof loadVoiceActivity>>,
    store?: Store,
  ): Promise<VirtualGateway> {
    const mortal = new MortalClock(clock);
    const errors: unknown[] = [];
    const registry = new CallRegistry({
      clock: mortal,
      maxCalls: 4,
      onListenerError: (error) => {
        throw error;
      },
    });
    const conversations = { toKeep: (sessionId: number) => gateway.pipelines.toKeep(sessionId) };
    const desk = store && (await deskOn(store, registry, conversations, mortal, errors));
    const gateway = new VirtualGateway({ clock: mortal, registry, options, voiceActivity, desk, errors });
    await desk?.recover();
    return gateway;
  }

  private constructor({ clock, registry, options, voiceActivity, desk, errors }: Parts) {
    this.registry = registry;
    this.errors = errors;
    this.#clock = clock;
    this.#desk = desk;
    const made = <Part extends object>(part: Part | ((clock: Clock) => Part)): Part =>
      typeof part === "function" ? (part as (clock: Clock) => Part)(clock) : part;
    const journals = options.journals?.(registry, clock);
    journals?.start();
    const textToSpeech = made(options.textToSpeech);
    const phrases = new PhraseCache();
    const preparation = new PhrasePreparation({ clock, textToSpeech, phrases });
    const parts = {
      clock,
      speechToText: made(options.speechToText),
      languageModel: made(options.languageModel),
      textToSpeech,
      ...(options.speechToSpeech && { speechToSpeech: options.speechToSpeech }),
      voiceActivity,
      phrases,
      ...(options.preparesPhrases && { prepare: (profile: AgentProfile) => preparation.prepare(profile) }),
      tools: options.tools ?? [
        endCallTool,
        collectDigitsTool,
        sendDigitsTool,
        serviceRequestTool(serviceRequestBook()),
      ],
    };
    const pipelines = new CallPipelines(
      registry,
      parts,
      journals && ((call, all) => journals.partsOf(call, all)),
      desk && ((sessionId) => desk.recorder.conversation(sessionId)),
    );
    this.pipelines = pipelines;
    this.typed = journals?.typedInput(pipelines) ?? pipelines;
    this.intake = new CallIntake({
      registry,
      profileFor: () => agentProfile({ greeting: "Hello.", ...options.profile }),
      speechIsDown: () => false,
      sessionIds: desk?.sessionIds ?? countingIds(),
      spentTokens: new InProcessSpentTokens(),
      tokenKey: streamTokenKey(["test"]),
      ...(desk && { takeover: desk.takeover, othersTakeCalls: () => desk.othersTakeCalls() }),
      clock,
    });
    pipelines.start();
    this.#host = {
      clock,
      counters: this.counters,
      claim: (token, sipCallId) => this.intake.claim(token, sipCallId),
      conversation: (call) => pipelines.of(call),
      observer: (call) => journals?.messagesOf(call),
      recording: (call) =>
        options.recording && {
          target: options.recording,
          fromAgent: beginsWithAnnouncement(call.profile, registry.find(call.sessionId)?.transcript),
        },
      mediaStarted: ({ sessionId }, session, streamId) => {
        registry.publish(sessionId, { type: "media-started", streamId });
        registry.events.on("event", (event) => {
          if (event.sessionId !== sessionId) return;
          if (event.type === "call-ended") session.finish(event.reason);
          if (event.type === "media-lost" || event.type === "call-moved") session.finish("media-lost");
        });
      },
      mediaEnded: (call, reason) => {
        if (reason === "media-lost") registry.mediaLost(call.sessionId);
        else registry.end(call.sessionId, reason);
      },
      failed: (error) => {
        throw error;
      },
    };
    this.#shutdown =
      desk &&
      composeShutdown({
        config: { deployment: { drain: 0, handOver: "auto" } },
        registry,
        desk,
        pipelines,
        dialogues: new TextDialogues(registry, parts),
        media: { close: async () => {} },
        before: [desk],
        after: () => [],
        clock,
        onError: (error) => errors.push(error),
      });
  }

  /** How writing to the store goes. */
  get writing(): StoreWriting | undefined {
    return this.#desk?.writing();
  }

  /** A media socket has been accepted. */
  accept(socket: MediaSocket): MediaStreamSession {
    return new MediaStreamSession(this.#host, socket);
  }

  /** As on SIGTERM: resolves when no call is left here, or at the limit (ms). */
  async drain(limit: number): Promise<void> {
    await this.#shutdown?.drain(limit);
  }

  async close(): Promise<void> {
    await this.#shutdown?.close("shutdown");
  }

  get isAlive(): boolean {
    return !this.#clock.stopped;
  }

  /** As by `kill -9`: nothing of it happens any more. */
  kill(): void {
    this.#clock.stop();
  }
}

interface Parts {
  readonly clock: MortalClock;
  readonly registry: CallRegistry;
  readonly options: VirtualGatewayOptions;
  readonly voiceActivity: Awaited<ReturnType<typeof loadVoiceActivity>>;
  readonly desk: CallDesk | undefined;
  readonly errors: unknown[];
}

/** What surrounds the calls in the product, with a carrier that knows of nothing. */
function deskOn(
  store: Store,
  registry: CallRegistry,
  conversations: Parameters<typeof composeCallDesk>[0]["conversations"] & object,
  clock: Clock,
  errors: unknown[],
): Promise<CallDesk> {
  const carrier = new ScriptedCarrier();
  const agent = { stt: "a", llm: "b", tts: "c", businessType: "general", language: "en-US" };
  return composeCallDesk({
    registry,
    store,
    carriers: {
      outbound: carrier,
      simulated: { name: "simulated", newSipCallId: () => "SC_1", receive: () => {}, answer: () => {} },
      of: () => undefined,
      close: async () => {},
    },
    profileFor: () => agentProfile(),
    profileNamed: () => agentProfile({ greeting: "Hello." }),
    histories: new CallHistories({ registry, store: store.calls, agentOf: () => agent, clock }),
    conversations,
    ownNumber: undefined,
    clock,
    onError: (error) => errors.push(error),
  });
}

/** The clock of one process: once it has stopped, none of its timers fires. */
class MortalClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Cancel>();
  stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wall(): number {
    return this.#clock.wall();
  }

  after(ms: number, run: () => void): Cancel {
    if (this.stopped) return () => {};
    const cancelTimer = this.#clock.after(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    const cancel = (): void => {
      this.#timers.delete(cancel);
      cancelTimer();
    };
    this.#timers.add(cancel);
    return cancel;
  }

  stop(): void {
    this.stopped = true;
    for (const cancel of [...this.#timers]) cancel();
  }
}

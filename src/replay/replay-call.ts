import { FRAME_BYTES, FRAME_MS, SILENCE } from "../audio/audio-format.ts";
import type { SpeechDetector } from "../audio/voice-activity.ts";
import { type AgentProfile, agentProfile, type TurnTaking } from "../calls/agent-profile.ts";
import type { Call } from "../calls/call.ts";
import type { EndReason } from "../calls/call-event.ts";
import { CallRegistry } from "../calls/call-registry.ts";
import { mediaCounters } from "../gateway/media-counters.ts";
import { MediaStreamSession } from "../gateway/media-stream-session.ts";
import { type Decision, decisionIn } from "../journal/decision.ts";
import type { HeardEntry, InboundEntry, JournalEntry } from "../journal/journal-line.ts";
import type { Journal } from "../journal/read-journal.ts";
import { CallPipelines } from "../pipeline/call-pipelines.ts";
import { ManualClock } from "../runtime/manual-clock.ts";
import { FarSide } from "./far-side.ts";
import { keptSpeech } from "./kept-speech.ts";
import { replayedLanguageModel } from "./replayed-language-model.ts";
import { replayedPhrases } from "./replayed-phrases.ts";
import { ReplayedSpeechToText } from "./replayed-speech-to-text.ts";
import { replayedTextToSpeech } from "./replayed-text-to-speech.ts";
import { replayedTools } from "./replayed-tools.ts";

export interface ReplayOptions {
  /** What listens to the caller; a masked journal brings what was found. */
  readonly voiceActivity: () => SpeechDetector;
  /** What is to be different from the journal's profile; unset: the call as it was. */
  readonly turnTaking?: Partial<TurnTaking>;
}

/** Runs a journal through gateway session and conversation on a manual clock; answers what they decided. */
export async function replayCall(journal: Journal, options: ReplayOptions): Promise<readonly Decision[]> {
  const replay = new Replay(journal, options);
  await replay.run();
  return replay.decisions;
}

class Replay {
  readonly decisions: Decision[] = [];
  readonly #clock: ManualClock;
  readonly #timeline: readonly (InboundEntry | HeardEntry)[];
  readonly #registry: CallRegistry;
  readonly #pipelines: CallPipelines;
  readonly #speechToText: ReplayedSpeechToText;
  readonly #session: MediaStreamSession;
  readonly #farSide: FarSide;
  readonly #call: Call;

  constructor({ header, entries }: Journal, { voiceActivity, turnTaking }: ReplayOptions) {
    const clock = new ManualClock(header.origin);
    const changed = turnTaking !== undefined;
    this.#clock = clock;
    this.#timeline = entries.filter(isOnTimeline);
    // What the journal's gateway did not know yet is as it is by default.
    const profile = agentProfile({
      ...header.profile,
      turnTaking: { ...header.profile.turnTaking, ...turnTaking },
      phrases: { ...agentProfile().phrases, ...header.profile.phrases },
    });
    this.#call = callOf(header, profile);
    this.#registry = new CallRegistry({ clock, maxCalls: 1, onListenerError: rethrow });
    this.#registry.events.on("event", (event) => {
      const decision = decisionIn(event, (at) => Math.round(at * 1000) / 1000);
      if (decision !== undefined) this.decisions.push(decision);
    });
    this.#speechToText = new ReplayedSpeechToText(header.recogniser, of(entries, "stt"));
    this.#pipelines = new CallPipelines(this.#registry, {
      clock,
      voiceActivity: header.speech === undefined ? voiceActivity : () => keptSpeech(header.speech ?? []),
      speechToText: this.#speechToText,
      languageModel: replayedLanguageModel(
        header.model,
        of(entries, "ask", "part", "reply-over"),
        clock,
        changed,
      ),
      textToSpeech: replayedTextToSpeech(
        header.voice.name,
        of(entries, "speak", "write", "voice"),
        clock,
        changed,
      ),
      phrases: replayedPhrases(of(entries, "phrase"), changed),
      tools: replayedTools(header.tools, of(entries, "tool"), clock),
    });
    this.#farSide = new FarSide(clock, of(entries, "mark"), changed, (name) => this.#mark(name));
    this.#session = this.#newSession();
  }

  /** The call from its first ring to its end; when it outlasts the journal, its caller stays silent for a while. */
  async run(): Promise<void> {
    this.#pipelines.start();
    this.#registry.admit(this.#call);
    for (const entry of this.#timeline) {
      await this.#clock.settleTo(entry.t);
      if (this.#over) break;
      if (entry.k === "stt") this.#speechToText.tell(entry);
      else this.#happen(entry);
    }
    await this.#clock.settleTo(this.#clock.now());
    const limit = this.#clock.now() + LONGER;
    while (!this.#over && this.#clock.now() < limit) {
      await this.#clock.settleTo(this.#clock.now() + FRAME_MS);
      this.#hear(Buffer.alloc(FRAME_BYTES, SILENCE).toString("base64"));
    }
    if (!this.#over) this.#registry.end(this.#call.sessionId, "caller-hung-up");
    await this.#pipelines.closed();
  }

  get #over(): boolean {
    return this.#registry.liveCount === 0;
  }

  #happen(entry: InboundEntry): void {
    switch (entry.k) {
      case "open":
        return this.#open();
      case "audio":
        return this.#hear(entry.b, entry.ts);
      case "mark":
        return this.#farSide.returns(entry.name);
      case "dtmf":
        return this.#give({ event: "dtmf", dtmf: { digit: entry.digit } });
      case "stop":
        return this.#give({ event: "stop", stop: {} });
      case "typed":
        return this.#pipelines.typed(this.#call.sessionId, entry.text);
      case "end":
        return this.#end(entry.reason);
    }
  }

  #open(): void {
    this.#session.begin();
    this.#give({ event: "start", start: { streamSid: STREAM, callSid: STREAM } });
  }

  #hear(payload: string, timestamp?: number): void {
    this.#give({
      event: "media",
      media: { track: "inbound", ...(timestamp !== undefined && { timestamp: String(timestamp) }), payload },
    });
  }

  #mark(name: string): void {
    this.#give({ event: "mark", mark: { name } });
  }

  #give(message: object): void {
    this.#session.receive(Buffer.from(JSON.stringify({ streamSid: STREAM, ...message })), false);
  }

  /** Ends the call as whoever was not in it did; an end that the conversation decides on comes by itself. */
  #end(reason: EndReason): void {
    if (reason === "media-lost") this.#session.socketClosed();
    else if (!ownEnds.has(reason)) this.#registry.end(this.#call.sessionId, reason);
  }

  #newSession(): MediaStreamSession {
    const { sessionId } = this.#call;
    const session = new MediaStreamSession(
      {
        clock: this.#clock,
        counters: mediaCounters(),
        claim: async () => {
          this.#registry.claimMedia(sessionId);
          return this.#call;
        },
        conversation: (call) => this.#pipelines.of(call),
        mediaStarted: (_, __, streamId) =>
          this.#registry.publish(sessionId, { type: "media-started", streamId }),
        recording: () => undefined,
        mediaEnded: (_, reason) => this.#registry.end(sessionId, reason),
        failed: rethrow,
      },
      this.#farSide,
    );
    this.#registry.events.on("event", (event) => {
      if (event.type === "call-ended") session.finish(event.reason);
    });
    return session;
  }
}

function callOf({ direction, from, to }: Journal["header"], profile: AgentProfile): Call {
  return {
    sessionId: 1,
    sipCallId: STREAM,
    participantId: "PA_replay",
    roomName: "replay",
    direction,
    carrier: "replay",
    from,
    to,
    profile,
    media: "stream",
    customerId: null,
    trunkId: null,
    metadata: {},
    createdAt: 0,
  };
}

function isOnTimeline(entry: JournalEntry): entry is InboundEntry | HeardEntry {
  return ["open", "audio", "mark", "dtmf", "stop", "typed", "end", "stt"].includes(entry.k);
}

function of<Kind extends JournalEntry["k"]>(
  entries: readonly JournalEntry[],
  ...kinds: readonly Kind[]
): Extract<JournalEntry, { k: Kind }>[] {
  return entries.filter((entry): entry is Extract<JournalEntry, { k: Kind }> =>
    (kinds as readonly string[]).includes(entry.k),
  );
}

function rethrow(error: unknown): never {
  throw error;
}

/** Ends that the conversation, or the stream's own `stop`, brings about. */
const ownEnds: ReadonlySet<EndReason> = new Set([
  "agent-goodbye",
  "caller-silent",
  "max-duration",
  "provider-failed",
]);

const STREAM = "MZ00000000000000000000000000000000";
/** How long a call may outlast its journal, in ms. */
const LONGER = 30_000;

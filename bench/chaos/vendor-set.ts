import { systemClock } from "../../src/runtime/clock.ts";
import {
  type DeepgramStandIn,
  startDeepgramStandIn,
} from "../../src/simulation/stand-ins/deepgram-stand-in.ts";
import { startElevenLabsStandIn } from "../../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import type { Fault, SocketStandIn, StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import { newEntriesOf } from "../new-entries.ts";
import { DELAYS, ENDPOINT } from "../stand-in-delays.ts";
import { type AskedQuestion, askedOf, punctuated, replyTo } from "./chaos-script.ts";
import { CHARACTERS_PER_SECOND, speltWords } from "./spelt-voice.ts";

/** Letters of a connection that are searched for the name of its call. */
const SEARCHED = 200;

/**
 * Stand-ins for the three vendors that know whose call they serve: the recogniser and the voice by the name that is
 * said, the model by what it is asked.
 */
export class VendorSet {
  readonly recogniser: DeepgramStandIn;
  readonly model: StandIn;
  readonly voice: SocketStandIn;
  readonly #listeners: ReadonlyMap<string, number>;
  readonly #speakers = new Map<string, number>();
  readonly #spoken = new Map<number, string>();
  readonly #newVoiceEntries: () => readonly StandIn["log"][number][];

  /** @param asked hears of every question that the model gets; answers the fault that the request meets. */
  static async start(asked: (question: AskedQuestion) => Fault | undefined): Promise<VendorSet> {
    const clock = systemClock;
    const listeners = new Map<string, number>();
    return new VendorSet(
      await startDeepgramStandIn({
        clock,
        endpointDelay: ENDPOINT,
        finalDelay: DELAYS.final,
        transcript: {
          read(mulaw, connection) {
            const text = punctuated(speltWords.read(mulaw).map((word) => word.text));
            const [name] = /mark[a-j]+k/.exec(text.toLowerCase()) ?? [];
            if (name !== undefined) listeners.set(name, connection);
            return text;
          },
        },
      }),
      await startOpenAiStandIn({
        clock,
        firstToken: DELAYS.firstToken,
        tokensPerSecond: DELAYS.tokensPerSecond,
        reply: (messages) => replyTo(askedOf(messages)),
        fault: (messages) => {
          const question = askedOf(messages);
          return question === undefined ? undefined : asked(question);
        },
      }),
      await startElevenLabsStandIn({
        clock,
        firstByte: DELAYS.firstByte,
        charactersPerSecond: CHARACTERS_PER_SECOND,
      }),
      listeners,
    );
  }

  private constructor(
    recogniser: DeepgramStandIn,
    model: StandIn,
    voice: SocketStandIn,
    listeners: ReadonlyMap<string, number>,
  ) {
    this.recogniser = recogniser;
    this.model = model;
    this.voice = voice;
    this.#listeners = listeners;
    this.#newVoiceEntries = newEntriesOf(voice.log);
  }

  /** The recogniser's connection that heard this caller last. */
  listenerOf(name: string): number | undefined {
    return this.#listeners.get(name);
  }

  /** The voice's connection that said this name last. */
  speakerOf(name: string): number | undefined {
    for (const { connection, what, detail = "" } of this.#newVoiceEntries()) {
      if (what !== "text") continue;
      const text = (this.#spoken.get(connection) ?? "") + detail.slice(detail.indexOf(" ") + 1);
      this.#spoken.set(connection, text.slice(-SEARCHED));
      for (const [found] of text.matchAll(/mark[a-j]+k/g)) this.#speakers.set(found, connection);
    }
    return this.#speakers.get(name);
  }

  async close(): Promise<void> {
    await Promise.all([this.recogniser.close(), this.model.close(), this.voice.close()]);
  }
}

/** What points a gateway at a set; `label` as in `openai:label`. */
export function vendorEnvironment(set: VendorSet, label = ""): Readonly<Record<string, string>> {
  const named = label === "" ? "" : `${label.toUpperCase()}_`;
  return {
    [`DEEPGRAM_${named}API_KEY`]: "bench",
    [`DEEPGRAM_${named}BASE_URL`]: set.recogniser.origin,
    [`OPENAI_${named}API_KEY`]: "bench",
    [`OPENAI_${named}BASE_URL`]: `${set.model.origin}/v1`,
    [`ELEVENLABS_${named}API_KEY`]: "bench",
    [`ELEVENLABS_${named}BASE_URL`]: set.voice.origin,
    [`ELEVENLABS_${named}VOICE_ID`]: "bench",
  };
}

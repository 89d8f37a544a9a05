import { systemClock } from "../src/runtime/clock.ts";
import { type DeepgramStandIn, startDeepgramStandIn } from "../src/simulation/stand-ins/deepgram-stand-in.ts";
import { startElevenLabsStandIn } from "../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import { startOpenAiStandIn } from "../src/simulation/stand-ins/openai-stand-in.ts";
import type { ChatMessage } from "../src/simulation/stand-ins/openai-wire.ts";
import type { StandIn } from "../src/simulation/stand-ins/stand-in.ts";
import { newEntriesOf } from "./new-entries.ts";
import { DELAYS, ENDPOINT } from "./stand-in-delays.ts";
import { standInEnvironment } from "./stand-in-environment.ts";
import { markerIn, turnMarker } from "./turn-marker.ts";
import { TurnTrace } from "./turn-trace.ts";

/** Stand-ins for the three vendors in this process, and the trace of the turns that pass them. */
export class VendorStandIns {
  readonly trace: TurnTrace;
  readonly #recogniser: DeepgramStandIn;
  readonly #model: StandIn;
  readonly #voice: StandIn;
  readonly #newFinals: () => readonly DeepgramStandIn["finals"][number][];
  readonly #newModelEntries: () => readonly StandIn["log"][number][];
  readonly #newVoiceEntries: () => readonly StandIn["log"][number][];
  readonly #newRecogniserEntries: () => readonly StandIn["log"][number][];

  constructor(trace: TurnTrace, recogniser: DeepgramStandIn, model: StandIn, voice: StandIn) {
    this.trace = trace;
    this.#recogniser = recogniser;
    this.#model = model;
    this.#voice = voice;
    this.#newFinals = newEntriesOf(recogniser.finals);
    this.#newRecogniserEntries = newEntriesOf(recogniser.log);
    this.#newModelEntries = newEntriesOf(model.log);
    this.#newVoiceEntries = newEntriesOf(voice.log);
  }

  /** What points a gateway at them. */
  get environment(): Readonly<Record<string, string>> {
    return standInEnvironment(this.#recogniser, this.#model, this.#voice);
  }

  /** Connections to the recogniser opened since it was last asked, by their numbers. */
  newCallers(): readonly number[] {
    const entries = this.#newRecogniserEntries();
    return entries.filter(({ what }) => what === "open").map(({ connection }) => connection);
  }

  /** Gives the trace what has happened since the last time; at least every ten seconds under load. */
  collect(): void {
    for (const final of this.#newFinals()) this.trace.final(final);
    for (const entry of this.#newModelEntries()) this.trace.model(entry);
    for (const entry of this.#newVoiceEntries()) this.trace.voice(entry);
  }

  async close(): Promise<void> {
    await Promise.all([this.#recogniser.close(), this.#model.close(), this.#voice.close()]);
  }
}

/** @param more what the model says after its first sentence. */
export async function startVendorStandIns(more = ""): Promise<VendorStandIns> {
  const clock = systemClock;
  const trace = new TurnTrace();
  const reply = (messages: readonly ChatMessage[]): string => {
    const asked = messages.findLast(({ role }) => role === "user");
    const marker = markerIn(String(asked?.content ?? ""));
    if (marker !== undefined) trace.requested(marker, clock.now());
    return `Sure ${marker ?? "thing"}, I can help you with that.${more}`;
  };
  return new VendorStandIns(
    trace,
    await startDeepgramStandIn({
      clock,
      endpointDelay: ENDPOINT,
      finalDelay: DELAYS.final,
      transcript: (utterance, connection) =>
        `My number is ${turnMarker(connection, utterance)}, please help.`,
    }),
    await startOpenAiStandIn({
      clock,
      firstToken: DELAYS.firstToken,
      tokensPerSecond: DELAYS.tokensPerSecond,
      reply,
    }),
    await startElevenLabsStandIn({ clock, firstByte: DELAYS.firstByte }),
  );
}
